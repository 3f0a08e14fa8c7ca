/**
 * What the store counts.
 *
 * @module
 */
import { Histogram } from "../histogram.ts";
import type { ChannelBook } from "./channel_book.ts";
import type { Database } from "./database.ts";
import type { Outbox } from "./outbox.ts";
import type { OutboxExtent, StoreCounters } from "./store_messages.ts";

/** Upper bounds of the buckets that commits are counted in, ms: from memory to a card that hangs. */
const BOUNDS_MS = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000];
/** Commits whose times are remembered. */
const REMEMBERED = 512;
/** Sizes and the oldest time are looked up so often at most, ms. */
const LOOKUP_MS = 5000;
/** Times are sorted so often at most, ms. */
const SORT_MS = 1000;

export class Counters {
  commits = 0;
  rows = 0;
  lost = 0;
  /** By databases that are closed now. */
  writtenBefore = 0;
  readonly #times: number[] = [];
  readonly #histogram = new Histogram(BOUNDS_MS);
  #sorted = -Infinity;
  #p50 = 0;
  #p99 = 0;
  #looked = -Infinity;
  #dbBytes = 0;
  #oldestTime: number | null = null;
  #outbox: Pick<OutboxExtent, "messages" | "bytes" | "oldestTime"> = {
    messages: 0,
    bytes: 0,
    oldestTime: null,
  };

  committed(rows: number, ms: number) {
    this.#times[this.commits++ % REMEMBERED] = ms;
    this.rows += rows;
    this.#histogram.observe(ms);
    if (performance.now() - this.#sorted < SORT_MS) return;
    this.#sorted = performance.now();
    const times = this.#times.toSorted((a, b) => a - b);
    const share = (part: number) => times[Math.floor((times.length - 1) * part)] ?? 0;
    this.#p50 = share(0.5);
    this.#p99 = share(0.99);
  }

  of(db: Database | null, book: ChannelBook, outbox: Outbox): StoreCounters {
    try {
      this.#look(db, book);
      this.#outbox = outbox.extent(db);
    } catch {
      // The next commit finds out what is wrong.
    }
    const { messages, bytes, oldestTime } = this.#outbox;
    return {
      commits: this.commits,
      rows: this.rows,
      lost: this.lost,
      bytesWritten: this.writtenBefore + (db?.written ?? 0),
      commitTimes: this.#histogram.read(),
      syncMsP50: this.#p50,
      syncMsP99: this.#p99,
      dbBytes: this.#dbBytes,
      oldestTime: this.#oldestTime,
      outboxMessages: messages,
      outboxBytes: bytes,
      outboxOldestTime: oldestTime,
    };
  }

  #look(db: Database | null, book: ChannelBook) {
    if (db === null || performance.now() - this.#looked < LOOKUP_MS) return;
    this.#looked = performance.now();
    this.#dbBytes = db.size;
    const { oldest } = db.get("SELECT min(oldest) AS oldest FROM chunk_index")!;
    let time = oldest as number | null ?? Infinity;
    for (const { tail } of book.names.values()) time = Math.min(time, tail.times[0] ?? Infinity);
    this.#oldestTime = time === Infinity ? null : time;
  }
}
