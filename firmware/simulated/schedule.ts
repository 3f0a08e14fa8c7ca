/**
 * What is next: a binary heap of things that have a time.
 *
 * @module
 */

/** Something that happens. */
export interface Scheduled {
  /** ms. */
  due_ms: number;
}

/** Things in the order of their times. */
export class Schedule<T extends Scheduled> {
  readonly #heap: T[] = [];

  /** The next one; undefined when there is none. */
  get first(): T | undefined {
    return this.#heap[0];
  }

  add(item: T): void {
    const heap = this.#heap;
    let at = heap.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.due_ms <= item.due_ms) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = item;
  }

  /** Puts the first one where it belongs after its time became later. */
  moved(): void {
    const heap = this.#heap;
    const item = heap[0]!;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && heap[child + 1]!.due_ms < heap[child]!.due_ms) child++;
      if (item.due_ms <= heap[child]!.due_ms) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = item;
  }
}
