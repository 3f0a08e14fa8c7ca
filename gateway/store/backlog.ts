/**
 * What waits for the disk: gathers records, says when to commit them, and who waits for that.
 *
 * One commit is under way at a time; what comes meanwhile gathers for the next, so a slow disk makes
 * commits larger, not more. While somebody waits a commit does not gather for its full time where it
 * has gathered so much that writing it costs little per entry, or no more seems to come: publishers
 * that have as many messages under way as they may wait for it themselves.
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
  syncRows: number;
  /** That may wait at most. */
  bytes: number;
  send: (message: ToStoreWorker, transfer: Transferable[]) => void;
}

/** A commit that somebody waits for, of so many entries, begins when none has come for so long, ms. */
const PAUSE_ROWS = 16;
const PAUSE_MS = 2;

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
  /** Entries, and what they need to be understood: as it stands in the log. */
  readonly #batch = new RecordBatch();
  /** What is kept elsewhere. */
  readonly #others = new RecordBatch();
  /** Since the last commit began: rows and bytes that the Worker has already. */
  #shown = { rows: 0, bytes: 0 };
  /** Of the commit under way; `null`: there is none. */
  #underWay: UnderWay | null = null;
  #waiters: Waiters | null = null;
  /** Some of them stand still till then. */
  #hurried = false;
  readonly #leftOut = new Map<number, LeftOut>();
  /** Entries were left out since the last commit began. */
  #lossy = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When it fires, ms of the monotonic clock. */
  #due = Infinity;
  /** Whether it is being found out if more comes. */
  #looking = false;
  /** Resolves when nothing waits any more, and nothing is taken. */
  #drained: PromiseWithResolvers<void> | null = null;
  #ended = false;

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  get bytes(): number {
    const gathered = this.#batch.length + this.#others.length;
    return gathered + this.#shown.bytes + (this.#underWay?.bytes ?? 0);
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
    if (this.#gathered >= this.#options.commitRows) this.#commitSoon(0);
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
    this.#takeInto(this.#batch, write);
  }

  /** Takes a record that does not belong into the log; those are never left out either. */
  other(write: (batch: RecordBatch) => void) {
    this.#takeInto(this.#others, write);
  }

  #takeInto(batch: RecordBatch, write: (batch: RecordBatch) => void) {
    if (this.#drained !== null) return;
    write(batch);
    this.#commitSoon(this.#options.lazyMs);
  }

  /** Takes an outbox message, left out like an entry while too much waits. */
  send(n: number, time: number, data: Uint8Array) {
    if (this.bytes <= this.#options.bytes) return this.other((batch) => batch.out(n, time, data));
    this.#lossy = true;
    this.#commitSoon(this.#options.lazyMs);
  }

  /** Resolves when all so far is on disk, `false`: not all of it. @param hurry Someone stands still till then */
  synced(hurry = true): Promise<boolean> {
    if (this.failing || this.#ended) return Promise.resolve(false);
    if (this.#isEmpty) return this.#underWay?.waiters?.promise ?? this.#joinUnderWay();
    const { promise } = this.#waiters ??= Promise.withResolvers();
    this.#commitSoon(hurry ? this.#options.syncMs : this.#options.lazyMs);
    if (hurry) {
      this.#hurried = true;
      this.#considerCommit();
    }
    return promise;
  }

  /** Entries for the next commit. */
  get #gathered(): number {
    return this.#batch.rows + this.#shown.rows;
  }

  #considerCommit() {
    if (!this.#hurried) return;
    const rows = this.#gathered;
    if (rows >= this.#options.syncRows) return this.#commitSoon(0);
    if (rows < PAUSE_ROWS || this.#looking || this.#underWay !== null) return;
    this.#looking = true;
    setTimeout(() => {
      this.#looking = false;
      if (this.#hurried && rows === this.#gathered) this.#commit();
      else this.#considerCommit();
    }, PAUSE_MS);
  }

  #joinUnderWay(): Promise<boolean> {
    if (this.#underWay === null) return Promise.resolve(true);
    this.#underWay.waiters = Promise.withResolvers();
    return this.#underWay.waiters.promise;
  }

  get #isEmpty(): boolean {
    const gathered = this.#batch.length + this.#others.length + this.#shown.bytes;
    return gathered === 0 && !this.#lossy;
  }

  #commitSoon(ms: number) {
    const due = performance.now() + ms;
    if (due >= this.#due) return;
    this.#due = due;
    clearTimeout(this.#timer);
    // What comes in the same turn belongs to it, also by promises.
    if (ms === 0) return void setImmediate(() => this.#commit());
    this.#timer = setTimeout(() => this.#commit(), ms);
  }

  /** Hands out what has gathered, so that questions see it; the commit is still to come. */
  show() {
    if (this.#ended) return;
    for (const batch of [this.#batch, this.#others]) {
      if (batch.length === 0) continue;
      this.#shown.rows += batch.rows;
      this.#shown.bytes += batch.length;
      const bytes = batch.take();
      this.#options.send({ type: "records", bytes }, [bytes.buffer]);
    }
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
    this.#hurried = false;
    this.#options.send({ type: "commit" }, []);
  }

  /** The commit under way has ended. */
  committed(stored: boolean) {
    const underWay = this.#underWay;
    this.#underWay = null;
    underWay?.waiters?.resolve(stored && !underWay.lossy);
    if (this.#due <= performance.now()) this.#commit();
    else this.#considerCommit();
    if (this.#underWay === null && this.#due === Infinity) this.#drained?.resolve();
  }

  /** Takes nothing more. Resolves when all that was taken is on disk, or will not be. */
  drain(): Promise<void> {
    if (this.#drained === null) {
      this.#drained = Promise.withResolvers();
      if (this.#ended) this.#drained.resolve();
      else if (!this.#isEmpty) this.#commitSoon(0);
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
