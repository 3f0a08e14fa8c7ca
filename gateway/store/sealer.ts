/**
 * Moves entries from the log into chunks, a few channels at a time, and their values into roll-ups.
 *
 * @module
 */
import { type ChannelState, lastCommitted, type TopicState } from "./channel_book.ts";
import { type Chunk, deleteChunk, insertChunk, lastChunks, readChunk } from "./chunks.ts";
import type { Database } from "./database.ts";
import type { Rollups } from "./rollups.ts";
import type { Keep } from "./store_messages.ts";

/** A chunk has at most so many entries, and bytes before it is compressed, if it has two or more. */
const CHUNK_ROWS = 1024;
const CHUNK_BYTES = 1 << 18;
/** What is kept is at least so many chunks long: by so much more may be kept than was asked for. */
const KEPT_CHUNKS = 8;
const LEAST_ROWS = 16;
const LEAST_BYTES = 4096;
/** At most so many chunks are written anew at a time. */
const MERGED_CHUNKS = 8;

/** One transaction is ended after so long, ms, or so many entries: commits wait for it. */
const STEP_MS = 10;
const STEP_ROWS = 8 * CHUNK_ROWS;

export class Sealer {
  readonly #rowLimit: number;
  readonly #byteLimit: number;
  /** A chunk that others join spans no more than this, ms. */
  readonly #spanLimit: number;
  /** Channels that are still to do, and up to which number. */
  #waiting: { channel: ChannelState; last: number }[] = [];
  /** The newest row of the log that will then be in chunks. */
  #upTo: number | null = null;

  constructor({ count, bytes, ageMs }: Keep) {
    this.#rowLimit = Math.min(CHUNK_ROWS, Math.max(LEAST_ROWS, Math.ceil(count / KEPT_CHUNKS)));
    this.#byteLimit = Math.min(CHUNK_BYTES, Math.max(LEAST_BYTES, Math.ceil(bytes / KEPT_CHUNKS)));
    this.#spanLimit = ageMs / KEPT_CHUNKS;
  }

  get busy(): boolean {
    return this.#upTo !== null;
  }

  /** @param upTo The newest row of the log. */
  begin(channels: Iterable<ChannelState>, upTo: number) {
    this.#waiting = [...channels].filter(({ tail }) => tail.committed > 0)
      .map((channel) => ({ channel, last: lastCommitted(channel) }));
    this.#upTo = upTo;
  }

  /** Forgets what it was about: the database is another one. */
  reset() {
    this.#waiting = [];
    this.#upTo = null;
  }

