/**
 * The store's Worker without the messages: takes records, commits them, answers questions, and goes
 * on when the disk does not.
 *
 * @module
 */
import { AgeClock } from "./age_clock.ts";
import { answerTo } from "./answers.ts";
import { ChannelBook } from "./channel_book.ts";
import { commit } from "./commit.ts";
import { Counters } from "./counters.ts";
import type { Database } from "./database.ts";
import { reasonOf, troubleOf } from "./disk_errors.ts";
import { Intake } from "./intake.ts";
import { Maintenance } from "./maintenance.ts";
import { Outbox } from "./outbox.ts";
import { replayLog, replayRollups } from "./replay.ts";
import { beginRun, endRun, readMeta, writeMeta } from "./reservation.ts";
import { Rollups } from "./rollups.ts";
import { moveAside, openFile, pathIn } from "./store_file.ts";
import type {
  Answers,
  Opened,
  Question,
  StoreCounters,
  StoreSetting,
  StoreState,
} from "./store_messages.ts";

/** Waits between tries while the disk takes nothing, ms: doubled each time. */
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;
/** A disk that has taken everything for so long is well again, ms: one that is full takes a little now and then. */
const STABLE_MS = 60_000;

/** Of handles that are made while the database is not known, so that they are above those in it, Unix seconds. */
const HANDLE_ORIGIN = 1_700_000_000;

export interface EngineListener {
  state(state: StoreState): void;
  log(line: string): void;
}

export class StoreEngine {
  readonly #setting: StoreSetting;
  readonly #path: string;
  readonly #listener: EngineListener;
  readonly #outbox = new Outbox();
  readonly #intake = new Intake(this.#outbox);
  readonly #rollups = new Rollups();
  readonly #counters = new Counters();
  readonly #maintenance: Maintenance;
  /** Tells the database of this run from that of another. */
  readonly #run = randomName();
  #db: Database | null = null;
  #book = new ChannelBook();
  /** What clients are told. */
  #epoch = "";
  #startSeq = 0;
  /** There was a database in this run. */
  #had = false;
  #state: StoreState = { state: "ok" };
  /** Said until the end: history was lost. */
  #damage: string | null = null;
  readonly #firstRetryMs: number;
  #retryMs: number;
  #retryAt = 0;
  #failedAt = -Infinity;

  constructor(setting: StoreSetting, listener: EngineListener) {
    this.#setting = setting;
    this.#path = pathIn(setting.dataDir);
    this.#listener = listener;
    this.#retryMs = this.#firstRetryMs = setting.tuning?.retryMs ?? FIRST_RETRY_MS;
    this.#maintenance = new Maintenance(setting, this.#rollups);
  }

  get state(): StoreState {
    return this.#state;
  }

  get startSeq(): number {
    return this.#startSeq;
  }

  get counters(): StoreCounters {
    return this.#counters.of(this.#db, this.#book, this.#outbox);
  }

