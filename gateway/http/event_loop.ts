/**
 * How late the event loop is, and what the process takes.
 *
 * @module
 */
import { CpuShare } from "./cpu_share.ts";
import type { EventLoopHealth } from "./health_answer.ts";

const PERIOD_MS = 200;
/** A minute of them. */
const KEPT = 300;

/** The start, which is always slow, does not count among the delays of a minute, ms. */
const START_MS = 3000;

/** Measures until `close()`. */
export class EventLoopDelay {
  /** Sampled by the same timer. */
  readonly cpu: CpuShare;
  #due = performance.now() + PERIOD_MS;
  #max = 0;
  /** The last delays, ms, round and round. */
  readonly #delays = new Float32Array(KEPT);
  #measured = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(cpu: CpuShare = new CpuShare()) {
    this.cpu = cpu;
    const counted = performance.now() + START_MS;
    this.#timer = setInterval(() => {
      const time = performance.now();
      const delay = Math.max(0, time - this.#due);
      this.#max = Math.max(this.#max, delay);
      if (time > counted) this.#delays[this.#measured++ % KEPT] = delay;
      this.#due = time + PERIOD_MS;
      cpu.sample();
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
