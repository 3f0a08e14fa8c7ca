/**
 * Messages on their way out of the gateway: they stand on disk from the commit that has them until
 * they are said to be done.
 *
 * Numbers go up, from run to run as well. A run that began without the database numbers far above
 * all that may be in it; what is then found in it waits for the next start.
 *
 * @module
 */
import type { Database } from "./database.ts";
import { joinBytes, packedOf, unpackedOf } from "./packed.ts";
import { OUT_HEAD, Records } from "./record_batch.ts";
import { readMeta, writeMeta } from "./reservation.ts";
import type { OutboxExtent } from "./store_messages.ts";

/** A row holds messages of so many bytes, if it holds two or more. */
const ROW_BYTES = 1 << 18;

/** One that waits for a commit, as a record. */
interface Waiting {
  n: number;
  time: number;
  record: Uint8Array;
}

/** Some of one commit, without what they hold. */
interface OutRow {
  first: number;
  last: number;
  messages: number;
  bytes: number;
  messagesTo: number;
  bytesTo: number;
  /** Of the first, Unix ms. */
  oldest: number;
}

export class Outbox {
  /** Newest number taken in, on disk or not. */
  last = 0;
  /** Rows up to this number were there before, and this run does not know of them. */
  #base = 0;
  /** Up to this one all is done: as this run has it, as commits had it, and the highest one on disk. */
  #done = 0;
  #doneInCommits = 0;
  #doneOnDisk = 0;
  #waiting: Waiting[] = [];
  /** Of all rows ever; and as the commit under way would have it. */
  #sums = { messages: 0, bytes: 0 };
  #nextSums = this.#sums;
  /** The row that was read last, unpacked. */
  #read: { last: number; records: Records } | null = null;

  /** There is no database now. @param last Above all numbers that may be in it. */
  beginBlind(last: number) {
    this.#base =
      this.#done =
      this.#doneInCommits =
      this.last =
        last;
  }

  /** A database was opened. @throws {Error} If it has numbers that this run uses. */
  load(db: Database) {
    const newest = lastRow(db);
    const done = readMeta(db, "outSent") as number | null ?? 0;
    const known = readMeta(db, "outLast") as number | null ?? 0;
    const used = Math.max(done, known, newest?.last ?? 0);
    if (this.#base > 0 && used > this.last) {
      throw new Error("its outbox is ahead of that since the start: restart the gateway");
    }
    this.last = Math.max(this.last, used);
    this.#doneOnDisk = done;
    this.#doneInCommits = this.#base;
    this.#sums = { messages: newest?.messagesTo ?? 0, bytes: newest?.bytesTo ?? 0 };
    this.#read = null;
  }

  /** A run begins with a database, in a transaction: its numbers are not used again. */
  begin(db: Database) {
    if (this.last > 0) writeMeta(db, "outLast", this.last);
  }

  take(records: Records, at: number) {
    const n = records.n(at);
    if (n <= this.last) return;
    this.last = n;
    const record = records.bytes.subarray(at, at + records.length(at));
    this.#waiting.push({ n, time: records.outTime(at), record });
  }

  /** All up to this one is done. */
  sent(n: number) {
    this.#done = Math.max(this.#done, n);
  }

  /** Whether a commit has something to do. */
  get waits(): boolean {
    return this.isPerishable || this.#done > this.#doneInCommits;
  }

  /** Whether messages wait for a commit. */
  get isPerishable(): boolean {
    return this.#waiting.length > 0;
  }

