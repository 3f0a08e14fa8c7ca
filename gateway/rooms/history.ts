/**
 * What a room remembers: its newest entries, bounded by count, bytes and age.
 *
 * @module
 */

/** One update or event of a room, in the order of `seq`. */
export interface Entry {
  seq: number;
  /** Unix milliseconds. */
  time: number;
  /** The topic's state for an update; `null` for an event. */
  topic: TopicState | null;
  /** The value as JSON text; for an event its `kind` and `detail` as members of an object. */
  json: string;
  id: string;
  /** Who heard it, as members of the message: `,"node":"attic"`; "" where nobody is named. */
  node: string;
}

/** A topic of a room and its newest value. */
export interface TopicState {
  topic: string;
  last: Entry | null;
  /** JSON text before and behind the value in a message. */
  head: string;
  tail: string;
  /** Whether the room that this belongs to was removed. */
  stale: boolean;
  /** The recorder's own. */
  recorded: unknown;
  /** The store's handle; 0 where there is no store. */
  stored: number;
}

/** Shared by the rooms; bytes shrink as rooms become more. */
export interface HistoryLimits {
  count: number;
  bytes: number;
  ageMs: number;
}

/** What an entry takes in memory beside the text of its value, bytes (about). */
const ENTRY_BYTES = 160;

/** Entries stand without a hole: the one with `seq` s is at s minus the first's. */
export class History {
  readonly #limits: HistoryLimits;
  #entries: Entry[] = [];
  /** Index of the oldest entry in `#entries`. */
  #head = 0;
  #bytes = 0;

  constructor(limits: HistoryLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#entries.length - this.#head;
  }

  /** Memory that the entries take, bytes (about). */
  get bytes(): number {
    return this.#bytes;
  }

  /** `seq` of the oldest entry, or `null`. */
  get firstSeq(): number | null {
    return this.#entries[this.#head]?.seq ?? null;
  }

  append(entry: Entry) {
    this.#entries.push(entry);
    this.#bytes += entry.json.length + ENTRY_BYTES;
    while (this.length > this.#limits.count || this.#bytes > this.#limits.bytes) {
      if (this.length <= 1) break;
      this.#drop();
    }
  }

  /** Forgets what is too old or too much. @param time Now, Unix milliseconds. */
  trim(time: number) {
    const oldest = time - this.#limits.ageMs;
    while (this.length > 0) {
      const first = this.#entries[this.#head] as Entry;
      if (first.time >= oldest && this.#bytes <= this.#limits.bytes) break;
      this.#drop();
    }
  }

  #drop() {
    const entry = this.#entries[this.#head] as Entry;
    this.#bytes -= entry.json.length + ENTRY_BYTES;
    this.#entries[this.#head] = undefined as unknown as Entry;
    this.#head++;
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Whether every entry behind `seq` is still here. */
  reaches(seq: number, newest: number): boolean {
    const first = this.firstSeq;
    return first === null ? seq >= newest : seq >= first - 1;
  }

  /** Entries behind `seq`, oldest first. */
  *after(seq: number): Generator<Entry> {
    const first = this.firstSeq;
    if (first === null) return;
    const start = this.#head + Math.max(0, seq + 1 - first);
    for (let i = start; i < this.#entries.length; i++) yield this.#entries[i] as Entry;
  }

  /** Entries of a span of time, oldest first. */
  *between(since: number, until: number): Generator<Entry> {
    for (const entry of this.after(-1)) {
      if (entry.time >= since && entry.time <= until) yield entry;
    }
  }
}
