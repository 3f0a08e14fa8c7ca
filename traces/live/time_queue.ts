/**
 * A priority queue of blocks by time.
 *
 * @module
 */

/** A block that waits for its turn. */
export interface Timed {
  /** Any unit; the smallest comes first. */
  readonly time: number;
  /** When it came, ms. */
  readonly arrived_ms: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A binary heap. Of equal times the one that came first is first. */
export class TimeQueue {
  readonly #items: (Timed & { order: number })[] = [];
  #order = 0;

  get size(): number {
    return this.#items.length;
  }

  /** The earliest; it stays. */
  get first(): Timed | undefined {
    return this.#items[0];
  }

  add(item: Timed): void {
    const items = this.#items;
    const added = { ...item, order: this.#order++ };
    let at = items.length;
    items.push(added);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(added, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = added;
  }

  /** Takes the earliest out. */
  shift(): Timed | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (items.length > 0) this.#sink(last!);
    return first;
  }

  #sink(item: Timed & { order: number }) {
    const items = this.#items;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1]!, items[child]!)) child++;
      if (!before(items[child]!, item)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
  }
}

function before(a: Timed & { order: number }, b: Timed & { order: number }): boolean {
  return a.time < b.time || a.time === b.time && a.order < b.order;
}
