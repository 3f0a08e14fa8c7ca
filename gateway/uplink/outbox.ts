/**
 * Where messages wait for the cloud: in the store, or where there is none, in memory alone.
 *
 * @module
 */

/** One that waits. */
export interface OutboxMessage {
  /** Counts up by one per message. */
  n: number;
  /** When it came in, Unix milliseconds. */
  time: number;
  data: Uint8Array;
}

/** What a start finds. */
export interface OutboxAtOpen {
  /** Numbers of the oldest and the newest message; without any, `first` is behind `last`. */
  first: number;
  last: number;
  messages: number;
  bytes: number;
  /** Unix milliseconds; `null`: there is none. */
  oldestTime: number | null;
}

export interface Outbox {
  /** `memory`: what waits is gone when the gateway ends. */
  readonly kept: "disk" | "memory";
  readonly atOpen: OutboxAtOpen;
  /** Nothing gets on disk now. */
  readonly failing: boolean;
  /** Takes a message; `n` goes up by one for each. */
  send(n: number, time: number, data: Uint8Array): void;
  /** All up to `n` is done. */
  sent(n: number): void;
  /** Messages from number `n` on, oldest first, about `bytes` at most but at least one. */
  read(n: number, bytes: number): Promise<OutboxMessage[]>;
  /**
   * Settles when what was taken so far is on disk, or will not be; `false`: not all of it is.
   * `null`: there is nothing to wait for.
   */
  durable(): Promise<boolean> | null;
  /** Keeps a value, in the same commit as what was taken in the same turn; `null` removes it. */
  put(key: string, value: Uint8Array | null): void;
  /** All that `put` keeps, a part at a time. */
  entries(): AsyncIterable<[key: string, value: Uint8Array][]>;
}

/** What is needed of the store. */
export interface OutboxStore {
  readonly state: { state: "ok" | "failing" | "off" };
  readonly outboxAtOpen: OutboxAtOpen;
  put(space: string, key: string, value: Uint8Array | null): void;
  entriesOf(space: string): AsyncIterable<[key: string, value: Uint8Array][]>;
  send(n: number, time: number, data: Uint8Array): void;
  sent(n: number): void;
  outbox(from: number, bytes: number): Promise<{ messages: OutboxMessage[] }>;
  settled(): Promise<boolean>;
}

const SPACE = "uplink";

export class DiskOutbox implements Outbox {
  readonly kept = "disk";
  readonly #store: OutboxStore;

  constructor(store: OutboxStore) {
    this.#store = store;
  }

  get atOpen(): OutboxAtOpen {
    return this.#store.outboxAtOpen;
  }

  get failing(): boolean {
    return this.#store.state.state !== "ok";
  }

  send(n: number, time: number, data: Uint8Array) {
    this.#store.send(n, time, data);
  }

  sent(n: number) {
    this.#store.sent(n);
  }

  async read(n: number, bytes: number): Promise<OutboxMessage[]> {
    return (await this.#store.outbox(n, bytes)).messages;
  }

  durable(): Promise<boolean> | null {
    return this.failing ? null : this.#store.settled();
  }

  put(key: string, value: Uint8Array | null) {
    this.#store.put(SPACE, key, value);
  }

  entries(): AsyncIterable<[key: string, value: Uint8Array][]> {
    return this.#store.entriesOf(SPACE);
  }
}

/** Keeps nothing itself: the queue's own memory holds what waits. */
export class MemoryOutbox implements Outbox {
  readonly kept = "memory";
  readonly failing = false;
  readonly atOpen: OutboxAtOpen = { first: 1, last: 0, messages: 0, bytes: 0, oldestTime: null };

  send() {}

  sent() {}

  read(): Promise<OutboxMessage[]> {
    return Promise.resolve([]);
  }

  durable(): null {
    return null;
  }

  put() {}

  async *entries(): AsyncGenerator<[key: string, value: Uint8Array][]> {}
}
