/**
 * So many rows in any second, and no more.
 *
 * @module
 */

const SECOND_MS = 1000;

/** For one reader. */
export class RowPace {
  /** When the last rows were let through, ms; the oldest is at `#next`. */
  readonly #times_ms: Float64Array;
  #next = 0;

  /** @param rows In any second; at least 1. */
  constructor(rows: number) {
    this.#times_ms = new Float64Array(rows).fill(-Infinity);
  }

  /** Whether a row may go now. @param now_ms Of a clock that never goes back. */
  take(now_ms: number): boolean {
    if (now_ms - this.#times_ms[this.#next]! < SECOND_MS) return false;
    this.#times_ms[this.#next++] = now_ms;
    if (this.#next === this.#times_ms.length) this.#next = 0;
    return true;
  }
}
