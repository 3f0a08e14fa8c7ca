/**
 * Segments that were sent and not yet acknowledged, of all connections in one set of arrays: queues
 * of indices, so that a connection costs a few numbers.
 *
 * @module
 */
import { FULL_LIMITS } from "./decoder_limits.ts";

const FIRST_SIZE = 1024;

export class UnackedSegments {
  next = new Int32Array(FIRST_SIZE);
  sequence = new Int32Array(FIRST_SIZE);
  /** Sequence number behind it; SYN and FIN count as one. */
  end = new Int32Array(FIRST_SIZE);
  frame = new Int32Array(FIRST_SIZE);
  /** When it was sent. */
  seconds = new Float64Array(FIRST_SIZE);
  nanoseconds = new Int32Array(FIRST_SIZE);
  /** First of the unused places; 0 is never used. */
  #free = 0;
  #used = 1;
  readonly #most: number;

  /** @param most segments of all connections, a power of two; beyond new ones are not remembered */
  constructor(most: number = FULL_LIMITS.unackedSegments) {
    this.#most = most;
  }

  /** @returns the place of a new segment, 0 when there is none left */
  add(sequence: number, end: number, frame: number, seconds: number, nanoseconds: number): number {
    let at = this.#free;
    if (at !== 0) {
      this.#free = this.next[at]!;
    } else {
      if (this.#used === this.next.length && !this.#grow()) return 0;
      at = this.#used++;
    }
    this.next[at] = 0;
    this.sequence[at] = sequence;
    this.end[at] = end;
    this.frame[at] = frame;
    this.seconds[at] = seconds;
    this.nanoseconds[at] = nanoseconds;
    return at;
  }

  /** Gives a place back. */
  release(at: number): void {
    this.next[at] = this.#free;
    this.#free = at;
  }

  #grow(): boolean {
    const size = this.next.length * 2;
    if (size > this.#most) return false;
    this.next = bigger(this.next, size);
    this.sequence = bigger(this.sequence, size);
    this.end = bigger(this.end, size);
    this.frame = bigger(this.frame, size);
    this.nanoseconds = bigger(this.nanoseconds, size);
    const seconds = new Float64Array(size);
    seconds.set(this.seconds);
    this.seconds = seconds;
    return true;
  }
}

function bigger(old: Int32Array<ArrayBuffer>, size: number): Int32Array<ArrayBuffer> {
  const made = new Int32Array(size);
  made.set(old);
  return made;
}
