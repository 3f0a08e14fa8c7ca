/**
 * The store's engine without its Worker: everything happens when a test says so.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Database } from "../../gateway/store/database.ts";
import { outboxMessages, RecordBatch } from "../../gateway/store/record_batch.ts";
import { StoreEngine } from "../../gateway/store/store_engine.ts";
import type {
  EntriesAnswer,
  Opened,
  OutboxAnswer,
  RangeAnswer,
  StoreState,
} from "../../gateway/store/store_messages.ts";
import { KEEP_ALL, type StoreFolder } from "./store_fixture.ts";

/** The only channel; it has one topic. */
export const room = "devices/desk";

/** The disk fails from now on until it is disposed of. @param when Transactions end before that, or behind it. */
export function failingDisk(
  when: "before" | "behind",
  message = "disk I/O error",
): Disposable {
  const transaction = Database.prototype.transaction;
  Database.prototype.transaction = function <T>(this: Database, work: () => T): T {
    if (when === "behind") transaction.call(this, work);
    throw new Error(message);
  };
  return { [Symbol.dispose]: () => void (Database.prototype.transaction = transaction) };
}

/** An engine in this thread, fed as a Worker's is. */
export class EngineRun {
  readonly states: StoreState[] = [];
  readonly engine: StoreEngine;
  readonly opened: Opened;
  readonly #batch = new RecordBatch();
  seq: number;

  constructor(folder: StoreFolder) {
    const tuning = { retryMs: 0, sealBytes: 500, rollValues: 20 };
    this.engine = new StoreEngine({ dataDir: folder.dir, keep: KEEP_ALL, tuning }, {
      state: (state) => this.states.push(state),
      log: () => {},
    });
    this.opened = this.engine.open();
    this.seq = this.opened.channels[0]?.seq ?? this.opened.startSeq;
    if (this.opened.channels.length > 0) return;
    this.#batch.channel(1, this.seq, room);
    this.#batch.topic(2, 1, `${room}/a`);
  }

  /** Takes some entries in. */
  take(rows: number) {
    for (let i = 0; i < rows; i++) {
      this.#batch.entry(1, 2, ++this.seq, 1000 * this.seq, `${this.seq}`, "", "");
    }
    this.engine.take(this.#batch.take());
  }

  /** Takes some entries in and commits them. */
  store(rows: number): boolean {
    this.take(rows);
    return this.engine.commit();
  }

  /** Removes the channel and commits that. */
  remove() {
    this.#batch.remove(1, this.seq);
    this.engine.take(this.#batch.take());
    this.engine.commit();
  }

  maintain() {
    while (this.engine.maintain());
  }

  /** Takes outbox messages in; each holds its number. */
  send(from: number, to: number) {
    for (let n = from; n <= to; n++) this.#batch.out(n, n, new Uint8Array([n]));
    this.engine.take(this.#batch.take());
  }

  sent(n: number) {
    this.#batch.sent(n);
    this.engine.take(this.#batch.take());
  }

  /** Numbers of the outbox's messages from one on. */
  outbox(from: number): number[] {
    const { bytes } = this.engine.ask({ kind: "outbox", from, bytes: 1e6 }) as OutboxAnswer;
    const messages = outboxMessages(bytes);
    for (const { n, time, data } of messages) assert.deepEqual([time, [...data]], [n, [n]]);
    return messages.map(({ n }) => n);
  }

  /** Takes a value of the space "s" in. */
  put(key: string, value: string | null) {
    this.#batch.put("s", key, value === null ? null : new TextEncoder().encode(value));
    this.engine.take(this.#batch.take());
  }

  /** All of that space. */
  values(): Record<string, string> {
    const found: Record<string, string> = {};
    for (let from: Uint8Array | null = null;;) {
      const { entries, next } = this.engine.ask({
        kind: "entries",
        space: "s",
        from,
      }) as EntriesAnswer;
      for (const [key, value] of entries) found[key] = new TextDecoder().decode(value);
      if (next === null) return found;
      from = next;
    }
  }

  range(from: number, to: number): RangeAnswer {
    const question = { kind: "range", channel: room, from, to, limit: 10_000 } as const;
    return this.engine.ask(question) as RangeAnswer;
  }

  /** Extremes of all values. */
  extremes(): [number, number] {
    const question = { kind: "series", channel: room, since: 0, until: 1e15, points: 2 } as const;
    const { series } = this.engine.ask(question) as { series: { points: [number, number][] }[] };
    const values = series[0]!.points.map(([, value]) => value);
    return [Math.min(...values), Math.max(...values)];
  }
}
