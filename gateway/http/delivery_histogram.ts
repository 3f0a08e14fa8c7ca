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

  /** As Prometheus has it: cumulative counts by upper bound in seconds, sum in seconds. */
  read(): { buckets: { le: number | "+Inf"; count: number }[]; sum: number; count: number } {
    let count = 0;
    const buckets = this.#counts.map((own, i) => {
      count += own;
      return { le: i < BOUNDS_MS.length ? BOUNDS_MS[i]! / 1000 : "+Inf" as const, count };
    });
    return { buckets, sum: this.#sum / 1000, count };
  }
}
