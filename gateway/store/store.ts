/**
 * The history on disk, as the gateway's thread sees it: entries go to a Worker as bytes, and
 * nothing here waits for the disk.
 *
 * @module
 */
import { workerBegins } from "../clock.ts";
import { Backlog } from "./backlog.ts";
import { DayOfBytes } from "./day_of_bytes.ts";
import { Questions } from "./questions.ts";
import type {
  FromStoreWorker,
  Keep,
  Opened,
  RangeAnswer,
  SeriesAnswer,
  StoreCounters,
  StoredChannel,
  StoredEntry,
  StoreState,
  StoreTuning,
  ToStoreWorker,
} from "./store_messages.ts";

export interface StoreOptions {
  /** Folder; the database is `history.db` in it. Made if missing. */
  dataDir: string;
  /** A commit takes what gathered for so long while a publisher waits for it, ms. @default 25 */
  syncMs?: number;
  /** And while nobody waits, ms. @default 1000 */
  lazyMs?: number;
  /** Entries after which a commit does not wait longer. @default 5000 */
  commitRows?: number;
  /** Kept per channel. */
  keep: Keep;
  /**
   * Bytes that may wait for the disk in memory; entries beyond are left out of the history, as a
   * named gap. @default 64 MiB
   */
  backlogBytes?: number;
  /** Called when the state changes; what it is at first, {@linkcode Store.state} says. */
  onState: (state: StoreState) => void;
  log: (line: string) => void;
  /** For tests. */
  tuning?: StoreTuning;
}

export interface StoreStats extends StoreCounters {
  /** Bytes written in the last 24 hours, in steps of an hour. */
  bytesToday: number;
  /** What waits for the disk, in memory. */
  backlogBytes: number;
  backlogRows: number;
}

const SYNC_MS = 25;
const LAZY_MS = 1000;
const COMMIT_ROWS = 5000;
const BACKLOG_BYTES = 64 << 20;

/** Ends with `close()`. */
export class Store {
  /** Names the log that every number belongs to. */
  readonly epoch: string;
  /** What was known when the store was opened, to make rooms of. */
  readonly channels: StoredChannel[];
  readonly #options: StoreOptions;
  readonly #worker: Worker;
  readonly #backlog: Backlog;
  readonly #questions: Questions;
  readonly #channels = new Map<string, { handle: number; topics: Map<string, number> }>();
  readonly #names = new Map<number, string>();
  readonly #day = new DayOfBytes();
  #nextHandle: number;
  #startSeq: number;
  #state: StoreState;
  #counters: StoreCounters;
  readonly #closed = Promise.withResolvers<void>();
  readonly #workerEnded: () => void;
  /** Channels that were known when the store was opened and are not removed, and their newest number then. */
  readonly #reached = new Map<string, number>();
  /** Removed channels and the newest number of each, until that is on disk. */
  readonly #removed = new Map<string, number>();

  /**
   * Resolves when the database is open, or is known not to be: then the state is `failing`, there
   * are no channels, and the epoch is a new one.
   */
  static open(options: StoreOptions): Promise<Store> {
    const { promise, resolve, reject } = Promise.withResolvers<Store>();
    const script = new URL("./store_worker.ts", import.meta.url);
    const worker = new Worker(script, { type: "module", name: "store" });
    const ended = workerBegins();
    worker.onerror = (event) => {
      event.preventDefault();
      ended();
      reject(new Error(`store: the Worker failed: ${event.message}`));
    };
    worker.onmessage = ({ data }: MessageEvent<FromStoreWorker>) => {
      if (data.type === "log") options.log(data.line);
      if (data.type !== "opened") return;
      resolve(new Store(options, worker, ended, data));
    };
    const { dataDir, keep, tuning = {} } = options;
    const setting = { dataDir, keep, tuning };
    worker.postMessage({ type: "open", setting } satisfies ToStoreWorker);
    return promise;
  }