  open(): Opened {
    try {
      this.#openDatabase();
      this.#setState(this.#okState());
    } catch (error) {
      this.#epoch = randomName();
      // Above all numbers and handles that may be in the database, should it open later.
      this.#startSeq = Date.now();
      this.#outbox.beginBlind(Date.now() * 1000);
      this.#book.highest = Math.max(0, Math.floor(Date.now() / 1000) - HANDLE_ORIGIN);
      this.#fail(error);
    }
    const outbox = this.#outbox.extent(this.#db);
    return { ...this.#book.opened(this.#epoch, this.#startSeq), outbox };
  }

  #openDatabase() {
    const { db, damage } = openFile(this.#setting, (db) => this.#load(db));
    this.#db = db;
    this.#had = true;
    if (damage !== null) this.#sayDamage(damage);
  }

  /** Makes what is in memory fit a database that was opened; throws without a change. */
  #load(db: Database) {
    const book = new ChannelBook();
    book.load(db);
    const log = replayLog(db, book);
    this.#rollups.clear();
    replayRollups(db, book, this.#rollups);
    this.#outbox.load(db);
    if (readMeta(db, "run") !== this.#run) this.#begin(db, book);
    this.#maintenance.begin(log, new AgeClock({ before: readMeta(db, "wall") as number | null }));
    this.#intake.reattach(this.#book, book);
    this.#book = book;
  }

  #begin(db: Database, book: ChannelBook) {
    const used = Math.max(0, ...[...book.names.values()].map(({ reserved }) => reserved));
    if (this.#epoch !== "" && this.#startSeq < used) {
      throw new Error("its numbers are above those given out since the start: restart the gateway");
    }
    const known = readMeta(db, "epoch") as string | null;
    const epoch = this.#epoch === ""
      ? known ?? randomName()
      : this.#had
      ? randomName()
      : this.#epoch;
    const newest = [...this.#book.names.values()].map((channel) => channel.newest);
    const start = db.transaction(() => {
      writeMeta(db, "epoch", epoch);
      writeMeta(db, "run", this.#run);
      this.#outbox.begin(db);
      return beginRun(db, book, Math.max(this.#startSeq, ...newest));
    });
    if (this.#epoch === "") this.#epoch = epoch;
    this.#startSeq = start;
  }

  take(bytes: Uint8Array) {
    this.#intake.take(this.#book, bytes);
  }

  /** @returns whether what waited is on disk; what is not now will not be */
  commit(): boolean {
    if (!this.#intake.waits) return this.#state.state === "ok";
    if (this.#state.state === "failing" && performance.now() < this.#retryAt) {
      this.#discard();
      return false;
    }
    try {
      const kept = this.#state.state !== "failing" || this.#recover();
      this.#commit();
      return kept;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #commit() {
    const begun = performance.now();
    const { rows } = this.#intake;
    const removed = this.#intake.changes.filter(({ kind }) => kind === "remove");
    sleep(this.#setting.tuning?.commitMs ?? 0);
    this.#maintenance.committed(commit(this.#db!, this.#book, this.#intake));
    for (const { channel } of removed) {
      if (typeof channel === "object") this.#startSeq = Math.max(this.#startSeq, channel.newest);
    }
    if (removed.length > 0) this.#maintenance.removed = true;
    this.#counters.committed(rows, performance.now() - begun);
    if (performance.now() - this.#failedAt > STABLE_MS) this.#retryMs = this.#firstRetryMs;
    this.#setState(this.#okState());
  }

  /**
   * After anything but a full disk what is in memory may not be what is on disk: it is read anew.
   *
   * @returns whether entries that wait still do
   */
  #recover(): boolean {
    if (this.#db !== null && this.#state.reason?.startsWith("the disk is full")) return true;
    const kept = !this.#intake.isPerishable;
    this.#discard();
    this.#closeDatabase();
    this.#openDatabase();
    return kept;
  }

  #discard() {
    this.#counters.lost += this.#intake.discard();
    this.#intake.values.prune(this.#db);
  }

  #fail(error: unknown) {
    this.#discard();
    if (troubleOf(error) === "damaged") {
      try {
        return this.#beginAnew(error);
      } catch (again) {
        error = again;
      }
    }
    this.#failedAt = performance.now();
    this.#retryAt = this.#failedAt + this.#retryMs;
    this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2);
    this.#setState({ state: "failing", reason: reasonOf(error, this.#path) });
  }

  #beginAnew(error: unknown) {
    this.#closeDatabase();
    this.#sayDamage(moveAside(this.#path, error));
    this.#openDatabase();
    this.#commit();
  }

  #closeDatabase() {
    const db = this.#db;
    if (db === null) return;
    this.#db = null;
    this.#counters.writtenBefore += db.written;
    try {
      db.close();
    } catch {
      // It is not used any more.
    }
  }

  #sayDamage(damage: string) {
    this.#damage = damage;
    this.#listener.log(`store: ${damage}`);
  }

  #okState(): StoreState {
    return this.#damage === null ? { state: "ok" } : { state: "ok", reason: this.#damage };
  }

  #setState(state: StoreState) {
    if (state.state === this.#state.state && state.reason === this.#state.reason) return;
    if (state.state === "failing") this.#listener.log(`store: ${state.reason}`);
    else if (this.#state.state === "failing") this.#listener.log("store: history is stored again");
    this.#state = state;
    this.#listener.state(state);
  }

  /** Does a little of what is to be done beside commits. @returns whether there is more */
  maintain(): boolean {
    if (this.#state.state === "failing") {
      if (performance.now() >= this.#retryAt) this.#retry();
      return false;
    }
    if (this.#db === null) return false;
    try {
      return this.#maintenance.step(this.#db, this.#book);
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #retry() {
    try {
      this.#recover();
      this.#commit();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @throws What SQLite says. */
  ask(question: Question): Answers[keyof Answers] {
    try {
      return answerTo(question, this.#db, this.#book, this.#rollups, this.#intake);
    } catch (error) {
      if (troubleOf(error) === "damaged") this.#fail(error);
      throw error;
    }
  }

  /** Ends the run: what waited is on disk, if the disk takes it. */
  close() {
    this.commit();
    const db = this.#db;
    try {
      if (db !== null && this.#state.state === "ok") {
        this.#maintenance.end(db, this.#book);
        db.transaction(() => endRun(db, this.#book));
      }
    } catch (error) {
      this.#listener.log(`store: ${reasonOf(error, this.#path)}`);
    }
    this.#closeDatabase();
  }
}

/** As a disk does that is slow. */
function sleep(ms: number) {
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** 12 characters. */
function randomName(): string {
  return crypto.getRandomValues(new Uint8Array(9)).toBase64({ alphabet: "base64url" });
}
