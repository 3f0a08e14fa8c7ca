/**
 * How long to wait before the next attempt: doubling, with full jitter, so that gateways which lost
 * the same cloud do not come back all at once.
 *
 * @module
 */

export interface BackoffOptions {
  /** Bound of the first wait, ms. @default 1000 */
  firstMs?: number;
  /** Of the longest, ms. @default 60 000 */
  lastMs?: number;
  /** From 0 to 1. @default Math.random */
  random?: () => number;
}

export class Backoff {
  readonly #firstMs: number;
  readonly #lastMs: number;
  readonly #random: () => number;
  #attempts = 0;

  constructor({ firstMs = 1000, lastMs = 60_000, random = Math.random }: BackoffOptions = {}) {
    this.#firstMs = firstMs;
    this.#lastMs = lastMs;
    this.#random = random;
  }

  /** Attempts since the last success. */
  get attempts(): number {
    return this.#attempts;
  }

  /** The next wait, ms: at least a tenth of the first bound, so that no attempt is for nothing. */
  next(): number {
    const bound = Math.min(this.#lastMs, this.#firstMs * 2 ** this.#attempts);
    this.#attempts++;
    return Math.max(this.#firstMs / 10, this.#random() * bound);
  }

  /** It worked. */
  reset() {
    this.#attempts = 0;
  }
}
