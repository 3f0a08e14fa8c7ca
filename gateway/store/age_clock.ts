/**
 * The time by which entries are too old. A system clock that jumps ahead, for a moment or for good,
 * must not have the history deleted: this clock follows only when the jump has lasted. One that
 * goes back is followed at once: that deletes less.
 *
 * @module
 */

/** Ahead by less than this is no jump, ms. */
const TOLERATED_MS = 60_000;
/** A jump ahead is followed after so long, ms that the gateway ran. */
const LASTING_MS = 3_600_000;

export interface AgeClockOptions {
  /** What this clock was in the run before, Unix ms; `null`: there was none. */
  before: number | null;
  /** Unix ms. @default Date.now */
  wall?: () => number;
  /** ms that never go back. @default performance.now */
  monotonic?: () => number;
}

/** While the gateway was off, time may have passed: that too counts only when it has lasted. */
export class AgeClock {
  readonly #wall: () => number;
  readonly #monotonic: () => number;
  #time: number;
  #looked: number;
  /** Since when the system clock has been ahead, monotonic; `null`: it is not. */
  #aheadSince: number | null = null;

  constructor({ before, wall, monotonic }: AgeClockOptions) {
    this.#wall = wall ?? Date.now;
    this.#monotonic = monotonic ?? (() => performance.now());
    this.#looked = this.#monotonic();
    this.#time = Math.min(this.#wall(), before ?? Infinity);
  }

  /** Unix ms. To be called every few minutes at least. */
  now(): number {
    const monotonic = this.#monotonic();
    const wall = this.#wall();
    const expected = this.#time + monotonic - this.#looked;
    this.#looked = monotonic;
    if (wall <= expected + TOLERATED_MS) this.#aheadSince = null;
    else this.#aheadSince ??= monotonic;
    const lasts = this.#aheadSince !== null && monotonic - this.#aheadSince >= LASTING_MS;
    if (lasts) this.#aheadSince = null;
    this.#time = lasts || this.#aheadSince === null ? wall : expected;
    return this.#time;
  }
}