  /** In a transaction. */
  write(db: Database) {
    if (this.#done > this.#doneInCommits) {
      db.run("DELETE FROM outbox WHERE last > ? AND last <= ?", this.#base, this.#done);
      if (this.#done > this.#doneOnDisk) writeMeta(db, "outSent", this.#done);
    }
    this.#nextSums = { ...this.#sums };
    let row: Waiting[] = [];
    let bytes = 0;
    for (const message of this.#waiting) {
      if (message.n <= this.#done) continue;
      if (bytes > 0 && bytes + message.record.length > ROW_BYTES) {
        this.#insert(db, row);
        row = [];
        bytes = 0;
      }
      row.push(message);
      bytes += message.record.length;
    }
    if (row.length > 0) this.#insert(db, row);
  }

  #insert(db: Database, row: Waiting[]) {
    const records = joinBytes(row.map(({ record }) => record));
    const bytes = records.length - row.length * OUT_HEAD;
    const sums = this.#nextSums;
    sums.messages += row.length;
    sums.bytes += bytes;
    const { packed, data } = packedOf(records);
    db.run(
      `INSERT INTO outbox (${COLUMNS}, packed, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      row[0]!.n,
      row.at(-1)!.n,
      row.length,
      bytes,
      sums.messages,
      sums.bytes,
      row[0]!.time,
      packed,
      data,
    );
  }

  /** All that waited is on disk. */
  done() {
    this.#waiting = [];
    this.#sums = this.#nextSums;
    this.#doneInCommits = this.#done;
    this.#doneOnDisk = Math.max(this.#doneOnDisk, this.#done);
  }

  /** Messages that waited are not stored. */
  discard() {
    this.#waiting = [];
  }

  /** What is on disk, and not done as far as commits know. @throws What SQLite says. */
  extent(db: Database | null): OutboxExtent {
    const oldest = db === null ? undefined : rowWith(db, this.#base + 1);
    const { last } = this;
    if (oldest === undefined) {
      return { first: last + 1, last, messages: 0, bytes: 0, oldestTime: null };
    }
    const newest = lastRow(db!)!;
    const first = Math.max(oldest.first, this.#doneIn(oldest) + 1);
    // Numbers of a row follow each other, but for those that were lost.
    const done = Math.min(oldest.messages - 1, first - oldest.first);
    const share = done / oldest.messages;
    return {
      first,
      last,
      messages: newest.messagesTo - oldest.messagesTo + oldest.messages - done,
      bytes: newest.bytesTo - oldest.bytesTo + Math.round(oldest.bytes * (1 - share)),
      oldestTime: oldest.oldest,
    };
  }

  /** Up to which number a row is done. One that is behind what is done and still there is not. */
  #doneIn({ first, last }: { first: number; last: number }): number {
    const onDisk = first <= this.#doneOnDisk && this.#doneOnDisk < last ? this.#doneOnDisk : 0;
    return Math.max(this.#done, onDisk);
  }

  /**
   * Messages from a number on as records, about `bytes` at most but at least one.
   *
   * @throws What SQLite says.
   */
  read(db: Database | null, from: number, bytes: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let length = 0;
    for (const part of this.#from(db, from)) {
      if (length > 0 && length + part.length > bytes) break;
      parts.push(part);
      length += part.length;
    }
    return parts.length === 1 ? parts[0]!.slice() : joinBytes(parts);
  }

  /** Records of messages from a number on. */
  *#from(db: Database | null, from: number): Generator<Uint8Array> {
    for (let next = from; db !== null;) {
      const row = rowWith(db, Math.max(next, this.#base + 1));
      if (row === undefined) break;
      const records = this.#recordsOf(db, row);
      const least = Math.max(from, this.#doneIn(row) + 1);
      for (let at = 0; at < records.bytes.length; at += records.length(at)) {
        if (records.n(at) < least) continue;
        yield records.bytes.subarray(at, at + records.length(at));
      }
      next = row.last + 1;
    }
    for (const { n, record } of this.#waiting) if (n >= from && n > this.#done) yield record;
  }

  #recordsOf(db: Database, { last }: OutRow): Records {
    if (this.#read?.last === last) return this.#read.records;
    const { packed, data } = db.get("SELECT packed, data FROM outbox WHERE last = ?", last)!;
    const records = new Records(unpackedOf(packed, data));
    this.#read = { last, records };
    return records;
  }
}

const COLUMNS = "first, last, messages, bytes, messagesTo, bytesTo, oldest";

/** The one that has a number, or the first behind it. */
function rowWith(db: Database, n: number): OutRow | undefined {
  const query = `SELECT ${COLUMNS} FROM outbox WHERE last >= ? ORDER BY last LIMIT 1`;
  return db.get(query, n) as OutRow | undefined;
}

function lastRow(db: Database): OutRow | undefined {
  return db.get(`SELECT ${COLUMNS} FROM outbox ORDER BY last DESC LIMIT 1`) as OutRow | undefined;
}
