/**
 * What is known of one side of a WebSocket conversation.
 *
 * @module
 */
import type { Inflater } from "./inflater_pool.ts";
import type { StreamBudget } from "./stream_budget.ts";

/** Bytes that a fragmented message may have before decompression. */
export const MAX_MESSAGE = 16 * 1024 * 1024;
/** Frames remembered per fragmented message. */
const MAX_FRAGMENTS = 4096;
/** Pings that may wait for their pong. */
const PINGS = 16;

const NOTHING = new Uint8Array(0);

export class WebSocketSide {
  /** Its close frame was seen. */
  closed = false;
  /** Where frames begin is not known. */
  lost = false;
  /** It sends no more: no message is kept for what could complete it. */
  ended = false;
  /** Bytes of it are missing: a message may have begun in them. */
  incomplete = false;
  /** Opcode of the fragmented message that it is in; -1 none. */
  opcode = -1;
  /** Whether that message is compressed. */
  compressed = false;
  /** That message is too long, and not kept. */
  overflow = false;
  inflater: Inflater | undefined = undefined;
  /** The message so far: `parts[0, length)`. */
  parts: Uint8Array = NOTHING;
  length = 0;
  /** Numbers of the frames that gave the parts. */
  fragments: number[] = [];
  #pingTimes: number[] | undefined = undefined;
  #pingHashes: number[] | undefined = undefined;

  begin(opcode: number, compressed: boolean): void {
    this.opcode = opcode;
    this.compressed = compressed;
  }

  /** Adds a fragment; false when the message gets too long (it is dropped then). */
  add(
    budget: StreamBudget,
    data: Uint8Array,
    at: number,
    length: number,
    frame: number,
  ): boolean {
    if (this.overflow || this.ended || length === 0) return !this.overflow;
    const total = this.length + length;
    if (total > MAX_MESSAGE || !budget.hasRoom(length)) {
      this.#drop(budget);
      this.overflow = true;
      return false;
    }
    if (total > this.parts.length) {
      const bigger = new Uint8Array(Math.max(256, total, 2 * this.length));
      bigger.set(this.parts.subarray(0, this.length));
      this.parts = bigger;
    }
    this.parts.set(data.subarray(at, at + length), this.length);
    this.length = total;
    budget.waiting += length;
    if (this.fragments.length < MAX_FRAGMENTS) this.fragments.push(frame);
    return true;
  }

  /** The message is over; its bytes, if they are still wanted, are the caller's. */
  finish(budget: StreamBudget): void {
    this.#drop(budget);
    this.opcode = -1;
    this.overflow = false;
  }

  #drop(budget: StreamBudget): void {
    budget.waiting -= this.length;
    this.parts = NOTHING;
    this.length = 0;
    if (this.fragments.length > 0) this.fragments = [];
  }

  /** It sent a ping whose payload has this hash. */
  pinged(time: number, hash: number): void {
    const times = this.#pingTimes ??= [];
    const hashes = this.#pingHashes ??= [];
    if (times.length === PINGS) {
      times.shift();
      hashes.shift();
    }
    times.push(time);
    hashes.push(hash);
  }

  /**
   * It got a pong. Earlier pings count as answered too (RFC 6455, 5.5.3).
   *
   * @returns when the ping was sent, or -1 when the pong answers none
   */
  ponged(hash: number): number {
    const hashes = this.#pingHashes;
    if (hashes === undefined) return -1;
    const index = hashes.lastIndexOf(hash);
    if (index < 0) return -1;
    const time = this.#pingTimes![index]!;
    this.#pingTimes!.splice(0, index + 1);
    hashes.splice(0, index + 1);
    return time;
  }
}
