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

/** Share of the time that sending may take before entries gather longer. */
const DUTY = 0.25;

/**
 * What sending costs shows only when the event loop comes round again: the
 * sockets write after the loop that filled their queues. So the next flush
 * waits for that turn, and then as much longer as the turn was expensive.
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
    this.#flushedAt = performance.now();
    const items = this.#dirty;
    this.#dirty = [];
    for (const item of items) {
      item.dirty = false;
      item.flush();
    }
    setImmediate(this.#turned);
  };

  readonly #turned = () => {
    const cost = performance.now() - this.#flushedAt;
    this.#notBefore = this.#flushedAt + Math.min(this.#gatherMs, cost / DUTY);
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
