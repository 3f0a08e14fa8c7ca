/**
 * An IPv6 packet being put together again from its compressed form (6LoWPAN).
 *
 * @module
 */

/** Length of the IPv6 header in bytes. */
export const IPV6_HEADER = 40;
/** Longest packet: header and a payload of 65,535 bytes. */
const LONGEST = IPV6_HEADER + 65535;

/** Bytes that grow at the end; what is beyond the longest IPv6 packet is left out. */
export class Ipv6Builder {
  bytes: Uint8Array = new Uint8Array(2048);
  length = 0;
  /** Length that the packet had before it was compressed or cut; `reported >= length`. */
  reported = 0;

  clear(): void {
    this.length = 0;
    this.reported = 0;
  }

  /** Makes room for `count` zeros and returns where they start, -1 when the packet is full. */
  grow(count: number): number {
    const at = this.length;
    const needed = at + count;
    if (needed > LONGEST) return -1;
    if (needed > this.bytes.length) {
      const bigger = new Uint8Array(Math.min(LONGEST, Math.max(needed, this.bytes.length * 2)));
      bigger.set(this.bytes.subarray(0, at));
      this.bytes = bigger;
    }
    this.bytes.fill(0, at, needed);
    this.length = needed;
    return at;
  }

  /** Appends `data[start, end)`. */
  append(data: Uint8Array, start: number, end: number): boolean {
    const at = this.grow(end - start);
    if (at < 0) return false;
    for (let i = start; i < end; i++) this.bytes[at + i - start] = data[i]!;
    return true;
  }

  put16(at: number, value: number): void {
    this.bytes[at] = value >>> 8;
    this.bytes[at + 1] = value;
  }
}
