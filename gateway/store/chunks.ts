/**
 * Chunks: entries of one channel that follow each other, compressed.
 *
 * @module
 */
import type { ChannelState } from "./channel_book.ts";
import type { Database } from "./database.ts";
import { pack, unpack } from "./packed.ts";
import { Records } from "./record_batch.ts";

export interface Chunk {
  /** Row of its data. */
  n: number;
  /** Numbers of its first and last entry. */
  first: number;
  last: number;
  /** Times of its oldest and newest entry, Unix milliseconds. */
  oldest: number;
  newest: number;
  rows: number;
  /** Values among them that are no numbers. */
  others: number;
  /** On disk, bytes. */
  size: number;
}

const COLUMNS = "n, first, last, oldest, newest, rows, others, size";
/** Compressing harder takes thrice the time and spares a twentieth. */
const LEVEL = 5;

export function insertChunk(
  db: Database,
  channel: ChannelState,
  data: Uint8Array,
  chunk: Omit<Chunk, "n" | "size">,
): number {
  const packed = pack(data, LEVEL);
  const { n } = db.get("INSERT INTO chunks (data) VALUES (?) RETURNING n", packed) as { n: number };
  db.run(
    `INSERT INTO chunk_index (channel, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    channel.id,
    n,
    chunk.first,
    chunk.last,
    chunk.oldest,
    chunk.newest,
    chunk.rows,
    chunk.others,
    packed.length,
  );
  return packed.length;
}

export function deleteChunk(db: Database, channel: number, { n, first }: Chunk) {
  db.run("DELETE FROM chunk_index WHERE channel = ? AND first = ?", channel, first);
  db.run("DELETE FROM chunks WHERE n = ?", n);
}

/** The entries of a chunk. */
export function readChunk(db: Database, { n }: Chunk): Records {
  const row = db.get("SELECT data FROM chunks WHERE n = ?", n);
  if (row === undefined) throw new Error(`database disk image is malformed: no chunk ${n}`);
  return new Records(unpack(row.data));
}

/** The newest ones, newest first. */
export function lastChunks(db: Database, { id }: ChannelState, limit: number): Chunk[] {
  const newest = `SELECT ${COLUMNS} FROM chunk_index WHERE channel = ? ORDER BY first DESC LIMIT ?`;
  return db.all(newest, id, limit) as unknown as Chunk[];
}

/** The oldest ones. */
export function firstChunks(db: Database, channel: number, limit: number): Chunk[] {
  const oldest = `SELECT ${COLUMNS} FROM chunk_index WHERE channel = ? ORDER BY first LIMIT ?`;
  return db.all(oldest, channel, limit) as unknown as Chunk[];
}

/** Those with numbers from `from` on, oldest first. */
export function chunksFrom(db: Database, channel: ChannelState, from: number, limit: number) {
  return chunksBetween(db, channel, -Infinity, Infinity, from, limit);
}

/**
 * Those with times of a span, in the order of numbers.
 *
 * @param from Number of the first entry that is wanted.
 * @param limit Chunks at most; -1: all.
 */
export function chunksBetween(
  db: Database,
  { id }: ChannelState,
  since: number,
  until: number,
  from = 0,
  limit = -1,
): Chunk[] {
  const query = `SELECT ${COLUMNS} FROM chunk_index
    WHERE channel = ?1 AND oldest <= ?3 AND newest >= ?2 AND last >= ?4 AND first >=
      coalesce((SELECT max(first) FROM chunk_index WHERE channel = ?1 AND first <= ?4), 0)
    ORDER BY first LIMIT ?5`;
  return db.all(query, id, since, until, from, limit) as unknown as Chunk[];
}
