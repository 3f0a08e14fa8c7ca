/**
 * The store's engine without its Worker: everything happens when a test says so.
 *
 * @module
 */
import { RecordBatch } from "../../gateway/store/record_batch.ts";
import { StoreEngine } from "../../gateway/store/store_engine.ts";
import type { Opened, RangeAnswer, StoreState } from "../../gateway/store/store_messages.ts";
import { KEEP_ALL, type StoreFolder } from "./store_fixture.ts";

/** The only channel; it has one topic. */
export const room = "devices/desk";

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
