/** What arrived, in order, for a reader that waits. */
export class Inbox<T> {
  #items: T[] = [];
  #readers: ((item: T) => void)[] = [];

  put(item: T): void {
    const reader = this.#readers.shift();
    if (reader) reader(item);
    else this.#items.push(item);
  }

  /** The oldest item not yet taken; waits for one. */
  take(): Promise<T> {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift()!);
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  /** Waits for an item that fits; others before it are passed over. */
  async find(fits: (item: T) => boolean): Promise<T> {
    while (true) {
      const item = await this.take();
      if (fits(item)) return item;
    }
  }
}
