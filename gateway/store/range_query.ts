/**
 * Entries by number, and all those of a span of time.
 *
 * @module
 */
import type { ChannelBook, ChannelState } from "./channel_book.ts";
import { chunksBetween, chunksFrom, readChunk } from "./chunks.ts";
import type { Database } from "./database.ts";
import { NO_TOPIC, type Records } from "./record_batch.ts";
import type { RangeAnswer, RowsAnswer, StoredEntry, StoredGap } from "./store_messages.ts";
import { entryAt } from "./tail.ts";

/** Chunks read at a time. */
const CHUNKS = 16;
/** Rows of an answer. */
const PAGE_ROWS = 1024;
/** An answer ends when it has so many characters. */
const PAGE_CHARS = 1 << 20;

/** Entries in the order in which they come, until there are enough. */
class Gathered {
  readonly entries: StoredEntry[] = [];
  #chars = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get full(): boolean {
    return this.entries.length >= this.#limit || this.#chars >= PAGE_CHARS;
  }

  push(entry: StoredEntry) {
    this.entries.push(entry);
    this.#chars += entry.json.length;
  }
}

/** Called with where each entry of a chunk begins; ends when it says so. */
function each(records: Records, take: (at: number) => boolean) {
  for (let at = 0; at < records.bytes.length; at += records.length(at)) if (!take(at)) return;
}

export function entryIn(records: Records, at: number, book: ChannelBook): StoredEntry {
  const topic = records.topic(at);
  return entryAt(records, at, topic === NO_TOPIC ? null : book.topics.get(topic) ?? null);
}

/**
 * @param limit Entries at most; the answer is also ended at about a million characters. Who gets
 *   fewer than there are asks again from behind the last one.
 */
export function readRange(
  db: Database | null,
  book: ChannelBook,
  channel: ChannelState,
  from: number,
  to: number,
  limit: number,
): RangeAnswer {
  const gathered = new Gathered(limit);
  if (db !== null && from <= channel.sealed) gatherChunks(db, book, channel, from, to, gathered);
  const { tail } = channel;
  for (let i = tail.indexOf(from); i < tail.length && tail.seqs[i]! <= to; i++) {
    if (gathered.full) break;
    gathered.push(tail.entry(i));
  }
  return {
    entries: gathered.entries,
    gaps: db === null ? [] : readGaps(db, channel, from, to),
    first: firstHeld(db, channel),
  };
}

/** How many entries a range has; a chunk that reaches into it counts as a whole. */
export function countRange(
  db: Database | null,
  { id, tail, sealed }: ChannelState,
  from: number,
  to: number,
): number {
  const inTail = Math.max(0, tail.indexOf(to + 1) - tail.indexOf(from));
  if (db === null || from > sealed) return inTail;
  const query = `SELECT sum(rows) AS rows FROM chunk_index
    WHERE channel = ?1 AND last >= ?2 AND first <= ?3 AND first >=
      coalesce((SELECT max(first) FROM chunk_index WHERE channel = ?1 AND first <= ?2), 0)`;
  return inTail + (db.get(query, id, from, to)!.rows as number | null ?? 0);
}

function gatherChunks(
  db: Database,
  book: ChannelBook,
  channel: ChannelState,
  from: number,
  to: number,
  gathered: Gathered,
) {
  for (let next = from; next <= to && !gathered.full;) {
    const chunks = chunksFrom(db, channel, next, CHUNKS);
    if (chunks.length === 0) return;
    for (const chunk of chunks) {
      if (chunk.first > to || gathered.full) return;
      const records = readChunk(db, chunk);
      each(records, (at) => {
        const seq = records.seq(at);
        if (seq >= from && seq <= to) gathered.push(entryIn(records, at, book));
        return seq < to && !gathered.full;
      });
      next = chunk.last + 1;
    }
  }
}

/** Gaps on disk that touch a range of numbers. */
export function readGaps(
  db: Database,
  { id, name }: ChannelState,
  from: number,
  to: number,
): StoredGap[] {
  const query = `SELECT "from", "to", reason FROM gaps
    WHERE channel = ? AND "from" <= ? AND "to" >= ? ORDER BY "from"`;
  return db.all(query, id, to, from).map((row) => ({
    channel: name,
    from: row.from as number,
    to: row.to as number,
    reason: row.reason as string,
  }));
}

function firstHeld(db: Database | null, channel: ChannelState): number {
  const chunk = db?.get(
    "SELECT min(first) AS first FROM chunk_index WHERE channel = ?",
    channel.id,
  );
  return chunk?.first as number | null | undefined ?? channel.tail.seqs[0] ?? channel.newest + 1;
}

/** A part of all entries of a span of time, from a number on. */
export function readRows(
  db: Database | null,
  book: ChannelBook,
  channel: ChannelState,
  since: number,
  until: number,
  from: number,
): RowsAnswer {
  const gathered = new Gathered(PAGE_ROWS);
  const within = (time: number) => time >= since && time <= until;
  for (let next = from; db !== null && next <= channel.sealed;) {
    const [chunk] = chunksBetween(db, channel, since, until, next, 1);
    if (chunk === undefined) break;
    const records = readChunk(db, chunk);
    next = chunk.last + 1;
    each(records, (at) => {
      const seq = records.seq(at);
      if (gathered.full) next = seq;
      else if (seq >= from && within(records.time(at))) gathered.push(entryIn(records, at, book));
      return next !== seq;
    });
    if (gathered.full) return { entries: gathered.entries, next };
  }
  const { tail } = channel;
  for (let i = tail.indexOf(from); i < tail.length; i++) {
    if (gathered.full) return { entries: gathered.entries, next: tail.seqs[i]! };
    if (within(tail.times[i]!)) gathered.push(tail.entry(i));
  }
  return { entries: gathered.entries, next: null };
}
