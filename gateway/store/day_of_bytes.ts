/**
 * How much of a growing number was added in the last 24 hours.
 *
 * @module
 */

const HOUR_MS = 3_600_000;
const HOURS = 24;

/** In steps of an hour. */
export class DayOfBytes {
  /** What it was at the beginning of each hour, oldest first. */
  readonly #hours: { at: number; bytes: number }[] = [{ at: performance.now(), bytes: 0 }];

  of(bytes: number): number {
    const now = performance.now();
    if (now - this.#hours.at(-1)!.at >= HOUR_MS) this.#hours.push({ at: now, bytes });
    while (this.#hours.length > HOURS) this.#hours.shift();
    return bytes - this.#hours[0]!.bytes;
  }
}
