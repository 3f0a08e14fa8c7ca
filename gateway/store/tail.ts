/**
 * A channel's entries that are in the log but not yet in chunks, and those that are not even there:
 * they can be read like the others.
 *
 * @module
 */
import type { TopicState } from "./channel_book.ts";
import { isBoolean, numberIn } from "./number_of.ts";
import { ENTRY_HEAD, Records } from "./record_batch.ts";
import type { StoredEntry } from "./store_messages.ts";

/** In the order of `seq`; the lists have one item per entry. */
export class Tail {
  readonly seqs: number[] = [];
  readonly times: number[] = [];
  /** `null`: an event. */
  readonly topics: (TopicState | null)[] = [];
  /** The number to plot; NaN: none. */
  readonly values: number[] = [];
  /** How many of them are in the log. */
  committed = 0;
  readonly #records: Records[] = [];
  readonly #offsets: number[] = [];

  get length(): number {
    return this.seqs.length;
  }

  /** @param at Where the entry begins in `records`. */
  push(records: Records, at: number, topic: TopicState | null) {
    this.seqs.push(records.seq(at));
    this.times.push(records.time(at));
    this.topics.push(topic);
    this.values.push(topic === null ? NaN : valueAt(records, at, topic));
    this.#records.push(records);
    this.#offsets.push(at);
  }

  /** Index of the first entry with this number or a higher one. */
  indexOf(seq: number): number {
    let low = 0;
    let high = this.seqs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.seqs[middle]! < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The entry as a record. */
  bytes(index: number): Uint8Array {
    const records = this.#records[index]!;
    const at = this.#offsets[index]!;
    return records.bytes.subarray(at, at + records.length(at));
  }

  entry(index: number): StoredEntry {
    return entryAt(this.#records[index]!, this.#offsets[index]!, this.topics[index]!);
  }

  /** Forgets the oldest ones: they are elsewhere now. */
  drop(count: number) {
    for (const list of this.#lists) list.splice(0, count);
    this.committed = Math.max(0, this.committed - count);
  }

  /** Forgets those that are not in the log. */
  cut() {
    for (const list of this.#lists) list.length = this.committed;
  }

  get #lists(): unknown[][] {
    return [this.seqs, this.times, this.topics, this.values, this.#records, this.#offsets];
  }
}

/** The number to plot of an entry, NaN: none; remembers of the topic what its values are. */
export function valueAt(records: Records, at: number, topic: TopicState): number {
  const length = records.jsonLength(at);
  if (isBoolean(records.bytes, at + ENTRY_HEAD, length)) topic.states = true;
  const value = numberIn(records.bytes, at + ENTRY_HEAD, length);
  if (Number.isNaN(value)) topic.words = true;
  return value;
}

export function entryAt(records: Records, at: number, topic: TopicState | null): StoredEntry {
  const [json, id, node] = records.texts(at);
  return {
    seq: records.seq(at),
    time: records.time(at),
    topic: topic?.name ?? null,
    json,
    id,
    node,
  };
}

/** An entry that stands alone. */
export function entryOf(bytes: Uint8Array, topic: TopicState): StoredEntry {
  return entryAt(new Records(bytes), 0, topic);
}
