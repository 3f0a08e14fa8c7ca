/**
 * Which extended address belongs to a short one, learned from frames that hold both.
 *
 * @module
 */
import { dropOldest } from "./bounded_map.ts";

/** An extended address in two halves, and the frame it was learned from. */
export interface LearnedAddress {
  readonly hi: number;
  readonly lo: number;
  readonly frame: number;
}

const MOST = 65536;

/** Bounded: beyond 65,536 addresses the one learned first is forgotten. */
export class WpanAddresses {
  readonly #known = new Map<number, LearnedAddress>();

  find(pan: number, short: number): LearnedAddress | undefined {
    return this.#known.get(pan * 0x10000 + short);
  }

  /** Notes what a frame told; an address that was known already keeps its frame. */
  learn(pan: number, short: number, hi: number, lo: number, frame: number): LearnedAddress {
    const key = pan * 0x10000 + short;
    const known = this.#known.get(key);
    if (known !== undefined && known.hi === hi && known.lo === lo) return known;
    if (known === undefined && this.#known.size >= MOST) dropOldest(this.#known);
    const learned = { hi, lo, frame };
    this.#known.set(key, learned);
    return learned;
  }
}
