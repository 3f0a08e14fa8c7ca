/**
 * Bytes put together piece by piece.
 *
 * @module
 */

const FIRST_CAPACITY = 4096;

/** Grows as needed. */
export class ByteBuilder {
  readonly #littleEndian: boolean;
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** @param littleEndian Byte order of numbers. */
  constructor(littleEndian: boolean) {
    this.#littleEndian = littleEndian;
  }

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#length;
  }

  /** A copy of what was put in since the last time. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  u16(value: number) {
    const at = this.#advance(2);
    this.#view.setUint16(at, value, this.#littleEndian);
  }

  u32(value: number) {
    const at = this.#advance(4);
    this.#view.setUint32(at, value, this.#littleEndian);
  }

  u64(value: bigint) {
    const at = this.#advance(8);
    this.#view.setBigUint64(at, value, this.#littleEndian);
  }

  bytes(value: Uint8Array) {
    const at = this.#advance(value.length);
    this.#bytes.set(value, at);
  }

  /** Bytes, then zeros so that they, and `before` bytes ahead of them, make a multiple of 4. */
  padded(value: Uint8Array, before = 0) {
    this.bytes(value);
    const padding = -(before + value.length) & 3;
    const at = this.#advance(padding);
    this.#bytes.fill(0, at, at + padding);
  }

  /** Overwrites a number that has been written. */
  patchU32(at: number, value: number) {
    this.#view.setUint32(at, value, this.#littleEndian);
  }

  /** Makes room and returns where it starts. */
  #advance(count: number): number {
    const at = this.#length;
    const length = at + count;
    if (length > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      bytes.set(this.#bytes.subarray(0, at));
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    }
    this.#length = length;
    return at;
  }
}
