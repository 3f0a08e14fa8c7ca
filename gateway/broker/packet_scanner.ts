/**
 * Finds where MQTT control packets end in a stream of bytes, without copying
 * (MQTT 3.1.1 section 2.2, MQTT 5 section 2.1).
 *
 * @module
 */

export class PacketTooBig extends Error {
  override name = "PacketTooBig";
}

/** Remembers where in a packet the last chunk ended. */
export class PacketScanner {
  /** Packets that ended so far. */
  packets = 0;
  readonly #limit: number;
  /** Bytes of the present packet still to come; -1 in the fixed header. */
  #left = -1;
  /** Bytes of the fixed header seen: type, then up to four of the length. */
  #header = 0;
  #length = 0;

  /** @param limit Largest remaining length to let through, bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * @param ends Called with the offset behind the last byte of each packet
   *   that ends in this chunk.
   * @throws {PacketTooBig} if a packet claims to be larger than the limit, or
   *   its length takes more than four bytes.
   */
  scan(chunk: Uint8Array, ends?: (offset: number) => void) {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at);
        this.#left -= step;
        at += step;
      } else {
        this.#readHeader(chunk[at++] as number);
      }
      if (this.#left === 0) {
        this.#left = -1;
        this.packets++;
        ends?.(at);
      }
    }
  }

  #readHeader(byte: number) {
    if (this.#header === 0) {
      this.#header = 1;
      this.#length = 0;
      return;
    }
    this.#length += (byte & 0x7f) * 128 ** (this.#header - 1);
    this.#header++;
    if ((byte & 0x80) !== 0) {
      if (this.#header > 4) throw new PacketTooBig("the remaining length has over four bytes");
      return;
    }
    this.#header = 0;
    if (this.#length > this.#limit) {
      throw new PacketTooBig(`a packet of ${this.#length} bytes; the limit is ${this.#limit}`);
    }
    this.#left = this.#length;
  }
}
