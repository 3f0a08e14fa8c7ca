/**
 * Something that one may do at a time; others wait, in the order in which they came.
 *
 * @module
 */

/** Who got the turn gives it back. */
export class Turns {
  #taken = false;
  readonly #waiting: ((mine: boolean) => void)[] = [];

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Waits for the turn.
   *
   * @param waitMs How long, ms.
   * @param signal Ends the waiting.
   * @returns whether it is the caller's turn now
   */
  async take(waitMs: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted) return false;
    if (!this.#taken) return this.#taken = true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.push(resolve);
    const leave = () => {
      const at = this.#waiting.indexOf(resolve);
      if (at >= 0) this.#waiting.splice(at, 1);
      resolve(false);
    };
    const timer = setTimeout(leave, waitMs);
    signal?.addEventListener("abort", leave, { once: true });
    const mine = await promise;
    clearTimeout(timer);
    signal?.removeEventListener("abort", leave);
    return mine;
  }

  /** The turn is the next one's. */
  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken = false;
    else next(true);
  }

  /** Sends away who waits. */
  clear(): void {
    for (const leave of this.#waiting.splice(0)) leave(false);
  }
}
