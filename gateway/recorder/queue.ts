/**
 * A queue that stays fast when it is long.
 *
 * @module
 */

/** Places of what was taken out are given back when they are more than this and more than the rest. */
const SPARE = 1024;

export class Queue<Item> {
  #items: (Item | undefined)[] = [];
  #first = 0;

  get length(): number {
    return this.#items.length - this.#first;
  }

  /** The one that {@linkcode shift} would take out. */
  get front(): Item | undefined {
    return this.#items[this.#first];
  }

  push(item: Item) {
    this.#items.push(item);
  }

  shift(): Item | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#first];
    this.#items[this.#first++] = undefined;
    if (this.#first > SPARE && this.#first > this.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }
}
