/**
 * Decompression of permessage-deflate messages (RFC 7692, 7.2.2). An inflater keeps its window from
 * message to message; the pool bounds how many windows are kept.
 *
 * @module
 */
import {
  Z_BUF_ERROR,
  Z_OK,
  Z_STREAM_END,
  Z_SYNC_FLUSH,
  zlibInflate,
  zlibInflateInit2,
  zlibInflateReset,
  zlibInflateResetKeep,
  ZStream,
} from "pako";
import { FULL_LIMITS } from "./decoder_limits.ts";

/** Bytes that one message may have after decompression. */
const MAX_INFLATED = 16 * 1024 * 1024;

/** Returned by `inflate`: the data cannot be decompressed. */
const FAILED = -1;
/** Returned by `inflate`: there is more than `MAX_INFLATED`. */
export const TOO_LONG = -2;

/** What a sender leaves out at the end of each message (RFC 7692, 7.2.1). */
const TAIL = Uint8Array.of(0, 0, 0xff, 0xff);

/** The state of one direction. */
export class Inflater {
  stream: ZStream | undefined = undefined;
  /** Cannot decompress any more: its window went to others, or a message is missing. */
  broken = false;
  readonly bits: number;
  /** Whether messages build upon each other. */
  readonly keeps: boolean;

  /** @param bits window, 8 to 15 */
  constructor(bits: number, keeps: boolean) {
    this.bits = bits;
    this.keeps = keeps;
  }
}

export class InflaterPool {
  readonly #used = new Set<Inflater>();
  /** The message decompressed last: `output[0, returned length)`. */
  output: Uint8Array<ArrayBuffer> = new Uint8Array(64 * 1024);
  readonly #most: number;

  /** @param most windows kept at the same time, some 45 KB each */
  constructor(most: number = FULL_LIMITS.inflaters) {
    this.#most = most;
  }

  /**
   * Decompresses one whole message, `data[at, at + length)`, into `output`.
   *
   * @returns its length; or `FAILED` or `TOO_LONG`, after which a direction whose messages build upon
   *   each other is broken
   */
  inflate(inflater: Inflater, data: Uint8Array, at: number, length: number): number {
    const stream = this.#streamOf(inflater);
    stream.output = this.output;
    stream.next_out = 0;
    stream.avail_out = this.output.length;
    let result = this.#push(stream, data, at, length);
    if (result === Z_OK) result = this.#push(stream, TAIL, 0, TAIL.length);
    stream.input = TAIL;
    if (result === Z_OK) return stream.next_out;
    inflater.broken = inflater.keeps;
    if (inflater.broken) this.release(inflater);
    return result;
  }

  /** Gives the window back. */
  release(inflater: Inflater): void {
    inflater.stream = undefined;
    this.#used.delete(inflater);
  }

  #streamOf(inflater: Inflater): ZStream {
    const used = this.#used;
    let stream = inflater.stream;
    if (stream === undefined) {
      stream = new ZStream();
      zlibInflateInit2(stream, -inflater.bits);
      inflater.stream = stream;
    } else {
      used.delete(inflater);
      if (!inflater.keeps) zlibInflateReset(stream);
    }
    used.add(inflater);
    if (used.size > this.#most) {
      for (const oldest of used) {
        oldest.broken = oldest.keeps;
        this.release(oldest);
        break;
      }
    }
    return stream;
  }

  /** @returns `Z_OK`, `FAILED` or `TOO_LONG` */
  #push(stream: ZStream, data: Uint8Array, at: number, length: number): number {
    stream.input = data;
    stream.next_in = at;
    stream.avail_in = length;
    for (;;) {
      const status = zlibInflate(stream, Z_SYNC_FLUSH);
      if (status === Z_STREAM_END) {
        // A final block ends no message; the window stays (RFC 7692, 7.2.3.4).
        zlibInflateResetKeep(stream);
        if (stream.avail_in === 0) return Z_OK;
      } else if (status !== Z_OK && status !== Z_BUF_ERROR) {
        return FAILED;
      }
      if (stream.avail_out > 0) {
        if (stream.avail_in === 0) return Z_OK;
        if (status === Z_BUF_ERROR) return FAILED;
      } else if (!this.#grow(stream)) {
        return TOO_LONG;
      }
    }
  }

  #grow(stream: ZStream): boolean {
    const size = this.output.length;
    if (size >= MAX_INFLATED) return false;
    const bigger = new Uint8Array(Math.min(2 * size, MAX_INFLATED));
    bigger.set(this.output);
    this.output = bigger;
    stream.output = bigger;
    stream.avail_out = bigger.length - size;
    return true;
  }
}
