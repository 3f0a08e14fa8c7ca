/**
 * How late the event loop is.
 *
 * @module
 */
import type { EventLoopHealth } from "./health_answer.ts";

const PERIOD_MS = 200;
/** A minute of them. */
const KEPT = 300;

/** Measures until `close()`. */
export class EventLoopDelay {
  #due = performance.now() + PERIOD_MS;
  #max = 0;
  /** The last delays, ms, round and round. */
  readonly #delays = new Float32Array(KEPT);
  #measured = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor() {
    this.#timer = setInterval(() => {
      const time = performance.now();
      const delay = Math.max(0, time - this.#due);
      this.#max = Math.max(this.#max, delay);
      this.#delays[this.#measured++ % KEPT] = delay;
      this.#due = time + PERIOD_MS;
    }, PERIOD_MS);
  }

  /** The longest delay since this was last asked, milliseconds. */
  takeMax(): number {
    const max = Math.max(this.#max, performance.now() - this.#due, 0);
    this.#max = 0;
    return max;
  }

  /** The delays of the last minute. */
  lastMinute(): EventLoopHealth {
    const delays = this.#delays.slice(0, Math.min(this.#measured, KEPT)).sort();
    const at = (share: number) => delays[Math.ceil(delays.length * share) - 1] ?? 0;
    return { median: at(0.5), p99: at(0.99), longest: at(1) };
  }

  close() {
    clearInterval(this.#timer);
  }
}
