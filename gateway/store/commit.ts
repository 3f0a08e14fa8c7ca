/**
 * One commit: everything that waits goes to disk in one transaction.
 *
 * @module
 */
import { type ChannelBook, insertChannel, insertTopic } from "./channel_book.ts";
import type { Database } from "./database.ts";
import type { Change, Intake } from "./intake.ts";
import { joinBytes, packedOf } from "./packed.ts";
import {
  extended,
  insertGap,
  isLow,
  liftFloor,
  RESERVED,
  reserveTo,
  writeReserved,
} from "./reservation.ts";

export interface Committed {
  /** What the records take in memory. */
  bytes: number;
  /** Row of the log that they are in; `null`: there were none. */
  row: number | null;
}

/**
 * @returns what was written
 * @throws What SQLite says; then nothing is written, and everything waits as before
 */
export function commit(db: Database, book: ChannelBook, intake: Intake): Committed {
  const low = [...intake.touched].filter(isLow).map((channel) => ({
    channel,
    reserved: reserveTo(channel),
  }));
  const records = joinBytes(intake.batches);
  const row = db.transaction(() => {
    for (const change of intake.changes) writeChange(db, book, change);
    for (const [name, { from, to }] of intake.lost) {
      const channel = book.names.get(name);
      if (channel !== undefined) insertGap(db, channel.id, from, to, "disk");
    }
    for (const { channel, reserved } of low) writeReserved(db, channel, reserved);
    intake.values.write(db);
    intake.outbox.write(db);
    return records.length === 0 ? null : insertRecords(db, records);
  });
  for (const { channel, reserved } of low) extended(channel, reserved);
  intake.done();
  return { bytes: records.length, row };
}

function insertRecords(db: Database, records: Uint8Array): number {
  const { packed, data } = packedOf(records);
  const insert = "INSERT INTO log (packed, data) VALUES (?, ?) RETURNING n";
  return db.get(insert, packed, data)!.n as number;
}

function writeChange(db: Database, book: ChannelBook, change: Change) {
  switch (change.kind) {
    case "channel":
      change.channel.reserved = Math.max(change.channel.reserved, change.channel.newest + RESERVED);
      insertChannel(db, change.channel);
      break;
    case "topic":
      insertTopic(db, change.channel, change.topic);
      break;
    case "remove":
      db.run("UPDATE channels SET name = NULL WHERE id = ?", change.channel.id);
      liftFloor(db, change.channel.newest);
      break;
    case "gap": {
      const channel = book.names.get(change.channel);
      if (channel !== undefined) {
        insertGap(db, channel.id, change.from, change.to, change.reason);
      }
    }
  }
}
