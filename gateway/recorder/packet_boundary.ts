/**
 * Keeps track of where MQTT control packets begin in one direction of a connection, so that a
 * recording can begin in the middle (MQTT 3.1.1 section 2.2).
 *
 * @module
 */

/** Its first packet is kept up to this length, bytes. */
const FIRST_BYTES = 8 << 10;

export class PacketBoundary {
  /** The direction's first packet; `null`: not whole yet, or too long. */
  first: Uint8Array | null = null;
  #begun: Uint8Array | null = new Uint8Array(0);
  /** Bytes of the present packet still to come; -1: its fixed header is being read. */
  #left = -1;
  #header = 0;
  #length = 0;
  #lost = false;

  /** @returns offset of the first byte at which a packet begins; -1: none in this chunk, or not MQTT */
  scan(chunk: Uint8Array): number {
    if (this.#lost) return -1;
    let boundary = this.#left < 0 && this.#header === 0 ? 0 : -1;
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at);
        this.#left -= step;
        at += step;
      } else if (!this.#readHeader(chunk[at++]!)) {
        this.#lost = true;
        this.#begun = null;
        return -1;
      }
      if (this.#left === 0) {
        this.#left = -1;
        if (this.#begun !== null) this.#keep(chunk.subarray(0, at), true);
        if (boundary < 0 && at < chunk.length) boundary = at;
      }
    }
    if (this.#begun !== null) this.#keep(chunk, false);
    return boundary;
  }

  #keep(part: Uint8Array, whole: boolean) {
    const before = this.#begun!;
    if (before.length + part.length > FIRST_BYTES) {
      this.#begun = null;
      return;
    }
    const all = new Uint8Array(before.length + part.length);
    all.set(before);
    all.set(part, before.length);
    if (whole) this.first = all;
    this.#begun = whole ? null : all;
  }

  /** @returns whether it is one */
  #readHeader(byte: number): boolean {
    if (this.#header === 0) {
      this.#header = 1;
      this.#length = 0;
      return (byte & 0xf0) !== 0;
    }
    this.#length += (byte & 0x7f) << (7 * (this.#header - 1));
    this.#header++;
    if ((byte & 0x80) !== 0) return this.#header <= 4;
    this.#header = 0;
    this.#left = this.#length;
    return true;
  }
}
