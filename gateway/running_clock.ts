/**
 * Time that this process ran. What it stood still (stopped by a signal, swapped out, one long
 * computation) does not count: whoever waits for others measures with this clock, and so does not
 * take its own stall for their silence.
 *
 * @module
 */

export interface RunningClockOptions {
  /** Milliseconds that never go back. @default performance.now */
  monotonic?: () => number;
  /** How often `look` is called at least, milliseconds. */
  periodMs: number;
  /** Lateness from which it is a stall, milliseconds. @default 1000 */
  limitMs?: number;
  /** Called when the process has stood still so long. */
  onStall?: (ms: number) => void;
}

/** Without a timer of its own: `look` has to be called every period. */
export class RunningClock {
  /** Times that the process stood still. */
  stalls = 0;
  /** How long in all, milliseconds. */
  stalledMs = 0;
  /** When `look` is called after this (monotonic), the process stood still. */
  lookBy: number;
  readonly #monotonic: () => number;
  readonly #periodMs: number;
  readonly #limitMs: number;
  readonly #onStall: (ms: number) => void;
  #looked: number;

  constructor(options: RunningClockOptions) {
    this.#monotonic = options.monotonic ?? (() => performance.now());
    this.#periodMs = options.periodMs;
    this.#limitMs = options.limitMs ?? 1000;
    this.#onStall = options.onStall ?? (() => {});
    this.#looked = this.#monotonic();
    this.lookBy = this.#looked + this.#periodMs + this.#limitMs;
  }

  /** Monotonic time now, stalls included. */
  get monotonic(): number {
    return this.#monotonic();
  }

  /** Running time now, milliseconds. */
  now(): number {
    return this.look(this.#monotonic());
  }

  /**
   * Takes note that the process runs.
   *
   * @param at Monotonic time, not later than now
   * @returns its running time
   */
  look(at: number): number {
    if (at > this.lookBy) {
      const ms = at - this.#looked - this.#periodMs;
      this.stalls++;
      this.stalledMs += ms;
      this.#passed(at);
      this.#onStall(ms);
    } else if (at > this.#looked) this.#passed(at);
    return at - this.stalledMs;
  }

  #passed(at: number) {
    this.#looked = at;
    this.lookBy = at + this.#periodMs + this.#limitMs;
  }
}
