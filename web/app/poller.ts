import { effect, type ReadonlySignal, signal } from "@preact/signals";

/** Starts a timer and returns what ends it. */
export type Later = (task: () => void, milliseconds: number) => () => void;

const byTimer: Later = (task, milliseconds) => {
  const timer = setTimeout(task, milliseconds);
  return () => clearTimeout(timer);
};

/**
 * Asks the gateway again and again while somebody watches: one request at a time, none while it is
 * not `running`. What was answered last stays when a request fails, beside the problem.
 */
export class Poller<T> {
  /** The last answer. */
  readonly data = signal<T | undefined>(undefined);
  /** Why the last request failed; `undefined` when it did not. */
  readonly problem = signal<string | undefined>(undefined);
  readonly #load: (signal: AbortSignal) => Promise<T>;
  readonly #running: ReadonlySignal<boolean>;
  readonly #later: Later;
  readonly #watchers = new Set<{ period: number }>();
  #started = -Infinity;
  #abort: AbortController | undefined;
  #cancel: (() => void) | undefined;
  #unfollow: (() => void) | undefined;

  /**
   * @param load One request; its error's message is shown.
   * @param running Whether to ask at all.
   */
  constructor(
    load: (signal: AbortSignal) => Promise<T>,
    running: ReadonlySignal<boolean>,
    later: Later = byTimer,
  ) {
    this.#load = load;
    this.#running = running;
    this.#later = later;
  }

  /**
   * Watches until the result is called.
   *
   * @param period Shortest time from request to request, milliseconds; the shortest of all counts.
   */
  watch(period: number): () => void {
    const watcher = { period };
    this.#watchers.add(watcher);
    this.#unfollow ??= effect(() => {
      void this.#running.value;
      this.#plan();
    });
    this.#plan();
    return () => {
      if (!this.#watchers.delete(watcher) || this.#watchers.size > 0) return;
      this.#unfollow?.();
      this.#unfollow = undefined;
      this.#cancel?.();
      if (!this.#abort) return;
      this.#abort.abort();
      this.#abort = undefined;
      this.#started = -Infinity;
    };
  }

  /** Asks now, unless a request is under way. */
  refresh(): void {
    if (!this.#abort) this.#ask();
  }

  #plan(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#abort || this.#watchers.size === 0 || !this.#running.peek()) return;
    const period = Math.min(...[...this.#watchers].map((each) => each.period));
    const rest = this.#started + period - performance.now();
    if (rest <= 0) this.#ask();
    else this.#cancel = this.#later(() => this.#ask(), rest);
  }

  async #ask(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#started = performance.now();
    const abort = this.#abort = new AbortController();
    try {
      const data = await this.#load(abort.signal);
      if (abort.signal.aborted) return;
      this.data.value = data;
      this.problem.value = undefined;
    } catch (error) {
      if (abort.signal.aborted) return;
      this.problem.value = error instanceof Error ? error.message : String(error);
    }
    this.#abort = undefined;
    this.#plan();
  }
}
