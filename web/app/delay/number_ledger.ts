/** Which of numbered messages came, each counted once. */
export class NumberLedger {
  /** How many different ones. */
  received = 0;
  #bits = new Uint8Array(128);
  #highest = -1;

  /** @returns Whether it is the first of its number. */
  take(number: number): boolean {
    const [byte, bit] = [number >> 3, 1 << (number & 7)];
    if (byte >= this.#bits.length) {
      const longer = new Uint8Array(2 * Math.max(byte, this.#bits.length));
      longer.set(this.#bits);
      this.#bits = longer;
    }
    if ((this.#bits[byte]! & bit) !== 0) return false;
    this.#bits[byte]! |= bit;
    this.received++;
    this.#highest = Math.max(this.#highest, number);
    return true;
  }

  /**
   * Messages that did not come, though a later one did or they have had their time.
   *
   * @param due Numbers below this have had it.
   */
  lost(due: number): number {
    return Math.max(due, this.#highest + 1) - this.received;
  }
}
