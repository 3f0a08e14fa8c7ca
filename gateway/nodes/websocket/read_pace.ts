/**
 * How many messages of a connection are taken in: a burst of one second's, then so many per second.
 * What is more stays with the sender, since nothing is read meanwhile.
 *
 * @module
 */

/** What can be told to read no more for a while. */
export interface Reader {
  pause(): void;
  resume(): void;
}

/** Part of a second's messages that is there again before reading goes on. */
const REFILL = 0.1;

/** Ends with `close()`, which lets reading go on. */
export class ReadPace {
  readonly #perSecond: number;
  readonly #reader: Reader;
  /** Messages that may come now; below 0 after what one read brought too many. */
  #left: number;
  #at = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(perSecond: number, reader: Reader) {
    this.#perSecond = perSecond;
    this.#reader = reader;
    this.#left = perSecond;
  }

  /** Whether nothing is read now. */
  get isWaiting(): boolean {
    return this.#timer !== undefined;
  }

  /** A message was taken in. */
  took() {
    if (--this.#left > 0 || this.isWaiting || this.#closed) return;
    this.#refill();
    if (this.#left > 0) return;
    this.#reader.pause();
    this.#wait();
  }

  #refill() {
    const now = performance.now();
    const more = (now - this.#at) / 1000 * this.#perSecond;
    this.#left = Math.min(this.#perSecond, this.#left + more);
    this.#at = now;
  }

  #wait() {
    const missing = Math.max(1, this.#perSecond * REFILL) - this.#left;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#refill();
      if (this.#left > 0) this.#reader.resume();
      else this.#wait();
    }, missing / this.#perSecond * 1000);
  }

  close() {
    this.#closed = true;
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#reader.resume();
  }
}
