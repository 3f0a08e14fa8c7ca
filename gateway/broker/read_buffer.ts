/**
 * The memory that a socket is read into.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** Largest chunk read at once, bytes. */
export const CHUNK_BYTES = 64 << 10;
/** Smallest buffer, bytes; the largest is a chunk. */
const LEAST_BYTES = 4 << 10;
const SMALL_READS = 16;
/** Sizes that a buffer has: a read of just so much may have left more behind. */
export const READ_SIZES: readonly number[] = [LEAST_BYTES, 4 * LEAST_BYTES, CHUNK_BYTES];

/** Its size follows what comes. */
export class ReadBuffer {
  #bytes = new Uint8Array(LEAST_BYTES);
  /** Reads in a row that a smaller buffer could have taken. */
  #small = 0;

  /** Where the next read goes. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /**
   * What was read, in memory that is not read into again. Little is copied out, so that the buffer
   * serves again and a small message keeps no large one alive.
   *
   * @param count Bytes that the last read gave
   */
  taken(count: number): Uint8Array {
    const bytes = this.#bytes;
    const size = bytes.length;
    if (count < size / 4) {
      this.#small++;
      if (this.#small > SMALL_READS && size > LEAST_BYTES) this.#bytes = new Uint8Array(size / 4);
      return Buffer.from(bytes.subarray(0, count));
    }
    this.#small = 0;
    this.#bytes = new Uint8Array(count === size ? Math.min(size * 4, CHUNK_BYTES) : size);
    return bytes.subarray(0, count);
  }
}
