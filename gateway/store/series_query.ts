/**
 * A span of a channel's history for a plot: thinned, with minima and maxima kept. Where there is
 * much, roll-ups stand for entries, except at the edges of the span and in the channel's tail.
 *
 * @module
 */
import type { ChannelBook, ChannelState, TopicState } from "./channel_book.ts";
import { type Chunk, chunksBetween, readChunk } from "./chunks.ts";
import type { Database } from "./database.ts";
import type { Records } from "./record_batch.ts";
import { LEVELS } from "./rollup_block.ts";
import type { Rollups } from "./rollups.ts";
import type { SeriesAnswer } from "./store_messages.ts";
import { valueAt } from "./tail.ts";
import { PointList } from "./thin_points.ts";

/** Up to so many entries are read one by one. */
const FEW_ROWS = 20_000;
/** More than so many are not, even if buckets are wider than was asked for. */
const MANY_ROWS = 500_000;

/** Times, `until` not included. */
interface Span {
  since: number;
  until: number;
}

export class SeriesQuery {
  readonly #db: Database | null;
  readonly #book: ChannelBook;
  readonly #rollups: Rollups;
  readonly #channel: ChannelState;
  readonly #numbers = new Map<TopicState, PointList>();
  /** Newest first. */
  readonly #others = new Map<TopicState, [number, unknown][]>();
  readonly #points: number;

  /** @param points Wanted per topic, about. */
  constructor(
    db: Database | null,
    book: ChannelBook,
    rollups: Rollups,
    channel: ChannelState,
    points: number,
  ) {
    this.#db = db;
    this.#book = book;
    this.#rollups = rollups;
    this.#channel = channel;
    this.#points = points;
  }

  /** @param since, until Unix milliseconds, both inclusive. */
  answer(since: number, until: number): SeriesAnswer {
    const chunks = this.#db === null ? [] : chunksBetween(this.#db, this.#channel, since, until);
    const level = this.#level(chunks, since, until);
    const inner = level === null ? null : wholeBuckets(level, since, until);
    if (inner === null) this.#takeChunks(chunks, since, until);
    else {
      this.#takeChunks(chunks, since, before(inner.since));
      this.#takeRollups(level!, inner);
      this.#takeChunks(chunks, inner.until, until);
    }
    this.#takeTail(since, until);
    this.#takeOthers(chunks, since, until);
    const { forgotten, newest } = this.#channel;
    const oldest = chunks[0]?.oldest;
    return {
      series: [...this.#numbers].map(([topic, list]) => ({
        topic: topic.name,
        ...(topic.states ? { states: true as const } : {}),
        points: list.thinned(this.#points),
      })),
      others: [...this.#others].map(([topic, points]) => ({
        topic: topic.name,
        points: points.reverse(),
      })),
      complete: forgotten === 0 || oldest !== undefined && oldest < since,
      seq: newest,
    };
  }

  /** `null`: entries are read one by one. */
  #level(chunks: Chunk[], since: number, until: number): number | null {
    const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
    if (rows <= FEW_ROWS) return null;
    // Two points come of each span.
    const width = (Math.min(until, latest(chunks)) - Math.max(since, chunks[0]!.oldest)) /
      this.#points;
    const level = LEVELS.findLastIndex((ms) => ms <= width);
    if (level >= 0) return level;
    return rows > MANY_ROWS ? 0 : null;
  }

  #takeTail(since: number, until: number) {
    const { topics, times, values, length } = this.#channel.tail;
    for (let i = 0; i < length; i++) {
      const topic = topics[i]!;
      const time = times[i]!;
      if (topic === null || Number.isNaN(values[i]!)) continue;
      if (time >= since && time <= until) this.#list(topic).push(time, values[i]!);
    }
  }

  #takeRollups(level: number, { since, until }: Span) {
    for (const topic of this.#channel.topics.values()) {
      const list = this.#numbers.get(topic) ?? new PointList();
      this.#rollups.points(this.#db!, topic, level, since, until, list.push);
      if (list.length > 0) this.#numbers.set(topic, list);
    }
  }

  /** Numbers of a span of time, both ends inclusive. */
  #takeChunks(chunks: Chunk[], since: number, until: number) {
    for (const chunk of chunks) {
      if (chunk.newest < since || chunk.oldest > until) continue;
      const records = readChunk(this.#db!, chunk);
      for (let at = 0; at < records.bytes.length; at += records.length(at)) {
        const time = records.time(at);
        if (time < since || time > until) continue;
        const topic = this.#book.topics.get(records.topic(at));
        if (topic === undefined) continue;
        const value = valueAt(records, at, topic);
        if (!Number.isNaN(value)) this.#list(topic).push(time, value);
      }
    }
  }

  /** The newest values that are no numbers. */
  #takeOthers(chunks: Chunk[], since: number, until: number) {
    const { tail } = this.#channel;
    for (let i = tail.length - 1; i >= 0; i--) {
      const time = tail.times[i]!;
      if (!Number.isNaN(tail.values[i]!) || time < since || time > until) continue;
      this.#other(tail.topics[i]!, time, () => tail.entry(i).json);
    }
    for (const chunk of chunks.toReversed()) {
      if (this.#hasOthers()) return;
      if (chunk.others > 0) this.#takeOthersOf(readChunk(this.#db!, chunk), since, until);
    }
  }

  #takeOthersOf(records: Records, since: number, until: number) {
    const starts: number[] = [];
    for (let at = 0; at < records.bytes.length; at += records.length(at)) starts.push(at);
    for (const at of starts.reverse()) {
      const time = records.time(at);
      const topic = this.#book.topics.get(records.topic(at));
      if (!topic?.words || time < since || time > until) continue;
      if (Number.isNaN(valueAt(records, at, topic))) {
        this.#other(topic, time, () => records.texts(at)[0]);
      }
    }
  }

  /** Whether all there can be are there. */
  #hasOthers(): boolean {
    for (const topic of this.#channel.topics.values()) {
      if (topic.words && (this.#others.get(topic)?.length ?? 0) < this.#points) return false;
    }
    return true;
  }

  #list(topic: TopicState): PointList {
    let list = this.#numbers.get(topic);
    if (list === undefined) this.#numbers.set(topic, list = new PointList());
    return list;
  }

  #other(topic: TopicState | null, time: number, json: () => string) {
    if (topic === null) return;
    let values = this.#others.get(topic);
    if (values === undefined) this.#others.set(topic, values = []);
    if (values.length < this.#points) values.push([time, JSON.parse(json())]);
  }
}

function latest(chunks: Chunk[]): number {
  return chunks.reduce((time, chunk) => Math.max(time, chunk.newest), -Infinity);
}

/** The latest time that is earlier: times have no more than three decimals. */
export function before(time: number): number {
  return time - 0.0005;
}

/** The buckets that lie in a span, both ends of it inclusive. */
function wholeBuckets(level: number, since: number, until: number): Span | null {
  const ms = LEVELS[level]!;
  const span = { since: Math.ceil(since / ms) * ms, until: Math.floor(until / ms) * ms };
  return span.since < span.until ? span : null;
}
