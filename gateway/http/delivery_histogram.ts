/**
 * Time from a message's arrival by MQTT to its sending by WebSocket. Counting
 * one costs a few nanoseconds, so that every update can be counted.
 *
 * @module
 */

/** Upper bounds of the buckets, milliseconds. */
const BOUNDS_MS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1000];

export class DeliveryHistogram {
  readonly #counts = new Array<number>(BOUNDS_MS.length + 1).fill(0);
  #sum = 0;

  /** @param delay Milliseconds. */
  observe(delay: number) {
    let bucket = 0;
    while (bucket < BOUNDS_MS.length && delay > BOUNDS_MS[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#sum += Math.max(0, delay);
  }

  /** Counts by bucket, the last one open; bounds and sum in seconds. */
  read(): { buckets: { boundaries: number[]; counts: number[] }; sum: number; count: number } {
    return {
      buckets: { boundaries: BOUNDS_MS.map((bound) => bound / 1000), counts: [...this.#counts] },
      sum: this.#sum / 1000,
      count: this.#counts.reduce((sum, count) => sum + count, 0),
    };
  }
}
