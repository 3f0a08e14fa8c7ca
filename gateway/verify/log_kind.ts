/**
 * Whether a log is text, found out without losing its first bytes.
 *
 * @module
 */
import type { ByteSource } from "../../traces/files/byte_source.ts";

const BEGUN_BYTES = 64;

/** A source whose first bytes are known. Closing it closes that source. */
export class BegunSource implements ByteSource {
  readonly name: string;
  readonly size: number | undefined;
  readonly live: boolean;
  readonly #source: ByteSource;
  readonly begun: Uint8Array;
  #taken = 0;

  private constructor(source: ByteSource, begun: Uint8Array) {
    this.name = source.name;
    this.size = source.size;
    this.live = source.live;
    this.#source = source;
    this.begun = begun;
  }

  /** Takes a source over. @throws If it can't be read; then it is closed. */
  static async begin(source: ByteSource): Promise<BegunSource> {
    const begun = new Uint8Array(BEGUN_BYTES);
    let length = 0;
    try {
      while (length < begun.length) {
        const count = await source.read(begun.subarray(length));
        if (count === 0) break;
        length += count;
      }
    } catch (error) {
      source.close();
      throw error;
    }
    return new BegunSource(source, begun.slice(0, length));
  }

  get position(): number {
    return this.#source.position;
  }

  get failure(): ByteSource["failure"] {
    return this.#source.failure;
  }

  read(into: Uint8Array): Promise<number> {
    if (this.#taken === this.begun.length) return this.#source.read(into);
    const piece = this.begun.subarray(this.#taken, this.#taken + into.length);
    into.set(piece);
    this.#taken += piece.length;
    return Promise.resolve(piece.length);
  }

  close() {
    this.#source.close();
  }

  [Symbol.dispose]() {
    this.close();
  }
}

/** Whether a log that begins so is text: JSON in lines, or CSV. Others are taken for captures. */
export function isTextLog(begun: Uint8Array): boolean {
  const text = new TextDecoder().decode(begun).replace(/^\ufeff/, "").trimStart();
  return /^[{[]/.test(text) || text.startsWith("time,seq,topic");
}
