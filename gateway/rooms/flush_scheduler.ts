/**
 * Decides when rooms hand out what they gathered. What comes after quiet goes
 * out at the end of the turn in which it came; the more sending costs, the
 * longer the next entries gather, up to a bound.
 *
 * @module
 */
import process from "node:process";

/** What can be flushed; `dirty` belongs to the scheduler. */
export interface Flushable {
  dirty: boolean;
  flush(): void;
}

/** Share of the time that a flush and what comes of it may take before entries gather longer. */
const DUTY = 0.5;
/** Flushes farther apart than this say nothing about each other's cost, milliseconds. */
const QUIET_MS = 50;
/** What the estimate grows by at least when flushes become dearer, milliseconds. */
const LEAST_COST_MS = 0.2;

/** CPU time of the process so far, milliseconds. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

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
  #flushedAt = 0;
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

  #measure() {
    const time = performance.now();
    const cpu = cpuTime();
    if (time - this.#flushedAt < QUIET_MS) {
      // One garbage collection is not what flushes cost.
      const cost = Math.min(cpu - this.#cpuAt, 2 * this.#cost + LEAST_COST_MS);
      this.#cost += (cost - this.#cost) / 8;
    }
    this.#flushedAt = time;
    this.#cpuAt = cpu;
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
