/**
 * Latencies counted in steps of 20 us up to 4 s, without an allocation per value.
 *
 * @module
 */

const STEP_US = 20;
const STEPS = 200_000;

/** Counts values; what is beyond 4 s counts as 4 s. */
export class Histogram {
  #counts = new Uint32Array(STEPS);
  #total = 0;

  /** Adds a value in microseconds. */
  add(micros: number) {
    const step = Math.floor(micros / STEP_US);
    const index = step < 0 ? 0 : step < STEPS ? step : STEPS - 1;
    this.#counts[index]!++;
    this.#total++;
  }

  /** How many values there are. */
  get count(): number {
    return this.#total;
  }

  /** Forgets everything. */
  clear() {
    this.#counts.fill(0);
    this.#total = 0;
  }

  /**
   * The value that a share of all values does not exceed.
   *
   * @param share 0.5 for the median.
   * @returns Milliseconds; NaN when there is no value.
   */
  quantile(share: number): number {
    if (this.#total === 0) return NaN;
    let left = Math.ceil(this.#total * share);
    for (let i = 0; i < STEPS; i++) {
      left -= this.#counts[i]!;
      if (left <= 0) return (i + 0.5) * STEP_US / 1000;
    }
    return STEPS * STEP_US / 1000;
  }
}
