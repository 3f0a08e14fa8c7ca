/**
 * A long answer as JSON text, made anew only so often that making it takes a small part of the time.
 *
 * @module
 */

/** An answer is never older, ms. */
const MAX_AGE_MS = 1000;

export class AnswerText {
  readonly #make: () => unknown;
  readonly #parts: number;
  readonly #monotonic: () => number;
  #text = "";
  #until = -Infinity;

  /**
   * @param make makes the answer
   * @param parts making it takes one part of so many
   * @param monotonic milliseconds that never go back
   */
  constructor(make: () => unknown, parts = 10, monotonic: () => number = () => performance.now()) {
    this.#make = make;
    this.#parts = parts;
    this.#monotonic = monotonic;
  }

  /** The answer as JSON: one of 10 parts that took 50 ms is given again for half a second. */
  get text(): string {
    const begin = this.#monotonic();
    if (begin < this.#until) return this.#text;
    this.#text = JSON.stringify(this.#make());
    const end = this.#monotonic();
    this.#until = end + Math.min(MAX_AGE_MS, (end - begin) * this.#parts);
    return this.#text;
  }

  /** What it says is no longer so. */
  drop() {
    this.#until = -Infinity;
  }
}
