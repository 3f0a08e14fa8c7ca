/**
 * How long something took, counted in buckets. Counting one costs a few nanoseconds.
 *
 * @module
 */

/** As Prometheus wants it: bounds and sum in seconds. */
export interface HistogramReading {
  /** Counts by bucket, not added up; the last one is open. */
  buckets: { boundaries: number[]; counts: number[] };
  sum: number;
  count: number;
}

export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** @param bounds Upper bounds of the buckets, rising, milliseconds. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  /** @param ms Milliseconds; below 0 counts as 0. */
  observe(ms: number) {
    let bucket = 0;
    while (bucket < this.#bounds.length && ms > this.#bounds[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#sum += Math.max(0, ms);
  }

  read(): HistogramReading {
    return {
      buckets: { boundaries: this.#bounds.map((ms) => ms / 1000), counts: [...this.#counts] },
      sum: this.#sum / 1000,
      count: this.#counts.reduce((sum, count) => sum + count, 0),
    };
  }
}
