/**
 * All WebSocket clients of one run. One in ten reads as soon as bytes are
 * there, and its latencies count; the others take turns, each reading about
 * every 10 ms, so that one process can be 500 clients.
 *
 * @module
 */
import type { Histogram } from "./histogram.ts";
import { Receiver, type ReceiverOptions } from "./receiver.ts";

/** Every how many clients one is sampled. */
const SAMPLED = 10;
/** Turns of the clients that are not sampled; one turn a millisecond. */
const TURNS = 10;
/** Connections being made at the same time. */
const AT_ONCE = 32;
/** A sweep that sends what `received` is due by time looks at each client every 2 s. */
const SWEEP_MS = 100;
const SWEEPS = 20;

/** Runs a function once a millisecond, as well as timers allow; returns how to stop. */
export function everyMillisecond(tick: () => void): () => void {
  let timer = setTimeout(function again() {
    tick();
    timer = setTimeout(again, 1);
  }, 1);
  return () => clearTimeout(timer);
}

/** What makes one client: which options, and what it does before it counts as joined. */
export interface ClientKind {
  options: ReceiverOptions;
  join: (receiver: Receiver) => Promise<void>;
  /** Where the sampled ones' latencies go; absent: none is sampled. */
  latencies?: Histogram;
}

/** Many connected clients; whoever makes a pool closes it. */
export class Pool {
  readonly receivers: Receiver[] = [];
  /** Longest time that this process did nothing for its clients, in milliseconds. */
  longestStall = 0;
  #ticked = performance.now();
  #turns: (() => void)[][] = Array.from({ length: TURNS }, () => []);
  #turn = 0;
  #sweep = 0;
  #stopTicks: () => void;
  #sweeper: ReturnType<typeof setInterval>;

  constructor() {
    this.#stopTicks = everyMillisecond(() => this.#tick());
    this.#sweeper = setInterval(() => this.#report(), SWEEP_MS);
  }

  #tick() {
    const now = performance.now();
    this.longestStall = Math.max(this.longestStall, now - this.#ticked);
    this.#ticked = now;
    this.#turn = (this.#turn + 1) % TURNS;
    const waiting = this.#turns[this.#turn]!;
    this.#turns[this.#turn] = [];
    for (const resume of waiting) resume();
  }

  #report() {
    this.#sweep = (this.#sweep + 1) % SWEEPS;
    for (let i = this.#sweep; i < this.receivers.length; i += SWEEPS) this.receivers[i]!.report();
  }

  /**
   * Connects clients and starts reading.
   *
   * @param kindOf The kind of the client with this number.
   * @throws {Error} When one cannot connect or join.
   */
  async connect(count: number, kindOf: (index: number) => ClientKind): Promise<void> {
    const indexes = Array.from({ length: count }, (_, index) => index).values();
    const connectSome = async () => {
      for (const index of indexes) this.receivers.push(await this.#open(index, kindOf(index)));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, connectSome));
  }

  async #open(index: number, kind: ClientKind): Promise<Receiver> {
    const latencies = index % SAMPLED === 5 ? kind.latencies : undefined;
    const slot = this.#turns;
    const turn = kind.latencies === undefined || latencies !== undefined
      ? undefined
      : () => new Promise<void>((resolve) => slot[index % TURNS]!.push(resolve));
    const receiver = await Receiver.open({ ...kind.options, latencies, turn });
    await kind.join(receiver);
    receiver.start();
    return receiver;
  }

  /** Updates that all clients got so far. */
  get updates(): number {
    return this.receivers.reduce((sum, receiver) => sum + receiver.updates, 0);
  }

  /** Data frames that all clients got so far. */
  get frames(): number {
    return this.receivers.reduce((sum, receiver) => sum + receiver.frames, 0);
  }

  /** The last update that all sampled clients have, or one beyond. */
  get slowest(): number {
    let least = Infinity;
    for (const { options, lastSeq } of this.receivers) {
      if (options.latencies !== undefined && lastSeq < least) least = lastSeq;
    }
    return least;
  }

  /** Whether every client that is still there has the update with this number. */
  arrived(seq: number): boolean {
    return this.receivers.every(({ lastSeq, ended }) => lastSeq === seq || ended !== undefined);
  }

  /**
   * Clients that did not get exactly the updates `from` to `to` since the start
   * or {@linkcode restart} (order: the sampled ones).
   */
  incomplete(from: number, to: number): Receiver[] {
    return this.receivers.filter((receiver) =>
      receiver.updates !== to - from + 1 || receiver.lastSeq !== to || receiver.disorder > 0 ||
      receiver.ended !== undefined
    );
  }

  /** Starts to count again. */
  restart() {
    this.longestStall = 0;
    for (const receiver of this.receivers) receiver.restart();
  }

  /** Closes every client. */
  async close(): Promise<void> {
    this.#stopTicks();
    clearInterval(this.#sweeper);
    for (const waiting of this.#turns) for (const resume of waiting) resume();
    await Promise.all(this.receivers.map((receiver) => receiver.close()));
  }
}
