/**
 * A growing buffer of bytes that text is written into piece by piece, without strings in between.
 *
 * @module
 */

const ENCODER = new TextEncoder();
const ZERO = 0x30;
const HEX = ENCODER.encode("0123456789abcdef");

export class ByteWriter {
  /** What was written is `data[0, length)`. */
  data: Uint8Array;
  length = 0;

  /** @param size Bytes to begin with; it grows as needed. */
  constructor(size: number = 64 * 1024) {
    this.data = new Uint8Array(size);
  }

  clear(): void {
    this.length = 0;
  }

  /** What was written; good until the next write. */
  get written(): Uint8Array {
    return this.data.subarray(0, this.length);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.data.length) return;
    const bigger = new Uint8Array(Math.max(needed, this.data.length * 2));
    bigger.set(this.data.subarray(0, this.length));
    this.data = bigger;
  }

  byte(value: number): void {
    if (this.length === this.data.length) this.reserve(1);
    this.data[this.length++] = value;
  }

  /** Bytes as they are: `source[start, end)`. */
  bytes(source: Uint8Array, start = 0, end: number = source.length): void {
    const count = end - start;
    this.reserve(count);
    const data = this.data;
    let to = this.length;
    if (count > 64) data.set(source.subarray(start, end), to);
    else for (let from = start; from < end; from++) data[to++] = source[from]!;
    this.length += count;
  }

  /** A string as UTF-8. */
  string(text: string): void {
    const count = text.length;
    this.reserve(count * 3);
    const data = this.data;
    let to = this.length;
    for (let i = 0; i < count; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return this.#encode(text);
      data[to++] = code;
    }
    this.length = to;
  }

  #encode(text: string): void {
    this.length += ENCODER.encodeInto(text, this.data.subarray(this.length)).written;
  }

  /** A whole number in decimal, 0 to 2^53. */
  uint(value: number): void {
    if (value < 10) return this.byte(ZERO + value);
    if (value > 0x7fffffff) return this.string(String(value));
    this.reserve(10);
    let count = 2;
    for (let limit = 100; limit <= value; limit *= 10) count++;
    this.#digits(value, count);
  }

  /** The last `count` decimal digits of a whole number below 2^31, with leading zeros. */
  padded(value: number, count: number): void {
    this.reserve(count);
    this.#digits(value, count);
  }

  #digits(value: number, count: number): void {
    const data = this.data;
    let at = this.length + count;
    this.length = at;
    let rest = value | 0;
    while (count-- > 0) {
      const next = (rest / 10) | 0;
      data[--at] = ZERO + rest - next * 10;
      rest = next;
    }
  }

  /** The low `digits` hexadecimal digits (at most 8) of a number. */
  hex(value: number, digits: number): void {
    this.reserve(digits);
    const data = this.data;
    let at = this.length;
    for (let shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
      data[at++] = HEX[value >>> shift & 15]!;
    }
    this.length = at;
  }

  /** Bytes in hexadecimal; `separator` is a character code between them, 0 for none. */
  hexBytes(source: Uint8Array, start: number, end: number, separator = 0): void {
    this.reserve((end - start) * 3);
    const data = this.data;
    let to = this.length;
    for (let at = start; at < end; at++) {
      const value = source[at]!;
      if (separator !== 0 && at !== start) data[to++] = separator;
      data[to++] = HEX[value >>> 4]!;
      data[to++] = HEX[value & 15]!;
    }
    this.length = to;
  }
}
