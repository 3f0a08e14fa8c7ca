/**
 * The newest messages that wait for the cloud, packed into blocks: as objects they would live long
 * enough to be promoted, each with a buffer of its own, and be most of what the collector has to do.
 *
 * @module
 */
import type { OutboxMessage } from "./outbox.ts";

/** A block; one for a longer message is as long as that. */
const BLOCK_BYTES = 64 << 10;
/** What a message takes beside its bytes, about. */
const OVERHEAD_BYTES = 16;

interface Block {
  /** Number of its first message. */
  first: number;
  bytes: Uint8Array;
  /** Where each message ends. */
  ends: number[];
  /** Unix milliseconds of each. */
  times: number[];
}

/** Messages whose numbers follow each other. */
export class OutboxTail {
  /** Memory that they take, bytes (about). */
  bytes = 0;
  /** Number of the oldest one, if there is one. */
  first = 0;
  /** Number of the newest one, below `first` without any. */
  last = -1;
  #blocks: Block[] = [];
  /** The one that was asked for last: it is looked at, then taken. */
  #given: OutboxMessage | null = null;

  /** @param n One above the newest's, unless there is none. */
  push(n: number, time: number, data: Uint8Array) {
    if (this.last < this.first) this.first = n;
    this.last = n;
    let block = this.#blocks.at(-1);
    let start = block?.ends.at(-1) ?? 0;
    if (block === undefined || start + data.length > block.bytes.length) {
      const bytes = new Uint8Array(Math.max(BLOCK_BYTES, data.length));
      this.#blocks.push(block = { first: n, bytes, ends: [], times: [] });
      start = 0;
    }
    block.bytes.set(data, start);
    block.ends.push(start + data.length);
    block.times.push(time);
    this.bytes += data.length + OVERHEAD_BYTES;
  }

  /** The message of this number, if it is here; its bytes are not to be changed. */
  get(n: number): OutboxMessage | null {
    if (n < this.first || n > this.last) return null;
    if (this.#given?.n === n) return this.#given;
    const block = this.#block(n);
    const at = n - block.first;
    const data = block.bytes.subarray(startOf(block, at), block.ends[at]);
    return this.#given = { n, time: block.times[at]!, data };
  }

  #block(n: number): Block {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#blocks[middle]!.first <= n) low = middle;
      else high = middle - 1;
    }
    return this.#blocks[low]!;
  }

  /** Lets go of the oldest; its memory goes with that of its block. */
  shift() {
    const [block] = this.#blocks;
    if (block === undefined || this.first > this.last) return;
    const at = this.first - block.first;
    this.bytes -= block.ends[at]! - startOf(block, at) + OVERHEAD_BYTES;
    this.first++;
    if (at + 1 === block.ends.length) this.#blocks.shift();
  }
}

function startOf({ ends }: Block, at: number): number {
  return at === 0 ? 0 : ends[at - 1]!;
}
