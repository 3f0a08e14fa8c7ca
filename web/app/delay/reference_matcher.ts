/** Messages and references that wait for their other half, each. */
const MOST = 10_000;

interface Reference {
  key: string;
  number: number;
  time: number;
  at: number;
}

/**
 * Called with each pair.
 *
 * @param time What the message says of its own time, else the reference's.
 * @param at When the message arrived.
 */
export type OnMatch = (number: number, time: number, at: number) => void;

/**
 * Finds out which message of a way is which message of the room: both come in the same order, so
 * that the first one with the same key is it, and those before it did not come.
 */
export class ReferenceMatcher {
  #references: Reference[] = [];
  #messages: { key: string; at: number; time: number | undefined }[] = [];
  #skipped = 0;
  readonly #onMatch: OnMatch;

  constructor(onMatch: OnMatch) {
    this.#onMatch = onMatch;
  }

  /** References whose message has not come yet. */
  get open(): number {
    return this.#references.length;
  }

  /**
   * @param time When the gateway took it in, on the gateway's clock.
   * @param at Now, on ours.
   * @param from What arrived before this cannot be it, on ours.
   */
  reference(key: string, number: number, time: number, at: number, from: number): void {
    while (this.#messages.length > 0 && this.#messages[0]!.at < from) this.#messages.shift();
    const index = this.#messages.findIndex((message) => message.key === key);
    if (index >= 0) {
      const message = this.#messages[index]!;
      this.#messages.splice(0, index + 1);
      this.#skipAll();
      return this.#onMatch(number, message.time ?? time, message.at);
    }
    this.#references.push({ key, number, time, at });
    if (this.#references.length <= MOST) return;
    this.#references.shift();
    this.#skipped++;
  }

  /** @param own The time that the message itself says. */
  message(key: string, at: number, own?: number): void {
    const index = this.#references.findIndex((reference) => reference.key === key);
    if (index < 0) {
      this.#messages.push({ key, at, time: own });
      if (this.#messages.length > MOST) this.#messages.shift();
      return;
    }
    const { number, time } = this.#references[index]!;
    this.#references.splice(0, index + 1);
    this.#skipped += index;
    this.#onMatch(number, own ?? time, at);
  }

  /** @param before References up to here have had their time, on our clock. */
  lost(before: number): number {
    let late = 0;
    for (const { at } of this.#references) {
      if (at > before) break;
      late++;
    }
    return this.#skipped + late;
  }

  #skipAll(): void {
    this.#skipped += this.#references.length;
    this.#references = [];
  }
}
