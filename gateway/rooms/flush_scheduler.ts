/**
 * Decides when rooms hand out what they gathered. What comes after quiet goes
 * out at the end of the turn in which it came; the more sending costs, the
 * longer the next entries gather, up to a bound.
 *
 * @module
 */
import { cpuTime } from "../clock.ts";

/** What can be flushed; `dirty` belongs to the scheduler. */
export interface Flushable {
  dirty: boolean;
  flush(): void;
}

/** Share of the time that a flush and what comes of it may take before entries gather longer. */
const DUTY = 0.5;
/** The cost is measured so often, and not over a quiet longer than this, milliseconds. */
const PERIOD_MS = 20;
const QUIET_MS = 100;
/** What the estimate grows by at least when flushes become dearer, milliseconds. */
const LEAST_COST_MS = 0.2;

/**
 * What sending costs cannot be timed in the flush: the sockets write after
 * the loop that filled their queues. So the cost is the process's CPU time
 * from one flush to the next, and there is at most one per turn of the event
 * loop.
 */
export class FlushScheduler {
  readonly #gatherMs: number;
  #dirty: Flushable[] = [];
  /** A flush is due, or the turn after one has not come yet. */
  #scheduled = false;
  readonly #lazy = new Map<Flushable, { due: number; timer: ReturnType<typeof setTimeout> }>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #notBefore = 0;
  #measuredAt = 0;
  #flushes = 0;
  #cpuAt = 0;
  /** CPU time that a flush takes, milliseconds, smoothed. */
  #cost = 0;
  #closed = false;

  /** @param gatherMs Longest time to gather, milliseconds. */
  constructor(gatherMs: number) {
    this.#gatherMs = gatherMs;
  }

  /** Flushes soon. */
  mark(item: Flushable) {
    if (item.dirty || this.#closed) return;
    item.dirty = true;
    this.#dirty.push(item);
    if (!this.#scheduled) this.#schedule();
  }

  #schedule() {
    this.#scheduled = true;
    const wait = this.#notBefore - performance.now();
    if (wait <= 0) queueMicrotask(this.#run);
    else this.#timer = setTimeout(this.#run, wait);
  }

  /** Flushes after `delayMs`, or sooner with something else. */
  markLazily(item: Flushable, delayMs: number) {
    if (this.#closed) return;
    const due = performance.now() + delayMs;
    const waiting = this.#lazy.get(item);
    if (waiting !== undefined) {
      if (waiting.due <= due + 1) return;
      clearTimeout(waiting.timer);
    }
    const timer = setTimeout(() => {
      this.#lazy.delete(item);
      this.mark(item);
    }, delayMs);
    this.#lazy.set(item, { due, timer });
  }

  readonly #run = () => {
    if (this.#closed) return;
    this.#measure();
    const items = this.#dirty;
    this.#dirty = [];
    for (const item of items) {
      item.dirty = false;
      item.flush();
    }
    setImmediate(this.#turned);
  };

  /** Asking for the CPU time is dear itself, so several flushes are measured together. */
  #measure() {
    const time = performance.now();
    const elapsed = time - this.#measuredAt;
    this.#flushes++;
    if (elapsed > PERIOD_MS) {
      const cpu = cpuTime();
      if (elapsed < QUIET_MS) {
        // One garbage collection is not what flushes cost.
        const cost = Math.min((cpu - this.#cpuAt) / this.#flushes, 2 * this.#cost + LEAST_COST_MS);
        this.#cost += (cost - this.#cost) / 4;
      }
      this.#measuredAt = time;
      this.#cpuAt = cpu;
      this.#flushes = 0;
    }
    this.#notBefore = time + Math.min(this.#gatherMs, this.#cost / DUTY);
  }

  readonly #turned = () => {
    this.#scheduled = false;
    if (this.#dirty.length > 0 && !this.#closed) this.#schedule();
  };

  /** Forgets what waits; nothing is flushed any more. */
  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const { timer } of this.#lazy.values()) clearTimeout(timer);
    this.#lazy.clear();
    this.#dirty = [];
  }
}
