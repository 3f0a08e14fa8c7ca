/**
 * Parts of datagrams that come in several frames, until they are complete.
 *
 * @module
 */
import { putNewest } from "./bounded_map.ts";

interface Part {
  /** Offset in bytes, or number of the block. */
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly frame: number;
}

/** Bytes of a datagram: more than 6LoWPAN (2047) and Zigbee (255 blocks of a frame) allow. */
const MOST_BYTES = 0x8000;

/** One datagram, as far as it has come. */
export class Datagram {
  /** In the order of their place. */
  readonly parts: Part[] = [];
  /** Length in bytes or number of blocks, -1 until a part tells. */
  total = -1;
  /** Bytes kept so far. */
  size = 0;

  /**
   * Adds a copy of `data[start, end)`.
   *
   * @returns false when its place is taken, or the datagram would get longer than any may be
   */
  add(at: number, data: Uint8Array, start: number, end: number, frame: number): boolean {
    const { parts } = this;
    if (this.size + end - start > MOST_BYTES) return false;
    let i = parts.length;
    while (i > 0 && parts[i - 1]!.at > at) i--;
    if (i > 0 && parts[i - 1]!.at === at) return false;
    parts.splice(i, 0, { at, bytes: data.slice(start, end), frame });
    this.size += end - start;
    return true;
  }

  /** Whether the parts, counted in bytes, reach from 0 to `total`. */
  get isWhole(): boolean {
    let next = 0;
    for (const part of this.parts) {
      if (part.at > next) return false;
      next = Math.max(next, part.at + part.bytes.length);
    }
    return next === this.total;
  }

  /** Whether blocks 0 to `total` - 1 are there. */
  get hasAllBlocks(): boolean {
    return this.parts.length === this.total && this.parts[this.total - 1]?.at === this.total - 1;
  }

  /** Writes the parts, counted in bytes, into `target` from `at` on; `total` bytes. */
  writeBytes(target: Uint8Array, at: number): void {
    for (const part of this.parts) target.set(part.bytes, at + part.at);
  }

  /** Writes the parts, counted in blocks, one behind the other; `size` bytes. */
  writeBlocks(target: Uint8Array, at: number): void {
    for (const { bytes } of this.parts) {
      target.set(bytes, at);
      at += bytes.length;
    }
  }
}

const MOST_DATAGRAMS = 256;
const MOST_PARTS = 512;

/** Bounded: beyond 256 datagrams the one begun first is forgotten. */
export class Fragments {
  readonly #open = new Map<string, Datagram>();

  /** The datagram of a key, begun anew when there is none. */
  datagram(key: string): Datagram {
    const known = this.#open.get(key);
    if (known !== undefined && known.parts.length < MOST_PARTS) return known;
    const begun = new Datagram();
    putNewest(this.#open, key, begun, MOST_DATAGRAMS);
    return begun;
  }

  forget(key: string): void {
    this.#open.delete(key);
  }
}
