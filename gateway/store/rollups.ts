/**
 * Roll-ups of all topics: blocks in memory while values come, written now and then.
 *
 * @module
 */
import type { ChannelState, TopicState } from "./channel_book.ts";
import type { Database } from "./database.ts";
import { pack, unpack } from "./packed.ts";
import {
  BLOCK_BUCKETS,
  type Bucket,
  LEVELS,
  type PointTaker,
  RollupBlock,
} from "./rollup_block.ts";

/** Blocks of a topic and level: those of 170 years and more. What is beyond is in chunks alone. */
const BLOCKS = 2 ** 22;
/** Levels of a topic. */
const LEVEL_PLACES = 4;
/** The level of values that are no numbers: it tells when they were. */
export const WORDS_LEVEL = 3;
/** Lengths of all levels' buckets, ms. */
export const LENGTHS: readonly number[] = [...LEVELS, LEVELS[0]];
/** Of compression. */
const LEVEL = 3;

/** Rows, and so topics, are ordered by topic, level and time. */
function rowOf(topic: number, level: number, block: number): number {
  return (topic * LEVEL_PLACES + level) * BLOCKS + block;
}

function blockOf(level: number, time: number): number {
  return Math.floor(time / (LENGTHS[level]! * BLOCK_BUCKETS));
}

export class Rollups {
  /** Values taken since all was written. */
  unsaved = 0;
  /** By topic, then by row. */
  readonly #topics = new Map<number, Map<number, RollupBlock>>();

  /** Takes a value. @param time Unix milliseconds @param value NaN: it is no number */
  add(db: Database, topic: TopicState, time: number, value: number) {
    this.unsaved++;
    // The lowest and the highest are then the first and the last.
    if (Number.isNaN(value)) return this.#add(db, topic, WORDS_LEVEL, time, time);
    for (let level = 0; level < LEVELS.length; level++) this.#add(db, topic, level, time, value);
  }

  #add(db: Database, { id }: TopicState, level: number, time: number, value: number) {
    const ms = LENGTHS[level]!;
    const bucket = Math.floor(time / ms);
    const number = Math.floor(bucket / BLOCK_BUCKETS);
    if (number < 0 || number >= BLOCKS) return;
    let blocks = this.#topics.get(id);
    if (blocks === undefined) this.#topics.set(id, blocks = new Map());
    const row = rowOf(id, level, number);
    let block = blocks.get(row);
    if (block === undefined) {
      block = read(db, row, ms, number) ?? new RollupBlock(ms, number);
      blocks.set(row, block);
    }
    block.add(bucket, time, value);
  }

  /** Writes what has changed of a channel; to be called in a transaction, {@linkcode saved} behind it. */
  save(db: Database, { topics }: ChannelState) {
    for (const { id } of topics.values()) {
      for (const [row, block] of this.#topics.get(id) ?? []) {
        const data = pack(block.bytes, LEVEL);
        db.run("INSERT OR REPLACE INTO rollups (id, data) VALUES (?, ?)", row, data);
      }
    }
  }

  /** What was written is forgotten; blocks that go on are read again. */
  saved({ topics }: ChannelState) {
    for (const { id } of topics.values()) this.#topics.delete(id);
  }

  /** Extremes of the buckets that lie in a span: `to` is not of it. */
  points(
    db: Database,
    topic: TopicState,
    level: number,
    from: number,
    to: number,
    take: PointTaker,
  ) {
    const ms = LENGTHS[level]!;
    const base = rowOf(topic.id, level, 0);
    const first = base + Math.max(0, blockOf(level, from));
    const last = base + Math.min(BLOCKS - 1, blockOf(level, to));
    const blocks = this.#topics.get(topic.id);
    const query = "SELECT id, data FROM rollups WHERE id BETWEEN ? AND ? ORDER BY id";
    for (const { id, data } of db.all(query, first, last)) {
      const row = id as number;
      if (blocks?.has(row)) continue;
      new RollupBlock(ms, row - base, unpack(data)).points(from, to, take);
    }
    for (const [row, block] of blocks ?? []) {
      if (row >= first && row <= last) block.points(from, to, take);
    }
  }

  /** Buckets of a topic that begin before a time, the newest first. */
  *before(db: Database, topic: TopicState, level: number, time: number): Generator<Bucket> {
    const base = rowOf(topic.id, level, 0);
    const blocks = this.#topics.get(topic.id);
    const query = "SELECT max(id) AS id FROM rollups WHERE id BETWEEN ? AND ?";
    let row = base + Math.min(BLOCKS - 1, blockOf(level, time));
    while (row >= base) {
      let newest = db.get(query, base, row)!.id as number | null ?? -1;
      for (const known of blocks?.keys() ?? []) {
        if (known >= base && known <= row && known > newest) newest = known;
      }
      if (newest < 0) return;
      const number = newest - base;
      const block = blocks?.get(newest) ?? read(db, newest, LENGTHS[level]!, number);
      if (block !== null) yield* block.before(time);
      row = newest - 1;
    }
  }

  /** Removes blocks of a topic that end before a time. @returns how many, at most `limit` */
  forget(db: Database, topic: number, before: number, limit: number): number {
    let removed = 0;
    const blocks = this.#topics.get(topic);
    for (let level = 0; level < LEVEL_PLACES; level++) {
      const base = rowOf(topic, level, 0);
      const end = base + Math.min(BLOCKS, Math.max(0, blockOf(level, before)));
      const query = "SELECT id FROM rollups WHERE id >= ? AND id < ? LIMIT ?";
      for (const { id } of db.all(query, base, end, limit - removed)) {
        db.run("DELETE FROM rollups WHERE id = ?", id as number);
        removed++;
      }
      for (const row of blocks?.keys() ?? []) if (row >= base && row < end) blocks!.delete(row);
    }
    return removed;
  }

  /** Begins anew, beside a database that was opened anew. */
  clear() {
    this.#topics.clear();
    this.unsaved = 0;
  }
}

function read(db: Database, row: number, ms: number, number: number): RollupBlock | null {
  const found = db.get("SELECT data FROM rollups WHERE id = ?", row);
  return found === undefined ? null : new RollupBlock(ms, number, unpack(found.data));
}
