/**
 * The bounds-checked cursor of sensor formats. A read beyond the end gives 0 and marks the cursor
 * as failed; nothing throws on input.
 *
 * @module
 */

const EMPTY = new Uint8Array(0);

export class SensorCursor {
  data: Uint8Array = EMPTY;
  /** Next byte to read. */
  pos = 0;
  /** First byte that is not to be read. */
  end = 0;
  /** A read went beyond the end. */
  failed = false;

  /** Begins to read `data[start, end)`. */
  open(data: Uint8Array, start: number, end: number): this {
    this.data = data;
    this.pos = start;
    this.end = end < data.length ? end : data.length;
    this.failed = false;
    return this;
  }

  /** Bytes left. */
  get left(): number {
    return this.end - this.pos;
  }

  /** Moves on; @returns where the bytes stand, or -1 when they are not there. */
  take(length: number): number {
    const at = this.pos;
    if (length < 0 || at + length > this.end) {
      this.failed = true;
      this.pos = this.end;
      return -1;
    }
    this.pos = at + length;
    return at;
  }

  u8(): number {
    const at = this.take(1);
    return at < 0 ? 0 : this.data[at]!;
  }

  s8(): number {
    return this.u8() << 24 >> 24;
  }

  /** Unsigned, least significant byte first; 1 to 6 bytes. */
  uintLE(length: number): number {
    const at = this.take(length);
    if (at < 0) return 0;
    let value = 0;
    for (let i = at + length - 1; i >= at; i--) value = value * 256 + this.data[i]!;
    return value;
  }

  /** Two's complement, least significant byte first; 1 to 6 bytes. */
  sintLE(length: number): number {
    return signed(this.uintLE(length), length);
  }

  /** Unsigned, most significant byte first; 1 to 6 bytes. */
  uintBE(length: number): number {
    const at = this.take(length);
    if (at < 0) return 0;
    let value = 0;
    for (let i = at; i < at + length; i++) value = value * 256 + this.data[i]!;
    return value;
  }

  /** Two's complement, most significant byte first; 1 to 6 bytes. */
  sintBE(length: number): number {
    return signed(this.uintBE(length), length);
  }
}

function signed(value: number, length: number): number {
  const half = 2 ** (8 * length - 1);
  return value < half ? value : value - 2 * half;
}
