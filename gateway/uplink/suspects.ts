/**
 * Finds the message at which the cloud ends the connection each time: else it would stall all others.
 *
 * @module
 */

/** The cloud ended so many connections while the same message was the oldest: then it goes alone; */
const ALONE_ENDS = 3;
/** and after so many it is given up. */
const REFUSED_ENDS = 6;

export class Suspects {
  /** In the outbox. */
  #number = -1;
  #ends = 0;

  /** Whether messages go one by one, to see which it is. */
  get isAlone(): boolean {
    return this.#ends >= ALONE_ENDS;
  }

  /**
   * The cloud ended a connection.
   *
   * @param number In the outbox, of the oldest message that it had not acknowledged
   * @returns how sure it is that it was that one: `refused` is as sure as it gets
   */
  ended(number: number): "unlikely" | "likely" | "refused" {
    if (this.#number !== number) this.clear();
    this.#number = number;
    this.#ends++;
    return this.#ends < ALONE_ENDS ? "unlikely" : this.#ends < REFUSED_ENDS ? "likely" : "refused";
  }

  /** It was not that message, or something is done about it. */
  clear() {
    this.#number = -1;
    this.#ends = 0;
  }
}
