/**
 * The part of a file that is in memory: what has been read and not yet used up. While one chunk
 * is used, the next is read.
 *
 * @module
 */
import type { ByteSource } from "./byte_source.ts";

/** Bytes asked for at once. */
const CHUNK = 1024 * 1024;
/** Room before each chunk for the record that the chunk before it ended in. */
const MARGIN = 272 * 1024;

/** A sliding window over a source's bytes. */
export class ChunkWindow {
  /** The unused bytes are `bytes[start]` to `bytes[end - 1]`. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Over the same memory as `bytes`. */
  view: DataView;
  /** Set by the user, as it uses up bytes. */
  start = MARGIN;
  end = MARGIN;
  /** Whether the source has no more bytes. */
  ended = false;
  /** Offset of `end` in the file. */
  #position = 0;
  #spare: Uint8Array<ArrayBuffer>;
  /** A read into `#spare`, after its margin. */
  #next: Promise<number> | undefined;

  constructor() {
    this.bytes = new Uint8Array(MARGIN + CHUNK);
    this.view = new DataView(this.bytes.buffer);
    this.#spare = new Uint8Array(MARGIN + CHUNK);
  }

  /** Offset of `start` in the file. */
  get offset(): number {
    return this.#position - (this.end - this.start);
  }

  /** Bytes of memory held. */
  get capacity(): number {
    return this.bytes.length + this.#spare.length;
  }

  /** Forgets all, for another source. Not while a read is under way. */
  restart() {
    this.start = this.end = MARGIN;
    this.#position = 0;
    this.ended = false;
  }

  /** Starts reading the next chunk, which the next `fill` then takes. */
  prefetch(source: ByteSource) {
    if (this.ended || this.#next !== undefined) return;
    this.#next = readChunk(source, this.#spare.subarray(MARGIN));
    // A failure is told by the fill that takes the chunk.
    this.#next.catch(() => {});
  }

  /**
   * Adds a chunk, and more until there are `minimum` bytes or the source ends. Memory grows with
   * the bytes that come, not with `minimum`.
   *
   * @throws If the source does.
   */
  async fill(source: ByteSource, minimum: number) {
    do {
      this.prefetch(source);
      const count = await this.#next!;
      this.#next = undefined;
      if (count === 0) this.ended = true;
      else this.#add(count);
    } while (!this.ended && this.end - this.start < minimum);
  }

  /** Joins the unused bytes and the `count` new ones, moving the fewer of them. */
  #add(count: number) {
    const kept = this.end - this.start;
    this.#position += count;
    if (kept > MARGIN || kept > count && this.bytes.length - this.end >= count) {
      if (this.bytes.length - this.end < count) this.#grow(2 * (kept + count));
      this.bytes.set(this.#spare.subarray(MARGIN, MARGIN + count), this.end);
      this.end += count;
      return;
    }
    const bytes = this.#spare;
    bytes.set(this.bytes.subarray(this.start, this.end), MARGIN - kept);
    this.#spare = this.bytes.length === bytes.length ? this.bytes : new Uint8Array(bytes.length);
    this.#use(bytes, MARGIN - kept, MARGIN + count);
  }

  #grow(capacity: number) {
    const bytes = new Uint8Array(capacity);
    bytes.set(this.bytes.subarray(this.start, this.end));
    this.#use(bytes, 0, this.end - this.start);
  }

  #use(bytes: Uint8Array<ArrayBuffer>, start: number, end: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.start = start;
    this.end = end;
  }
}

/** Fills `into`, unless the source ends or what is there is to be used at once. */
async function readChunk(source: ByteSource, into: Uint8Array): Promise<number> {
  let filled = await source.read(into);
  while (!source.live && filled > 0 && filled < into.length) {
    const count = await source.read(into.subarray(filled));
    if (count === 0) break;
    filled += count;
  }
  return filled;
}
