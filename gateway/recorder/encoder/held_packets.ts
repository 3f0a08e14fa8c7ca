/**
 * Holds events for a while, so that they go out in the order of their times: a radio frame's is when
 * it was on the air, which is earlier than that of the PUBLISH that brought it.
 *
 * @module
 */

/** Writes what it had put into the hold. */
export interface HeldWriter<Event> {
  write(event: Event, detail: unknown): void;
}

export interface Held<Event> {
  event: Event;
  /** Ms of the monotonic clock. */
  time: number;
  /** Counts what was put in. */
  order: number;
  /** When it came, in the time of {@linkcode HeldPackets.next}. */
  readAt: number;
  writer: HeldWriter<Event>;
  /** The writer's own. */
  detail: unknown;
  /** What it takes, see {@linkcode HeldPackets.bytes}. */
  bytes: number;
}

function before<Event>(a: Held<Event>, b: Held<Event>): boolean {
  return a.time < b.time || a.time === b.time && a.order < b.order;
}

/** Those whose times never fall form a queue; the others a heap, from which they come by time. */
export class HeldPackets<Event> {
  #queue: Held<Event>[] = [];
  #head = 0;
  readonly #early: Held<Event>[] = [];
  #count = 0;
  #bytes = 0;

  /** Sum of what was said of those that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#queue.length - this.#head + this.#early.length;
  }

  add(
    time: number,
    readAt: number,
    writer: HeldWriter<Event>,
    event: Event,
    detail: unknown,
    bytes = 0,
  ) {
    const held = { event, time, order: this.#count++, readAt, writer, detail, bytes };
    this.#bytes += bytes;
    const newest = this.#queue.at(-1);
    if (newest === undefined || this.#head === this.#queue.length || newest.time <= time) {
      this.#queue.push(held);
    } else this.#push(held);
  }

  /**
   * The earliest one, if it or one that has to wait for it came by then.
   *
   * @returns undefined: none has been held long enough
   */
  next(readBy: number): Held<Event> | undefined {
    const first = this.#queue[this.#head];
    const early = this.#early[0];
    if (early === undefined || first !== undefined && before(first, early)) {
      if (first === undefined) return undefined;
      if (first.readAt > readBy && (early === undefined || early.readAt > readBy)) return undefined;
      return this.#shift(first);
    }
    if (early.readAt > readBy && (first === undefined || first.readAt > readBy)) return undefined;
    return this.#pop(early);
  }

  #shift(first: Held<Event>): Held<Event> {
    this.#bytes -= first.bytes;
    this.#head++;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 >= this.#queue.length) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    } else this.#queue[this.#head - 1] = undefined as unknown as Held<Event>;
    return first;
  }

  #push(held: Held<Event>) {
    const heap = this.#early;
    let at = heap.length;
    heap.push(held);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(held, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = held;
  }

  #pop(first: Held<Event>): Held<Event> {
    this.#bytes -= first.bytes;
    const heap = this.#early;
    const last = heap.pop()!;
    const { length } = heap;
    if (length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}
