/**
 * Removes what is too old or too much, a few chunks at a time, and what is left of channels that
 * were removed.
 *
 * @module
 */
import type { ChannelState } from "./channel_book.ts";
import { type Chunk, deleteChunk, firstChunks } from "./chunks.ts";
import type { Database } from "./database.ts";
import type { Rollups } from "./rollups.ts";
import type { Keep } from "./store_messages.ts";

/** Chunks or blocks removed in one transaction. */
const STEP = 32;
/** Pages given back to the file system in one. */
const PAGES = 256;

export class Retention {
  readonly #keep: Keep;
  /** Channels that are still to be looked at in this round. */
  #waiting: ChannelState[] = [];

  constructor(keep: Keep) {
    this.#keep = keep;
  }

  /** Begins a round, unless one is on its way. */
  begin(channels: Iterable<ChannelState>) {
    if (this.#waiting.length === 0) this.#waiting = [...channels];
  }

  /** Forgets what it was about: the database is another one. */
  reset() {
    this.#waiting = [];
  }

  get busy(): boolean {
    return this.#waiting.length > 0;
  }

  /** @param time As {@linkcode AgeClock} has it. */
  step(db: Database, rollups: Rollups, time: number) {
    const channel = this.#waiting.at(-1);
    if (channel === undefined) return;
    if (channel.removed || !this.#trim(db, channel, rollups, time)) this.#waiting.pop();
    if (!this.busy) db.shrink(PAGES);
  }

  /** @returns whether there may be more to remove */
  #trim(db: Database, channel: ChannelState, rollups: Rollups, time: number): boolean {
    // The last one of a step tells where the rest begins.
    const oldest = firstChunks(db, channel.id, STEP + 1);
    const surplus = this.#surplus(channel, oldest, time);
    if (surplus.length === 0) return false;
    const last = surplus.at(-1)!.last;
    const rows = surplus.reduce((sum, chunk) => sum + chunk.rows, 0);
    const bytes = surplus.reduce((sum, chunk) => sum + chunk.size, 0);
    db.transaction(() => {
      for (const chunk of surplus) deleteChunk(db, channel.id, chunk);
      db.run('DELETE FROM gaps WHERE channel = ? AND "to" <= ?', channel.id, last);
      const update =
        "UPDATE channels SET forgotten = ?, rows = rows - ?, bytes = bytes - ? WHERE id = ?";
      db.run(update, last, rows, bytes, channel.id);
      const left = oldest[surplus.length]?.oldest ?? channel.tail.times[0] ?? time;
      for (const { id } of channel.topics.values()) rollups.forget(db, id, left, STEP);
    });
    channel.forgotten = last;
    channel.rows -= rows;
    channel.bytes -= bytes;
    return surplus.length === STEP;
  }

  #surplus(channel: ChannelState, oldest: Chunk[], time: number): Chunk[] {
    const { count, bytes, ageMs } = this.#keep;
    let rowsLeft = channel.rows + channel.tail.committed;
    let bytesLeft = channel.bytes;
    const end = oldest.slice(0, STEP).findIndex((chunk) => {
      rowsLeft -= chunk.rows;
      const tooMany = rowsLeft >= count;
      const tooLarge = bytesLeft > bytes;
      const tooOld = chunk.newest < time - ageMs;
      bytesLeft -= chunk.size;
      return !tooMany && !tooLarge && !tooOld;
    });
    return oldest.slice(0, end < 0 ? STEP : end);
  }
}

/** Removes a part of what is left of removed channels. @returns whether there may be more */
export function sweepRemoved(db: Database, rollups: Rollups): boolean {
  const found = db.get("SELECT id FROM channels WHERE name IS NULL LIMIT 1");
  if (found === undefined) return false;
  const id = found.id as number;
  db.transaction(() => {
    const chunks = firstChunks(db, id, STEP);
    for (const chunk of chunks) deleteChunk(db, id, chunk);
    if (chunks.length === STEP) return;
    for (const topic of db.all("SELECT id FROM topics WHERE channel = ? LIMIT ?", id, STEP)) {
      if (rollups.forget(db, topic.id as number, Infinity, STEP) === STEP) return;
      db.run("DELETE FROM topics WHERE id = ?", topic.id as number);
    }
    if (db.get("SELECT 1 FROM topics WHERE channel = ?", id) !== undefined) return;
    db.run("DELETE FROM gaps WHERE channel = ?", id);
    db.run("DELETE FROM channels WHERE id = ?", id);
  });
  return true;
}
