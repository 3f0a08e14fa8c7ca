/**
 * The history on disk, as the gateway's thread sees it: entries go to a Worker as bytes, and
 * nothing here waits for the disk.
 *
 * @module
 */
import { workerBegins } from "../clock.ts";
import { Backlog } from "./backlog.ts";
import { DayOfBytes } from "./day_of_bytes.ts";
import { Handles } from "./handles.ts";
import { Questions } from "./questions.ts";
import { outboxMessages } from "./record_batch.ts";
import type {
  EntriesAnswer,
  FromStoreWorker,
  OutboxExtent,
  OutboxMessage,
  RangeAnswer,
  SeriesAnswer,
  StoreCounters,
  StoredChannel,
  StoredEntry,
  StoreState,
  ToStoreWorker,
} from "./store_messages.ts";
import { backlogOptions, type StoreOptions, type StoreStats } from "./store_options.ts";

const CLOSE_MS = 10_000;

/** Ends with `close()`. */
export class Store {
  /** Names the log that every number belongs to. */
  readonly epoch: string;
  /** What was known when the store was opened, to make rooms of. */
  readonly channels: StoredChannel[];
  /** The outbox when the store was opened. */
  readonly outboxAtOpen: OutboxExtent;
  readonly #options: StoreOptions;
  readonly #worker: Worker;
  readonly #backlog: Backlog;
  readonly #questions: Questions;
  readonly #handles: Handles;
  readonly #day = new DayOfBytes();
  #state: StoreState;
  #counters: StoreCounters;
  readonly #closed = Promise.withResolvers<void>();
  readonly #workerEnded: () => void;

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
    this.outboxAtOpen = opened.outbox;
    this.#state = state;
    this.#counters = counters;
    this.#handles = new Handles(opened);
    this.#backlog = new Backlog({
      ...backlogOptions(options),
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

  get state(): StoreState {
    return this.#state;
  }

  /** The number behind which a room of this name begins: one made again, a new one, or one removed before. */
  startOf(name: string): number {
    return this.#handles.startOf(name);
  }

  /**
   * Handle of a channel, known until it is removed.
   *
   * @param start Of one that is new, the number behind which its entries begin: what
   *   {@linkcode startOf} said when the room was made.
   */
  channel(name: string, start = this.startOf(name)): number {
    return this.#handles.channel(name, (handle) => {
      this.#backlog.change((batch) => batch.channel(handle, start, name));
    });
  }

  /** Handle of a topic, known until its channel is removed. */
  topic(channel: number, topic: string): number {
    return this.#handles.topic(channel, topic, (handle) => {
      this.#backlog.change((batch) => batch.topic(handle, channel, topic));
    });
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

  /** The same, and nothing is written sooner for it. */
  settled(): Promise<boolean> {
    return this.#backlog.synced(false);
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

  /** About how many entries have `from` <= `seq` <= `to`. */
  count(channel: string, from: number, to: number): Promise<number> {
    return this.#questions.ask({ kind: "count", channel, from, to });
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
    const handle = this.#handles.remove(name, seq);
    if (handle === null) return;
    this.#backlog.change((batch) => batch.remove(handle, seq));
  }

  /**
   * Keeps a value under a key, or removes it (`null`), in the same commit as all that comes in the
   * same turn. Waits while the disk takes nothing; is gone with a database that is damaged.
   *
   * @param space Whose it is.
   */
  put(space: string, key: string, value: Uint8Array | null) {
    this.#backlog.other((batch) => batch.put(space, key, value));
  }

  /**
   * All of a space, in no order, what is not on disk yet included. What is put meanwhile may be in it.
   *
   * @throws If the database cannot be read: why.
   */
  async *entriesOf(space: string): AsyncGenerator<[key: string, value: Uint8Array][]> {
    // Those that wait may come from the disk once more.
    let waiting: Set<string> | null = null;
    for (let from: Uint8Array | null = null;;) {
      const answer: EntriesAnswer = await this.#questions.ask({ kind: "entries", space, from });
      const entries = answer.entries.filter(([key]) => !waiting?.has(key));
      waiting ??= new Set(answer.entries.map(([key]) => key));
      if (entries.length > 0) yield entries;
      if (answer.next === null) return;
      from = answer.next;
    }
  }

  /**
   * Appends to the outbox, in the same commit as all that comes in the same turn. Like an entry it
   * is lost for the disk while that takes nothing.
   *
   * @param n One more than that of the message before; of the first one, than
   *   {@linkcode outboxAtOpen} `.last`.
   * @param time Unix milliseconds.
   */
  send(n: number, time: number, data: Uint8Array) {
    this.#backlog.send(n, time, data);
  }

  /** All up to number `n` is done: the next commit removes it from disk. */
  sent(n: number) {
    this.#backlog.other((batch) => batch.sent(n));
  }

  /**
   * Messages of the outbox from number `from` on, oldest first, about `bytes` at most but at least one;
   * also what is not on disk yet.
   *
   * @throws If the database cannot be read: why.
   */
  async outbox(from: number, bytes: number): Promise<{ messages: OutboxMessage[] }> {
    const answer = await this.#questions.ask({ kind: "outbox", from, bytes });
    return { messages: outboxMessages(answer.bytes) };
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
        this.#handles.started(message.startSeq);
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

  #setState(state: StoreState) {
    this.#state = state;
    this.#backlog.failing = state.state !== "ok";
    this.#options.onState(state);
  }

  /**
   * Stores what was appended, if the disk takes it, and ends the Worker; after `closeMs` in any case:
   * then the log says what was not stored.
   */
  async close(): Promise<void> {
    const closeMs = this.#options.closeMs ?? CLOSE_MS;
    const timer = setTimeout(() => this.#end(this.#late(closeMs)), closeMs);
    await this.#backlog.drain();
    if (this.#state.state !== "off") {
      this.#worker.postMessage({ type: "close" } satisfies ToStoreWorker);
    }
    await this.#closed.promise;
    clearTimeout(timer);
  }

  #late(ms: number): string {
    const { rows, bytes } = this.#backlog;
    const left = bytes === 0 ? "nothing" : `${rows} entries of the history, ${bytes} bytes in all`;
    return `the disk was not done within ${
      ms / 1000
    } s at the end; not known to be stored: ${left}`;
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
