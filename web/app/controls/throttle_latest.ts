/**
 * Passes values on at most once per interval: the first at once, then the
 * latest one when the interval is over. What lies between is dropped.
 */
export class ThrottleLatest<T> {
  #latest: { value: T } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #pass: (value: T) => void;
  readonly #interval: number;

  /** @param interval Milliseconds. */
  constructor(interval: number, pass: (value: T) => void) {
    this.#interval = interval;
    this.#pass = pass;
  }

  push(value: T): void {
    this.#latest = { value };
    if (this.#timer === undefined) this.#next();
  }

  /** Passes the latest value on now, if it was not yet. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#next();
  }

  /** Forgets what was not passed on, and ends the timer. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#latest = undefined;
  }

  #next(): void {
    const latest = this.#latest;
    if (!latest) return;
    this.#latest = undefined;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#next();
    }, this.#interval);
    this.#pass(latest.value);
  }
}
