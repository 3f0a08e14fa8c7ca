/**
 * When things are due, by the monotonic clock: delays of one do not add up to the next.
 *
 * @module
 */
import { sleep } from "./waiting.ts";

/** Longest time that a timer is set for, ms. */
const LONGEST_MS = 60_000;

export class Schedule {
  readonly #first: number;
  readonly #speed: number;
  readonly #start = performance.now();

  /**
   * Begins now.
   *
   * @param first time that is now, microseconds
   * @param speed Infinity: everything is due at once
   */
  constructor(first: number, speed: number) {
    this.#first = first;
    this.#speed = speed;
  }

  /** How long until what was at a time is due, ms; less than 0 when it is late. */
  until(time: number): number {
    return this.#start + (time - this.#first) / 1000 / this.#speed - performance.now();
  }

  /** Waits until then. Ends early when `signal` is aborted. */
  async wait(time: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const left = this.until(time);
      if (!(left > 0) || signal.aborted) return;
      await sleep(Math.min(left, LONGEST_MS), signal);
    }
  }
}
