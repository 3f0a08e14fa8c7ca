/**
 * What has to be read when the database is opened: the log, for the tails of channels, and after an
 * end without warning chunks, for roll-ups.
 *
 * @module
 */
import type { ChannelBook } from "./channel_book.ts";
import { chunksFrom, readChunk } from "./chunks.ts";
import type { Database } from "./database.ts";
import { unpackedOf } from "./packed.ts";
import { KINDS, NO_TOPIC, Records } from "./record_batch.ts";
import type { Rollups } from "./rollups.ts";
import { valueAt } from "./tail.ts";

/** Chunks looked up at a time. */
const CHUNKS = 64;

/** @returns bytes of the records in the log, and its newest row */
export function replayLog(db: Database, book: ChannelBook): { bytes: number; newest: number } {
  let bytes = 0;
  let newest = 0;
  for (const row of db.all("SELECT n, packed, data FROM log ORDER BY n")) {
    const data = unpackedOf(row.packed, row.data);
    takeEntries(new Records(data), book);
    bytes += data.length;
    newest = row.n as number;
  }
  for (const channel of book.names.values()) {
    channel.tail.committed = channel.tail.length;
    channel.newest = channel.tail.seqs.at(-1) ?? channel.sealed;
  }
  return { bytes, newest };
}

function takeEntries(records: Records, book: ChannelBook) {
  for (let at = 0; at < records.bytes.length; at += records.length(at)) {
    if (records.kind(at) !== KINDS.entry) continue;
    const channel = book.channels.get(records.channel(at));
    if (channel === undefined) continue;
    // What was moved into chunks may still be in the log.
    const seq = records.seq(at);
    if (seq <= (channel.tail.seqs.at(-1) ?? channel.sealed)) continue;
    const topic = records.topic(at);
    channel.tail.push(records, at, topic === NO_TOPIC ? null : book.topics.get(topic) ?? null);
  }
}

/** Takes values into the roll-ups that had not been written when the gateway was cut off. */
export function replayRollups(db: Database, book: ChannelBook, rollups: Rollups) {
  for (const channel of book.names.values()) {
    for (let from = channel.rolled + 1; from <= channel.sealed;) {
      const chunks = chunksFrom(db, channel, from, CHUNKS);
      if (chunks.length === 0) break;
      for (const chunk of chunks) {
        const records = readChunk(db, chunk);
        for (let at = 0; at < records.bytes.length; at += records.length(at)) {
          const topic = book.topics.get(records.topic(at));
          if (topic === undefined || records.seq(at) < from) continue;
          rollups.add(db, topic, records.time(at), valueAt(records, at, topic));
        }
        from = chunk.last + 1;
      }
    }
  }
}
