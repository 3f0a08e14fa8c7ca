/**
 * Which numbers came, as ranges: memory grows with what is missing, not with what came.
 *
 * @module
 */

/** What a number was when it came. */
export type Arrival =
  /** Above all before it. */
  | "new"
  /** Below a number that came before it. */
  | "late"
  /** It had come. */
  | "again"
  /** It lies where gaps are no longer kept one by one: late, or again. */
  | "unknown";

/** Gaps kept one by one, of one channel; of more only the sum. */
export const KEPT_GAPS = 65_536;
/** Gaps that are summed up together. */
const SETTLED_AT_ONCE = 1024;

export class NumberRanges {
  readonly #kept: number;
  /** First and last number of each range, ascending; no two of them touch. */
  #bounds = new Float64Array(4);
  #size = 0;
  /** Up to this number gaps are no longer kept one by one. */
  #settled = -Infinity;
  /** Numbers missing up to there. */
  settledMissing = 0;

  /** @param kept Gaps kept one by one. */
  constructor(kept = KEPT_GAPS) {
    this.#kept = kept;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** The smallest number that came; not to be asked for before one did. */
  get first(): number {
    return this.#bounds[0]!;
  }

  /** The largest. */
  get last(): number {
    return this.#bounds[this.#size - 1]!;
  }

  /** Takes a number, a safe integer. */
  add(n: number): Arrival {
    const last = this.#size === 0 ? -Infinity : this.last;
    if (n > last) {
      if (n === last + 1) this.#bounds[this.#size - 1] = n;
      else this.#append(n);
      return "new";
    }
    return this.#addBelow(n);
  }

  /** Numbers missing between the first and the last. */
  get missing(): number {
    let missing = this.settledMissing;
    for (let i = 2; i < this.#size; i += 2) missing += this.#bounds[i]! - this.#bounds[i - 1]! - 1;
    return missing;
  }

  /** Gaps kept one by one, ascending, both ends inclusive. */
  *gaps(): Generator<[from: number, to: number]> {
    for (let i = 2; i < this.#size; i += 2) {
      yield [this.#bounds[i - 1]! + 1, this.#bounds[i]! - 1];
    }
  }

  #append(n: number) {
    if (this.#size / 2 > this.#kept) this.#settle();
    this.#insert(this.#size, n);
  }

  #addBelow(n: number): Arrival {
    const bounds = this.#bounds;
    const at = this.#rangeFrom(n);
    if (at >= 0 && n <= bounds[at + 1]!) return n <= this.#settled ? "unknown" : "again";
    const touchesBelow = at >= 0 && n === bounds[at + 1]! + 1;
    const next = at + 2;
    const touchesAbove = n === bounds[next]! - 1;
    if (touchesBelow && touchesAbove) {
      bounds[at + 1] = bounds[next + 1]!;
      this.#remove(next);
    } else if (touchesBelow) bounds[at + 1] = n;
    else if (touchesAbove) bounds[next] = n;
    else this.#insert(next, n);
    return "late";
  }

  /** Index of the last range that begins at `n` or below; -2: none does. */
  #rangeFrom(n: number): number {
    let low = -1;
    let high = this.#size / 2;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#bounds[2 * middle]! <= n) low = middle;
      else high = middle;
    }
    return 2 * low;
  }

  #insert(at: number, n: number) {
    if (this.#size + 2 > this.#bounds.length) {
      const larger = new Float64Array(this.#bounds.length * 2);
      larger.set(this.#bounds);
      this.#bounds = larger;
    }
    this.#bounds.copyWithin(at + 2, at, this.#size);
    this.#bounds[at] = this.#bounds[at + 1] = n;
    this.#size += 2;
  }

  #remove(at: number) {
    this.#bounds.copyWithin(at, at + 2, this.#size);
    this.#size -= 2;
  }

  /** Makes one range of the oldest ones. */
  #settle() {
    const joined = 2 * Math.min(SETTLED_AT_ONCE, this.#size / 2 - 1);
    const bounds = this.#bounds;
    for (let i = 2; i <= joined; i += 2) this.settledMissing += bounds[i]! - bounds[i - 1]! - 1;
    this.#settled = bounds[joined]! - 1;
    bounds[joined] = bounds[0]!;
    bounds.copyWithin(0, joined, this.#size);
    this.#size -= joined;
  }
}