  /** Does a part of the work; `busy` says whether there is more. */
  step(db: Database, rollups: Rollups) {
    const upTo = this.#upTo;
    if (upTo === null) return;
    const end = performance.now() + STEP_MS;
    const waiting = [...this.#waiting];
    const sealed: Sealed[] = [];
    db.transaction(() => {
      let rows = 0;
      while (waiting.length > 0 && rows < STEP_ROWS && performance.now() < end) {
        const { channel, last } = waiting.pop()!;
        // It may have been removed meanwhile.
        const due = channel.removed ? 0 : channel.tail.indexOf(last + 1);
        const count = Math.min(due, STEP_ROWS - rows);
        if (count > 0) sealed.push(this.#seal(db, channel, count));
        rows += count;
        // The rest is for the next step: nothing of it has left the tail yet.
        if (count < due) waiting.push({ channel, last });
      }
      if (waiting.length === 0) db.run("DELETE FROM log WHERE n <= ?", upTo);
    });
    for (const channel of sealed) take(db, rollups, channel);
    this.#waiting = waiting;
    if (waiting.length === 0) this.#upTo = null;
  }

  #seal(db: Database, channel: ChannelState, count: number): Sealed {
    const { tail } = channel;
    const merged = this.#mergeable(db, channel, count);
    let rows = channel.rows;
    let bytes = channel.bytes;
    for (const { chunk } of merged) {
      deleteChunk(db, channel.id, chunk);
      rows -= chunk.rows;
      bytes -= chunk.size;
    }
    const builder = new ChunkBuilder(merged);
    for (let i = 0; i < count; i++) {
      const record = tail.bytes(i);
      const tooLarge = builder.bytes + record.length > this.#byteLimit;
      if (builder.rows >= this.#rowLimit || builder.rows > 0 && tooLarge) {
        rows += builder.rows;
        bytes += builder.insert(db, channel);
      }
      const isOther = tail.topics[i] !== null && Number.isNaN(tail.values[i]!);
      builder.add(record, tail.seqs[i]!, tail.times[i]!, 1, Number(isOther));
    }
    rows += builder.rows;
    bytes += builder.insert(db, channel);
    const last = tail.seqs[count - 1]!;
    const update = "UPDATE channels SET sealed = ?, rows = ?, bytes = ? WHERE id = ?";
    db.run(update, last, rows, bytes, channel.id);
    return { channel, count, last, rows, bytes, newest: saveNewest(db, channel, count) };
  }

  /**
   * The newest chunks that are not larger than what comes: they are written anew together with it,
   * so that chunks of slow channels become large in a few steps.
   */
  #mergeable(db: Database, channel: ChannelState, count: number): Mergeable[] {
    const merged: Mergeable[] = [];
    let rows = count;
    let size = 0;
    for (const chunk of lastChunks(db, channel, MERGED_CHUNKS)) {
      if (chunk.rows > rows || chunk.rows + rows > this.#rowLimit) break;
      if (channel.tail.times[count - 1]! - chunk.oldest > this.#spanLimit) break;
      const { bytes } = readChunk(db, chunk);
      rows += chunk.rows;
      size += bytes.length;
      if (size > this.#byteLimit / 2) break;
      merged.unshift({ chunk, bytes });
    }
    return merged;
  }
}

interface Mergeable {
  chunk: Chunk;
  bytes: Uint8Array;
}

/** What was written of a channel. */
interface Sealed {
  channel: ChannelState;
  count: number;
  last: number;
  rows: number;
  bytes: number;
  newest: Map<TopicState, Uint8Array>;
}

/** Gathers entries for a chunk. */
class ChunkBuilder {
  rows = 0;
  bytes = 0;
  #parts: Uint8Array[] = [];
  #first = 0;
  #last = 0;
  #oldest = Infinity;
  #newest = -Infinity;
  #others = 0;

  constructor(begun: Mergeable[]) {
    for (const { chunk, bytes } of begun) {
      this.add(bytes, chunk.first, chunk.oldest, chunk.rows, chunk.others);
      this.#last = chunk.last;
      this.#newest = Math.max(this.#newest, chunk.newest);
    }
  }

  add(bytes: Uint8Array, seq: number, time: number, rows: number, others: number) {
    if (this.rows === 0) this.#first = seq;
    this.#last = seq;
    this.#oldest = Math.min(this.#oldest, time);
    this.#newest = Math.max(this.#newest, time);
    this.#parts.push(bytes);
    this.rows += rows;
    this.#others += others;
    this.bytes += bytes.length;
  }

  /** Writes the chunk and begins a new one. @returns what it takes on disk, bytes */
  insert(db: Database, channel: ChannelState): number {
    const data = new Uint8Array(this.bytes);
    let at = 0;
    for (const part of this.#parts) {
      data.set(part, at);
      at += part.length;
    }
    const size = insertChunk(db, channel, data, {
      first: this.#first,
      last: this.#last,
      oldest: this.#oldest,
      newest: this.#newest,
      rows: this.rows,
      others: this.#others,
    });
    this.rows = 0;
    this.bytes = 0;
    this.#others = 0;
    this.#parts = [];
    this.#oldest = Infinity;
    this.#newest = -Infinity;
    return size;
  }
}

/** Writes the newest entry of each topic. */
function saveNewest(db: Database, { tail }: ChannelState, count: number) {
  const indexes = new Map<TopicState, number>();
  for (let i = 0; i < count; i++) {
    const topic = tail.topics[i]!;
    if (topic !== null) indexes.set(topic, i);
  }
  const newest = new Map<TopicState, Uint8Array>();
  for (const [topic, index] of indexes) {
    const last = tail.bytes(index).slice();
    newest.set(topic, last);
    const update = "UPDATE topics SET last = ?, states = ?, words = ? WHERE id = ?";
    db.run(update, last, Number(topic.states), Number(topic.words), topic.id);
  }
  return newest;
}

/** What was written is no longer the tail's. */
function take(db: Database, rollups: Rollups, sealed: Sealed) {
  const { channel, count, last, rows, bytes, newest } = sealed;
  const { tail } = channel;
  const topics = tail.topics.slice(0, count);
  const times = tail.times.slice(0, count);
  const values = tail.values.slice(0, count);
  for (const [topic, record] of newest) topic.last = record;
  tail.drop(count);
  channel.sealed = last;
  channel.rows = rows;
  channel.bytes = bytes;
  // If this fails, the roll-ups are made of chunks once more.
  for (let i = 0; i < count; i++) {
    const topic = topics[i]!;
    if (topic !== null) rollups.add(db, topic, times[i]!, values[i]!);
  }
}
