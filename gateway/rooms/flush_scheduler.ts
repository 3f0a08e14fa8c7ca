/**
 * Decides when rooms hand out what they gathered. What comes after quiet goes
 * out at the end of the turn in which it came; the more sending costs, the
 * longer the next entries gather, up to a bound.
 *
 * @module
 */

/** What can be flushed; `dirty` belongs to the scheduler. */
export interface Flushable {
  dirty: boolean;
  flush(): void;
}

/** Share of the time that flushing may take before entries gather longer. */
const DUTY = 0.4;

export class FlushScheduler {
  readonly #gatherMs: number;
  #dirty: Flushable[] = [];
  #scheduled = false;
  readonly #lazy = new Map<Flushable, ReturnType<typeof setTimeout>>();
  #notBefore = 0;

  /** @param gatherMs Longest time to gather, milliseconds. */
  constructor(gatherMs: number) {
    this.#gatherMs = gatherMs;
  }

  /** Flushes soon. */
  mark(item: Flushable) {
    if (item.dirty) return;
    item.dirty = true;
    this.#dirty.push(item);
    if (this.#scheduled) return;
    this.#scheduled = true;
    const wait = this.#notBefore - performance.now();
    if (wait <= 0) queueMicrotask(this.#run);
    else setTimeout(this.#run, wait);
  }

  /** Flushes after `delayMs`, or sooner with something else. */
  markLazily(item: Flushable, delayMs: number) {
    if (this.#lazy.has(item)) return;
    const timer = setTimeout(() => {
      this.#lazy.delete(item);
      this.mark(item);
    }, delayMs);
    this.#lazy.set(item, timer);
  }

  readonly #run = () => {
    const start = performance.now();
    const items = this.#dirty;
    this.#dirty = [];
    this.#scheduled = false;
    for (const item of items) {
      item.dirty = false;
      item.flush();
    }
    const cost = performance.now() - start;
    this.#notBefore = start + Math.min(this.#gatherMs, cost / DUTY);
  };

  /** Forgets what waits; nothing is flushed any more. */
  close() {
    for (const timer of this.#lazy.values()) clearTimeout(timer);
    this.#lazy.clear();
    this.#dirty = [];
    this.#scheduled = true;
  }
}
