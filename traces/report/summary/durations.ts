/**
 * Many durations in little memory: exact least and greatest, quantiles within 1 %.
 *
 * @module
 */

/** Buckets per factor of e; neighbouring bounds are 1 % apart. */
const PER_E = 100;
/** Shortest duration told apart: 10 ns. */
const SHORTEST = 1e-8;
/** Up to some 27 hours. */
const BUCKETS = 3000;

export class Durations {
  count = 0;
  /** Seconds; 0 when there is none. */
  least = 0;
  greatest = 0;
  sum = 0;
  readonly #buckets = new Uint32Array(BUCKETS);

  /** @param seconds negative ones (clocks that jump) count as 0 */
  add(seconds: number): void {
    const value = seconds > 0 ? seconds : 0;
    if (this.count === 0 || value < this.least) this.least = value;
    if (value > this.greatest) this.greatest = value;
    this.count++;
    this.sum += value;
    const bucket = value <= SHORTEST ? 0 : Math.floor(Math.log(value / SHORTEST) * PER_E);
    this.#buckets[bucket < BUCKETS ? bucket : BUCKETS - 1]!++;
  }

  /** The duration that `share` (0 to 1) of all do not exceed, in seconds. */
  quantile(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.count));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#buckets[bucket]!;
      if (seen < rank) continue;
      const middle = SHORTEST * Math.exp((bucket + 0.5) / PER_E);
      return Math.min(this.greatest, Math.max(this.least, middle));
    }
    return this.greatest;
  }
}
