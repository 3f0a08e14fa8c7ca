/**
 * What each topic of a channel was before a time: its newest entry before it, however long ago.
 * Roll-ups tell when that was, so that few chunks are read.
 *
 * @module
 */
import type { ChannelBook, ChannelState, TopicState } from "./channel_book.ts";
import { type Chunk, chunksBetween, firstChunks, readChunk } from "./chunks.ts";
import type { Database } from "./database.ts";
import { Records } from "./record_batch.ts";
import type { Bucket } from "./rollup_block.ts";
import { LENGTHS, type Rollups, WORDS_LEVEL } from "./rollups.ts";
import { before } from "./series_query.ts";
import type { SeriesAnswer, StoredGap } from "./store_messages.ts";
import { valueAt } from "./tail.ts";

/** Chunks that are read at most; what would take more is not told. */
const MOST_CHUNKS = 64;

/** The newest entry so far. */
interface Found {
  time: number;
  /** NaN: not known. */
  seq: number;
  /** The number; where the entry is at hand, it tells. */
  value: number;
  /** The entry, and where it begins. */
  records: Records | null;
  at: number;
}

export class BeforeQuery {
  readonly #db: Database | null;
  readonly #book: ChannelBook;
  readonly #rollups: Rollups;
  readonly #channel: ChannelState;
  readonly #gaps: StoredGap[];
  readonly #since: number;
  readonly #found = new Map<TopicState, Found>();
  /** Topics of which too much would have to be read. */
  readonly #unknown = new Set<TopicState>();
  /** Rows of the chunks that were read. */
  readonly #read = new Set<number>();
  /** Nothing older is held, Unix milliseconds. */
  #oldest = -Infinity;

  /** @param gaps Of the whole channel. @param since Unix milliseconds, not included. */
  constructor(
    db: Database | null,
    book: ChannelBook,
    rollups: Rollups,
    channel: ChannelState,
    gaps: StoredGap[],
    since: number,
  ) {
    this.#db = db;
    this.#book = book;
    this.#rollups = rollups;
    this.#channel = channel;
    this.#gaps = gaps;
    this.#since = since;
  }

  /** Adds what was before to what is told of a span that begins with `since`. */
  addTo({ series, others }: SeriesAnswer) {
    this.#find();
    const numbers = new Map(series.map((each) => [each.topic, each]));
    const words = new Map(others.map((each) => [each.topic, each]));
    for (const [topic, { time, value, records, at }] of this.#found) {
      const number = records === null ? value : valueAt(records, at, topic);
      if (Number.isNaN(number)) {
        const known = added(words, others, { topic: topic.name, points: [] });
        known.before = [time, JSON.parse(records!.texts(at)[0])];
      } else {
        const states = topic.states ? { states: true as const } : {};
        const known = added(numbers, series, { topic: topic.name, ...states, points: [] });
        known.before = [time, number];
      }
    }
  }

