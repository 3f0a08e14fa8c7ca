/**
 * How late the event loop is.
 *
 * @module
 */
const PERIOD_MS = 200;

/** Measures until `close()`. */
export class EventLoopDelay {
  #due = performance.now() + PERIOD_MS;
  #max = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor() {
    this.#timer = setInterval(() => {
      const time = performance.now();
      this.#max = Math.max(this.#max, time - this.#due);
      this.#due = time + PERIOD_MS;
    }, PERIOD_MS);
  }

  /** The longest delay since this was last asked, milliseconds. */
  takeMax(): number {
    const max = Math.max(this.#max, performance.now() - this.#due, 0);
    this.#max = 0;
    return max;
  }

  close() {
    clearInterval(this.#timer);
  }
}
