/**
 * How many messages one client may send: a token bucket.
 *
 * @module
 */

/** Seconds of messages that may come at once. */
const BURST_SECONDS = 2;

export class MessageRate {
  readonly perSecond: number;
  #tokens: number;
  #filledAt = performance.now();

  /** @param perSecond Messages per second; more may come at once, after less. */
  constructor(perSecond: number) {
    this.perSecond = perSecond;
    this.#tokens = perSecond * BURST_SECONDS;
  }

  /** Counts a message. @returns Whether it was allowed. */
  spend(): boolean {
    const time = performance.now();
    const earned = (time - this.#filledAt) / 1000 * this.perSecond;
    this.#filledAt = time;
    this.#tokens = Math.min(this.perSecond * BURST_SECONDS, this.#tokens + earned) - 1;
    return this.#tokens >= 0;
  }
}