  #find() {
    this.#takeNewest();
    this.#takeTail();
    if (this.#db !== null) this.#search(this.#db);
    for (const topic of this.#unknown) this.#found.delete(topic);
    if (this.#gaps.length > 0) this.#forgetBeforeGaps();
  }

  #takeNewest() {
    for (const topic of this.#channel.topics.values()) {
      if (topic.last !== null) this.#take(topic, new Records(topic.last), 0);
    }
  }

  #takeTail() {
    const { tail } = this.#channel;
    for (let i = tail.length - 1; i >= 0; i--) {
      const topic = tail.topics[i]!;
      if (topic === null || !this.#isNewer(topic, tail.times[i]!, tail.seqs[i]!)) continue;
      this.#take(topic, new Records(tail.bytes(i)), 0);
    }
  }

  #search(db: Database) {
    const { forgotten, id, topics } = this.#channel;
    const end = before(this.#since);
    if (chunksBetween(db, this.#channel, -Infinity, end, 0, 1).length === 0) return;
    if (forgotten > 0) this.#oldest = firstChunks(db, id, 1)[0]?.oldest ?? Infinity;
    for (const topic of topics.values()) {
      this.#searchLevel(db, topic, 0);
      if (topic.words) this.#searchLevel(db, topic, WORDS_LEVEL);
    }
  }

  #searchLevel(db: Database, topic: TopicState, level: number) {
    const ms = LENGTHS[level]!;
    for (const bucket of this.#rollups.before(db, topic, level, this.#since)) {
      const { start, count, lowAt, highAt } = bucket;
      const found = this.#found.get(topic)?.time ?? -Infinity;
      if (found >= start + ms || start + ms < this.#oldest) return;
      // When the last one was: of several numbers that is not known.
      const last = level === WORDS_LEVEL || count === 1 ? highAt : Infinity;
      if (found >= last) return;
      if (count === 1 && lowAt >= this.#since) continue;
      if (level !== WORDS_LEVEL && this.#takeOnly(topic, bucket)) return;
      const read = this.#takeChunks(db, topic, start, start + ms);
      if ((this.#found.get(topic)?.time ?? -Infinity) >= start) return;
      if (!read) {
        this.#unknown.add(topic);
        return;
      }
    }
  }

  /** Whether a bucket's only number says all that is wanted. */
  #takeOnly(topic: TopicState, { count, low, lowAt }: Bucket): boolean {
    // Where there are gaps, the entry's own number is needed.
    if (count !== 1 || this.#gaps.length > 0 || lowAt < this.#oldest) return false;
    this.#found.set(topic, { time: lowAt, seq: NaN, value: low, records: null, at: 0 });
    return true;
  }

  /** @returns whether all was read that may have the topic's newest entry of a span */
  #takeChunks(db: Database, topic: TopicState, from: number, to: number): boolean {
    const chunks = chunksBetween(db, this.#channel, from, Math.min(to, this.#since));
    for (const chunk of chunks.sort((a, b) => b.newest - a.newest)) {
      if (chunk.newest < (this.#found.get(topic)?.time ?? -Infinity)) break;
      if (!this.#takeChunk(db, chunk)) return false;
    }
    return true;
  }

  /** @returns whether it was read, now or earlier */
  #takeChunk(db: Database, chunk: Chunk): boolean {
    if (this.#read.has(chunk.n)) return true;
    if (this.#read.size >= MOST_CHUNKS) return false;
    this.#read.add(chunk.n);
    const records = readChunk(db, chunk);
    for (let at = 0; at < records.bytes.length; at += records.length(at)) {
      const topic = this.#book.topics.get(records.topic(at));
      if (topic !== undefined) this.#take(topic, records, at);
    }
    return true;
  }

  #take(topic: TopicState, records: Records, at: number) {
    const time = records.time(at);
    const seq = records.seq(at);
    if (!this.#isNewer(topic, time, seq)) return;
    const found = this.#found.get(topic);
    if (found === undefined) this.#found.set(topic, { time, seq, value: NaN, records, at });
    else Object.assign(found, { time, seq, records, at });
  }

  #isNewer(topic: TopicState, time: number, seq: number): boolean {
    if (time >= this.#since) return false;
    const found = this.#found.get(topic);
    return found === undefined || time > found.time || time === found.time && seq > found.seq;
  }

  /** What a topic was is not known behind a gap. */
  #forgetBeforeGaps() {
    const first = this.#firstSince();
    for (const [topic, { seq }] of this.#found) {
      if (this.#gaps.some(({ from }) => from > seq && from < first)) this.#found.delete(topic);
    }
  }

  /** Number of the first entry that is not before. */
  #firstSince(): number {
    const since = this.#since;
    const { tail } = this.#channel;
    const chunk = this.#db === null
      ? undefined
      : chunksBetween(this.#db, this.#channel, since, Infinity, 0, 1)[0];
    if (chunk === undefined) return tail.seqs[tail.times.findIndex((t) => t >= since)] ?? Infinity;
    const records = readChunk(this.#db!, chunk);
    for (let at = 0; at < records.bytes.length; at += records.length(at)) {
      if (records.time(at) >= since) return records.seq(at);
    }
    return Infinity;
  }
}

/** The one of a topic in a list; `other`, if there was none. */
function added<T extends { topic: string }>(known: Map<string, T>, list: T[], other: T): T {
  const found = known.get(other.topic);
  if (found === undefined) list.push(other);
  return found ?? other;
}
