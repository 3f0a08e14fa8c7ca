/**
 * What waits for the disk: gathers records, says when to commit them, and who waits for that.
 *
 * One commit is under way at a time; what comes meanwhile gathers for the next, so a slow disk makes
 * commits larger, not more.
 *
 * @module
 */
import { RecordBatch } from "./record_batch.ts";
import type { ToStoreWorker } from "./store_messages.ts";

export interface BacklogOptions {
  /** As in `StoreOptions`. */
  syncMs: number;
  lazyMs: number;
  commitRows: number;
  /** That may wait at most. */
  bytes: number;
  send: (message: ToStoreWorker, transfer: Transferable[]) => void;
}

/** Numbers of a channel that were left out, both inclusive. */
interface LeftOut {
  from: number;
  to: number;
}

/** Those who wait for a commit. */
type Waiters = PromiseWithResolvers<boolean>;

interface UnderWay {
  rows: number;
  bytes: number;
  waiters: Waiters | null;
  /** Entries were left out before it. */
  lossy: boolean;
}

export class Backlog {
  /** Nothing is stored now: nobody has to wait. */
  failing = false;
  readonly #options: BacklogOptions;
  readonly #batch = new RecordBatch();
  /** Since the last commit began: rows and bytes that the Worker has already. */
  #shown = { rows: 0, bytes: 0 };
  /** Of the commit under way; `null`: there is none. */
  #underWay: UnderWay | null = null;
  #waiters: Waiters | null = null;
  readonly #leftOut = new Map<number, LeftOut>();
  /** Entries were left out since the last commit began. */
  #lossy = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When it fires, ms of the monotonic clock. */
  #due = Infinity;
  /** Resolves when nothing waits any more, and nothing is taken. */
  #drained: PromiseWithResolvers<void> | null = null;
  #ended = false;

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#batch.length + this.#shown.bytes + (this.#underWay?.bytes ?? 0);
  }

  get rows(): number {
    return this.#batch.rows + this.#shown.rows + (this.#underWay?.rows ?? 0);
  }

  append(
    channel: number,
    topic: number,
    seq: number,
    time: number,
    json: string,
    id: string,
    node: string,
  ) {
    if (this.#drained !== null) return;
    if (this.bytes > this.#options.bytes) return this.#leaveOut(channel, seq);
    if (this.#leftOut.size > 0) this.#tellLeftOut();
    this.#batch.entry(channel, topic, seq, time, json, id, node);
    if (this.#batch.rows + this.#shown.rows >= this.#options.commitRows) this.#commitSoon(0);
    else if (this.#due === Infinity) this.#commitSoon(this.#options.lazyMs);
  }

  #leaveOut(channel: number, seq: number) {
    this.#lossy = true;
    const range = this.#leftOut.get(channel);
    if (range === undefined) this.#leftOut.set(channel, { from: seq, to: seq });
    else range.to = seq;
    this.#commitSoon(this.#options.lazyMs);
  }

  #tellLeftOut() {
    for (const [channel, { from, to }] of this.#leftOut) {
      this.#batch.gap(channel, from, to, "backlog");
    }
    this.#leftOut.clear();
  }

  /** Takes a record that is no entry: those are never left out. */
  change(write: (batch: RecordBatch) => void) {
    write(this.#batch);
    this.#commitSoon(this.#options.lazyMs);
  }

  /** Resolves when all so far is on disk, `false`: not all of it. */
  synced(): Promise<boolean> {
    if (this.failing || this.#ended) return Promise.resolve(false);
    if (this.#isEmpty) return this.#underWay?.waiters?.promise ?? this.#joinUnderWay();
    const { promise } = this.#waiters ??= Promise.withResolvers();
    this.#commitSoon(this.#options.syncMs);
    return promise;
  }

  #joinUnderWay(): Promise<boolean> {
    if (this.#underWay === null) return Promise.resolve(true);
    this.#underWay.waiters = Promise.withResolvers();
    return this.#underWay.waiters.promise;
  }

  get #isEmpty(): boolean {
    return this.#batch.length === 0 && this.#shown.bytes === 0 && !this.#lossy;
  }

  #commitSoon(ms: number) {
    const due = performance.now() + ms;
    if (due >= this.#due) return;
    this.#due = due;
    clearTimeout(this.#timer);
    if (ms === 0) return this.#commit();
    this.#timer = setTimeout(() => this.#commit(), ms);
  }

  /** Hands out what has gathered, so that questions see it; the commit is still to come. */
  show() {
    if (this.#batch.length === 0 || this.#ended) return;
    this.#shown.rows += this.#batch.rows;
    this.#shown.bytes += this.#batch.length;
    const bytes = this.#batch.take();
    this.#options.send({ type: "records", bytes }, [bytes.buffer]);
  }

  #commit() {
    // It begins when the one under way ends.
    if (this.#underWay !== null || this.#ended) return;
    clearTimeout(this.#timer);
    this.#due = Infinity;
    if (this.#leftOut.size > 0 && this.bytes <= this.#options.bytes) this.#tellLeftOut();
    this.show();
    this.#underWay = { ...this.#shown, waiters: this.#waiters, lossy: this.#lossy };
    this.#shown = { rows: 0, bytes: 0 };
    this.#lossy = false;
    this.#waiters = null;
    this.#options.send({ type: "commit" }, []);
  }

  /** The commit under way has ended. */
  committed(stored: boolean) {
    const underWay = this.#underWay;
    this.#underWay = null;
    underWay?.waiters?.resolve(stored && !underWay.lossy);
    if (this.#due <= performance.now()) this.#commit();
    else if (this.#due === Infinity) this.#drained?.resolve();
  }

  /** Takes nothing more. Resolves when all that was taken is on disk, or will not be. */
  drain(): Promise<void> {
    if (this.#drained === null) {
      this.#drained = Promise.withResolvers();
      if (!this.#isEmpty) this.#commitSoon(0);
      else if (this.#underWay === null) this.#drained.resolve();
    }
    return this.#drained.promise;
  }

  end() {
    clearTimeout(this.#timer);
    this.#ended = true;
    this.#underWay?.waiters?.resolve(false);
    this.#waiters?.resolve(false);
    this.#drained?.resolve();
    this.#underWay = null;
    this.#waiters = null;
  }
}
