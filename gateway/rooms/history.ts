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
const ENTRY_BYTES = 130;
/** Room for so many entries at first; it doubles. A power of two. */
const FIRST_PLACES = 16;
/** Texts and topic of an entry stand behind each other, and so do its numbers. */
const TEXTS = 4;
const NUMBERS = 2;

type Text = TopicState | string | null;

/**
 * Entries stand without a hole. They are kept as columns, not as objects, in a ring: thousands of
 * rooms' worth of objects that live for minutes would be the collector's work, and to forget an old
 * one would mean to fetch it from memory first.
 */
export class History {
  readonly #limits: HistoryLimits;
  /** Places; a power of two. The entry with `seq` s is at s modulo that. */
  #places = FIRST_PLACES;
  /** Of each place `topic`, `json`, `id`, `node`. */
  #texts: Text[] = emptyTexts(FIRST_PLACES);
  /** Of each place `time` and the bytes that the entry counts for. */
  #numbers = new Float64Array(FIRST_PLACES * NUMBERS);
  /** `seq` of the oldest entry, if there is one. */
  #first = 0;
  #length = 0;
  #bytes = 0;

  constructor(limits: HistoryLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#length;
  }

  /** Memory that the entries take, bytes (about). */
  get bytes(): number {
    return this.#bytes;
  }

  /** `seq` of the oldest entry, or `null`. */
  get firstSeq(): number | null {
    return this.#length === 0 ? null : this.#first;
  }

  /** Takes in the next: its `seq` is that of the last and one, unless there is none. */
  append({ seq, time, topic, json, id, node }: Entry) {
    if (this.#length === 0) this.#first = seq;
    else if (this.#length === this.#places) this.#resize(this.#places * 2);
    const place = seq & (this.#places - 1);
    const texts = this.#texts;
    const text = place * TEXTS;
    texts[text] = topic;
    texts[text + 1] = json;
    texts[text + 2] = id;
    texts[text + 3] = node;
    const bytes = json.length + ENTRY_BYTES;
    const number = place * NUMBERS;
    this.#numbers[number] = time;
    this.#numbers[number + 1] = bytes;
    this.#length++;
    this.#bytes += bytes;
    while (this.#length > this.#limits.count || this.#bytes > this.#limits.bytes) {
      if (this.#length <= 1) break;
      this.#drop();
    }
  }

  /** Forgets what is too old or too much. @param time Now, Unix milliseconds. */
  trim(time: number) {
    const oldest = time - this.#limits.ageMs;
    while (this.#length > 0) {
      const first = this.#numbers[(this.#first & (this.#places - 1)) * NUMBERS]!;
      if (first >= oldest && this.#bytes <= this.#limits.bytes) break;
      this.#drop();
    }
    let places = this.#places;
    while (places > FIRST_PLACES && this.#length * 4 <= places) places /= 2;
    if (places < this.#places) this.#resize(places);
  }

  #drop() {
    const place = this.#first & (this.#places - 1);
    this.#bytes -= this.#numbers[place * NUMBERS + 1]!;
    this.#texts.fill(null, place * TEXTS, (place + 1) * TEXTS);
    this.#first++;
    this.#length--;
  }

  #resize(places: number) {
    const texts = emptyTexts(places);
    const numbers = new Float64Array(places * NUMBERS);
    for (let seq = this.#first; seq < this.#first + this.#length; seq++) {
      const from = seq & (this.#places - 1);
      const to = seq & (places - 1);
      for (let i = 0; i < TEXTS; i++) texts[to * TEXTS + i] = this.#texts[from * TEXTS + i]!;
      for (let i = 0; i < NUMBERS; i++) {
        numbers[to * NUMBERS + i] = this.#numbers[from * NUMBERS + i]!;
      }
    }
    this.#places = places;
    this.#texts = texts;
    this.#numbers = numbers;
  }

  #entry(seq: number): Entry {
    const place = seq & (this.#places - 1);
    const text = place * TEXTS;
    return {
      seq,
      time: this.#numbers[place * NUMBERS]!,
      topic: this.#texts[text] as TopicState | null,
      json: this.#texts[text + 1] as string,
      id: this.#texts[text + 2] as string,
      node: this.#texts[text + 3] as string,
    };
  }

  /** Whether every entry behind `seq` is still here. */
  reaches(seq: number, newest: number): boolean {
    const first = this.firstSeq;
    return first === null ? seq >= newest : seq >= first - 1;
  }

  /** Entries behind `seq`, oldest first; those forgotten meanwhile are left out. */
  *after(seq: number): Generator<Entry> {
    for (let next = Math.max(seq + 1, this.#first); next < this.#first + this.#length; next++) {
      yield this.#entry(next);
      next = Math.max(next, this.#first - 1);
    }
  }

  /** Entries of a span of time, oldest first. */
  *between(since: number, until: number): Generator<Entry> {
    for (const entry of this.after(-1)) {
      if (entry.time >= since && entry.time <= until) yield entry;
    }
  }
}

function emptyTexts(places: number): Text[] {
  return new Array(places * TEXTS).fill(null);
}
