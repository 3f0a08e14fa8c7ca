/**
 * Segments that came before bytes that belong in front of them: they wait, in sequence order.
 *
 * @module
 */
import type { StreamBudget } from "./stream_budget.ts";

/** Bytes and segments that may wait on one side of a connection. */
const MAX_HELD = 4 * 1024 * 1024;
const MAX_HELD_SEGMENTS = 4096;

/** One of them. */
export interface HeldSegment {
  /** Number of its first byte, raw. */
  readonly sequence: number;
  readonly data: Uint8Array;
  readonly frame: number;
}

export class HeldSegments {
  readonly segments: HeldSegment[] = [];
  bytes = 0;
  readonly #budget: StreamBudget;

  constructor(budget: StreamBudget) {
    this.#budget = budget;
  }

  /** More than may wait: the bytes in front must be given up. */
  get full(): boolean {
    return this.bytes > MAX_HELD || this.segments.length >= MAX_HELD_SEGMENTS ||
      !this.#budget.hasRoom(0);
  }

  /** Keeps a copy of `data[start, end)`. */
  add(sequence: number, data: Uint8Array, start: number, end: number, frame: number): void {
    const { segments } = this;
    let at = segments.length;
    while (at > 0 && (segments[at - 1]!.sequence - sequence | 0) > 0) at--;
    const held = { sequence, data: data.slice(start, end), frame };
    if (at === segments.length) segments.push(held);
    else segments.splice(at, 0, held);
    this.bytes += end - start;
    this.#budget.waiting += end - start;
  }

  /** Takes out the first `count`. */
  take(count: number): HeldSegment[] {
    const taken = this.segments.splice(0, count);
    let bytes = 0;
    for (const held of taken) bytes += held.data.length;
    this.bytes -= bytes;
    this.#budget.waiting -= bytes;
    return taken;
  }

  clear(): void {
    this.take(this.segments.length);
  }
}
