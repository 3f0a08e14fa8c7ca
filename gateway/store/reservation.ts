/**
 * Numbers that were sent to somebody are never used again, though the gateway is cut off before the
 * entries that bear them are on disk: numbers are reserved on disk ahead.
 *
 * - A channel in the database has `reserved`: its numbers up to that one may have been used. It is
 *   extended, in the commit that comes anyway, when less than half of what was reserved is left.
 * - A channel that is not in the database yet begins behind `floor` as it was when the database was
 *   opened; on disk it is then {@linkcode RESERVED} more. So one that never got there cannot have
 *   used numbers that come again, unless it used as many within one commit. A channel that is removed lifts
 *   the floor above its numbers; only when that is on disk, another of its name may come.
 * - After a clean end what was reserved and not used is given back, and numbers go on without a
 *   hole; else they go on behind what was reserved, and what is between is a gap.
 *
 * While the disk takes nothing, reservations cannot be extended: they last for a day at the rate of
 * the time before, at most for a billion numbers.
 *
 * @module
 */
import { type ChannelBook, type ChannelState, lastCommitted } from "./channel_book.ts";
import type { Database } from "./database.ts";

/** Numbers that are reserved at a time, at least. They cost nothing. */
export const RESERVED = 1_000_000;
const MOST = 1_000_000_000;
/** What is reserved lasts for so long, ms. */
const AHEAD_MS = 86_400_000;
/** Rates of a shorter time are none, ms. */
const RATE_MS = 60_000;

/** Whether more has to be reserved. */
export function isLow({ newest, reserved }: ChannelState): boolean {
  return newest > reserved - RESERVED / 2;
}

/** How far a channel is to be reserved now. */
export function reserveTo({ newest, extended }: ChannelState): number {
  const used = newest - extended.newest;
  const ms = Math.max(RATE_MS, performance.now() - extended.at);
  const ahead = Math.round(Math.min(MOST, used / ms * AHEAD_MS));
  return newest + Math.max(RESERVED, ahead);
}

/** Has to be committed before numbers beyond are used. */
export function writeReserved(db: Database, { id }: ChannelState, reserved: number) {
  db.run("UPDATE channels SET reserved = ? WHERE id = ?", reserved, id);
}

/** To be called when that is committed. */
export function extended(channel: ChannelState, reserved: number) {
  channel.reserved = reserved;
  channel.extended = { at: performance.now(), newest: channel.newest };
}

/**
 * Begins a run, in a transaction: numbers are reserved, and those that an end without warning left
 * in doubt become gaps.
 *
 * @param least New channels begin behind this number at least.
 * @returns the number behind which new channels begin
 */
export function beginRun(db: Database, book: ChannelBook, least: number): number {
  const clean = readMeta(db, "clean") === 1;
  const start = Math.max(least, readMeta(db, "floor") as number | null ?? 0);
  writeMeta(db, "clean", 0);
  writeMeta(db, "floor", start + RESERVED);
  for (const channel of book.names.values()) {
    const last = lastCommitted(channel);
    // After a clean end nothing is reserved beyond what was used.
    channel.newest = Math.max(last, channel.reserved);
    if (!clean && channel.newest > last) {
      insertGap(db, channel.id, last + 1, channel.newest, "restart");
    }
    const reserved = channel.newest + RESERVED;
    writeReserved(db, channel, reserved);
    extended(channel, reserved);
  }
  return start;
}

/** Ends a run, in a transaction: what was reserved and not used is given back. */
export function endRun(db: Database, book: ChannelBook) {
  for (const channel of book.names.values()) writeReserved(db, channel, channel.newest);
  writeMeta(db, "clean", 1);
}

/** A channel with numbers up to this one is removed; in a transaction. */
export function liftFloor(db: Database, newest: number) {
  const floor = readMeta(db, "floor") as number;
  writeMeta(db, "floor", Math.max(floor, newest + RESERVED));
}

/** One that begins where another does is that one, grown longer. */
export function insertGap(
  db: Database,
  channel: number,
  from: number,
  to: number,
  reason: string,
) {
  db.run("INSERT OR REPLACE INTO gaps VALUES (?, ?, ?, ?)", channel, from, to, reason);
}

export function readMeta(db: Database, key: string): unknown {
  return db.get("SELECT value FROM meta WHERE key = ?", key)?.value ?? null;
}

export function writeMeta(db: Database, key: string, value: string | number) {
  db.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, value);
}