  private constructor(
    options: StoreOptions,
    worker: Worker,
    workerEnded: () => void,
    { opened, state, counters }: FromStoreWorker & { type: "opened" },
  ) {
    this.#options = options;
    this.#worker = worker;
    this.#workerEnded = workerEnded;
    this.epoch = opened.epoch;
    this.channels = opened.channels;
    this.#nextHandle = opened.nextHandle;
    this.#startSeq = opened.startSeq;
    this.#state = state;
    this.#counters = counters;
    this.#know(opened);
    for (const { name, seq } of opened.channels) this.#reached.set(name, seq);
    this.#backlog = new Backlog({
      syncMs: options.syncMs ?? SYNC_MS,
      lazyMs: options.lazyMs ?? LAZY_MS,
      commitRows: options.commitRows ?? COMMIT_ROWS,
      bytes: options.backlogBytes ?? BACKLOG_BYTES,
      send: (message, transfer) => worker.postMessage(message, transfer),
    });
    this.#backlog.failing = state.state !== "ok";
    this.#questions = new Questions((number, question) => {
      this.#backlog.show();
      worker.postMessage({ type: "ask", number, question } satisfies ToStoreWorker);
    });
    worker.onmessage = ({ data }: MessageEvent<FromStoreWorker>) => this.#take(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#end(`the store's Worker failed: ${event.message}: restart the gateway`);
    };
  }

  #know({ handles }: Opened) {
    for (const { channel, handle, topics } of handles) {
      this.#channels.set(channel, { handle, topics: new Map(topics) });
      this.#names.set(handle, channel);
    }
  }

  get state(): StoreState {
    return this.#state;
  }

  /** The number behind which a room of this name begins: one made again, a new one, or one removed before. */
  startOf(name: string): number {
    return this.#reached.get(name) ?? Math.max(this.#startSeq, this.#removed.get(name) ?? 0);
  }

  /**
   * Handle of a channel, known until it is removed.
   *
   * @param start Of one that is new, the number behind which its entries begin: what
   *   {@linkcode startOf} said when the room was made.
   */
  channel(name: string, start = this.startOf(name)): number {
    const known = this.#channels.get(name);
    if (known !== undefined) return known.handle;
    const handle = this.#nextHandle++;
    this.#channels.set(name, { handle, topics: new Map() });
    this.#names.set(handle, name);
    this.#backlog.change((batch) => batch.channel(handle, start, name));
    return handle;
  }

  /** Handle of a topic, known until its channel is removed. */
  topic(channel: number, topic: string): number {
    const { topics } = this.#channels.get(this.#names.get(channel)!)!;
    let handle = topics.get(topic);
    if (handle === undefined) {
      const number = handle = this.#nextHandle++;
      topics.set(topic, number);
      this.#backlog.change((batch) => batch.topic(number, channel, topic));
    }
    return handle;
  }

  /**
   * Takes an entry; numbers of a channel have to go up.
   *
   * @param topic Handle; -1: an event.
   * @param time Unix milliseconds.
   * @param json, id, node As in {@linkcode StoredEntry}.
   */
  append(
    channel: number,
    topic: number,
    seq: number,
    time: number,
    json: string,
    id: string,
    node: string,
  ) {
    this.#backlog.append(channel, topic, seq, time, json, id, node);
  }

  /**
   * Resolves when all that was appended before is on disk, synced; with `false` when some of it is
   * not, and at once while the state is `failing`: then it may be stored or not. Who asks before the
   * same commit gets the same promise.
   */
  synced(): Promise<boolean> {
    return this.#backlog.synced();
  }

  /**
   * Entries with `from` <= `seq` <= `to`, oldest first.
   *
   * @param limit Entries at most. Large ones may be fewer than that, but at least one: who needs
   *   more asks from behind the last.
   */
  range(channel: string, from: number, to: number, limit: number): Promise<RangeAnswer> {
    return this.#questions.ask({ kind: "range", channel, from, to, limit });
  }

  /**
   * A span of time for a plot.
   *
   * @param since, until Unix milliseconds, both inclusive.
   * @param points Wanted per topic, about.
   */
  series(channel: string, since: number, until: number, points: number): Promise<SeriesAnswer> {
    return this.#questions.ask({ kind: "series", channel, since, until, points });
  }

  /** All entries of a span of time in the order of their numbers, a part at a time. */
  async *rows(channel: string, since: number, until: number): AsyncGenerator<StoredEntry[]> {
    for (let from: number | null = 0; from !== null;) {
      const answer: { entries: StoredEntry[]; next: number | null } = await this.#questions.ask({
        kind: "rows",
        channel,
        since,
        until,
        from,
      });
      if (answer.entries.length > 0) yield answer.entries;
      from = answer.next;
    }
  }

  /** Forgets a channel and its entries. @param seq The newest number that it has used */
  removeChannel(name: string, seq: number) {
    const known = this.#channels.get(name);
    if (known === undefined) return;
    this.#channels.delete(name);
    this.#names.delete(known.handle);
    this.#reached.delete(name);
    this.#removed.set(name, seq);
    this.#backlog.change((batch) => batch.remove(known.handle, seq));
  }

  stats(): StoreStats {
    const { bytes, rows } = this.#backlog;
    const bytesToday = this.#day.of(this.#counters.bytesWritten);
    return { ...this.#counters, bytesToday, backlogBytes: bytes, backlogRows: rows };
  }

  #take(message: FromStoreWorker) {
    switch (message.type) {
      case "committed":
        this.#counters = message.counters;
        this.#day.of(message.counters.bytesWritten);
        this.#started(message.startSeq);
        this.#backlog.committed(message.stored);
        break;
      case "state":
        this.#setState(message.state);
        break;
      case "log":
        this.#options.log(message.line);
        break;
      case "answer":
        this.#questions.answer(message.number, message.answer);
        break;
      case "failed":
        this.#questions.fail(message.number, message.reason);
        break;
      case "closed":
        this.#end(null);
    }
  }

  /** New channels begin behind this number now. */
  #started(seq: number) {
    this.#startSeq = seq;
    for (const [name, newest] of this.#removed) if (newest <= seq) this.#removed.delete(name);
  }

  #setState(state: StoreState) {
    this.#state = state;
    this.#backlog.failing = state.state !== "ok";
    this.#options.onState(state);
  }

  /** Stores what was appended, if the disk takes it, and ends the Worker. */
  async close(): Promise<void> {
    await this.#backlog.drain();
    if (this.#state.state !== "off") {
      this.#worker.postMessage({ type: "close" } satisfies ToStoreWorker);
    }
    await this.#closed.promise;
  }

  /** @param failure Why the Worker ended without being asked; it is gone for good. */
  #end(failure: string | null) {
    this.#worker.terminate();
    this.#workerEnded();
    this.#backlog.end();
    this.#questions.end(failure ?? "the store is closed");
    if (failure !== null) this.#options.log(`store: ${failure}`);
    this.#setState({ state: "off", ...(failure === null ? {} : { reason: failure }) });
    this.#closed.resolve();
  }
}
