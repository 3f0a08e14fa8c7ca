import { binOf, BINS } from "./delay_bins.ts";

/** Samples of one way that are kept: the newest. */
export const KEPT = 100_000;

/** Samples from which on a percentile is more than the longest by another name. */
const ENOUGH = { p95: 20, p99: 100 };

/** What the samples say; milliseconds, `undefined` without any. */
export interface DelayStatistics {
  count: number;
  /** By nearest rank, of the newest {@linkcode KEPT}; so are the others of rank. */
  median?: number;
  /** Needs 20. */
  p95?: number;
  /** Needs 100. */
  p99?: number;
  shortest?: number;
  /** Of all. */
  longest?: number;
  mean?: number;
  /** Mean of the absolute differences of consecutive delays, of all; needs two. */
  jitter?: number;
}

/** The smallest value that at least this share of the values does not exceed. */
function nearestRank(sorted: Float64Array, share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** Delays of one way. Adding allocates nothing but room for more, seldom. */
export class DelaySamples {
  /** How many delays fell into each bin. */
  readonly bins: Uint32Array = new Uint32Array(BINS);
  count = 0;
  /** Number, time of arrival and delay of each, in a ring once it is full. */
  readonly #columns = {
    number: new Float64Array(256),
    at: new Float64Array(256),
    delay: new Float64Array(256),
  };
  #sum = 0;
  #differences = 0;
  #last = 0;
  #shortest = Infinity;
  #longest = -Infinity;
  #known: DelayStatistics | undefined;
  #knownAt = -Infinity;

  /**
   * @param number Which message of the run.
   * @param at When it arrived, milliseconds of any clock.
   * @param delay Milliseconds; below 0 where two clocks are not quite equal.
   */
  add(number: number, at: number, delay: number): void {
    const index = this.count % KEPT;
    if (index >= this.#columns.delay.length) this.#grow();
    this.#columns.number[index] = number;
    this.#columns.at[index] = at;
    this.#columns.delay[index] = delay;
    if (this.count > 0) this.#differences += Math.abs(delay - this.#last);
    this.count++;
    this.#last = delay;
    this.#sum += delay;
    this.#shortest = Math.min(this.#shortest, delay);
    this.#longest = Math.max(this.#longest, delay);
    this.bins[binOf(delay)]!++;
  }

  /**
   * @param now As `performance.now()`, milliseconds.
   * @param age An older answer will do if it is not older than this, milliseconds.
   */
  statistics(now = performance.now(), age = 0): DelayStatistics {
    const known = this.#known;
    if (known && (known.count === this.count || now - this.#knownAt < age)) return known;
    this.#knownAt = now;
    return this.#known = this.count === 0 ? { count: 0 } : this.#calculate();
  }

  /** Number, arrival and delay of each sample that is kept, oldest first. */
  *all(): Generator<[number: number, at: number, delay: number]> {
    const columns = this.#columns;
    for (let n = Math.max(0, this.count - KEPT); n < this.count; n++) {
      const i = n % KEPT;
      yield [columns.number[i]!, columns.at[i]!, columns.delay[i]!];
    }
  }

  #calculate(): DelayStatistics {
    const { count } = this;
    const sorted = this.#columns.delay.slice(0, Math.min(count, KEPT)).sort();
    const rank = (share: number) => nearestRank(sorted, share)!;
    return {
      count,
      median: rank(0.5),
      ...(count < ENOUGH.p95 ? {} : { p95: rank(0.95) }),
      ...(count < ENOUGH.p99 ? {} : { p99: rank(0.99) }),
      shortest: this.#shortest,
      longest: this.#longest,
      mean: this.#sum / count,
      ...(count > 1 ? { jitter: this.#differences / (count - 1) } : {}),
    };
  }

  #grow(): void {
    const columns = this.#columns;
    for (const name of ["number", "at", "delay"] as const) {
      const longer = new Float64Array(Math.min(KEPT, columns[name].length * 4));
      longer.set(columns[name]);
      columns[name] = longer;
    }
  }
}
