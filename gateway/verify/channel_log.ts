/**
 * One channel of one epoch: which of its numbers came, how often and in which order.
 *
 * @module
 */
import { NumberRanges } from "./number_ranges.ts";

/** A range of numbers, both ends inclusive. */
export interface NumberRange {
  from: number;
  to: number;
}

/** Numbers that never came. */
export interface Gap extends NumberRange {
  /** Why, where a record says it. */
  reason?: string;
}

/** Numbers that came once more, in one go. */
export interface Duplicate extends NumberRange {
  /** Marked as sent once more (DUP). */
  resent: boolean;
}

/** Numbers that came for the first time after a larger one, in one go. */
export interface Reordering extends NumberRange {
  /** The largest that had come. */
  after: number;
}

/** How much may still be listed one by one, of all channels together. */
export interface Listing {
  left: number;
}

/** Records of drops kept of one channel; more are counted. */
const KEPT_DROPS = 65_536;

export class ChannelLog {
  readonly epoch: string;
  readonly channel: string;
  /** All that came, also those that came before. */
  messages = 0;
  /** Of which came before; those marked as sent once more among them. */
  duplicates = 0;
  resent = 0;
  /** Of which came first after a larger number. */
  reordered = 0;
  /** Of which came so late that it is not known whether they had come. */
  unknown = 0;
  /** Records of drops that are not kept. */
  uncountedDrops = 0;
  readonly duplicateList: Duplicate[] = [];
  readonly reorderingList: Reordering[] = [];
  readonly #ranges: NumberRanges;
  readonly #listing: Listing;
  #drops: Required<Gap>[] = [];
  /** The drops are in order, and none overlaps another. */
  #isTidy = true;

  constructor(epoch: string, channel: string, listing: Listing, ranges = new NumberRanges()) {
    this.epoch = epoch;
    this.channel = channel;
    this.#listing = listing;
    this.#ranges = ranges;
  }

  /** Takes a message. @param n an integer that can be counted on from */
  take(n: number, isResent: boolean) {
    this.messages++;
    const before = this.#ranges.isEmpty ? n : this.#ranges.last;
    const arrival = this.#ranges.add(n);
    if (arrival === "new") return;
    if (arrival === "again") {
      this.duplicates++;
      if (isResent) this.resent++;
      this.#listDuplicate(n, isResent);
    } else if (arrival === "late") {
      this.reordered++;
      this.#listReordering(n, before);
    } else this.unknown++;
  }

  /** Takes a record of numbers that do not come. */
  drop(from: number, to: number, reason: string) {
    const last = this.#drops.at(-1);
    if (last !== undefined && last.reason === reason && from >= last.from && from <= last.to + 1) {
      last.to = Math.max(last.to, to);
    } else if (this.#drops.length < KEPT_DROPS) {
      if (last !== undefined && from <= last.to) this.#isTidy = false;
      this.#drops.push({ from, to, reason });
    } else this.uncountedDrops++;
  }

  /** The smallest number known; `null`: none is. */
  get first(): number | null {
    const firsts = this.#drops.map(({ from }) => from);
    if (!this.#ranges.isEmpty) firsts.push(this.#ranges.first);
    return firsts.length === 0 ? null : firsts.reduce((a, b) => Math.min(a, b));
  }

  /** The largest number known; `null`: none is. */
  get last(): number | null {
    const lasts = this.#drops.map(({ to }) => to);
    if (!this.#ranges.isEmpty) lasts.push(this.#ranges.last);
    return lasts.length === 0 ? null : lasts.reduce((a, b) => Math.max(a, b));
  }

  /** Numbers of gaps that are not kept one by one. */
  get unlistedMissing(): number {
    return this.#ranges.settledMissing;
  }

  /** Numbers between the first and the last that never came. */
  get missing(): number {
    let missing = this.unlistedMissing;
    for (const { from, to } of this.gaps()) missing += to - from + 1;
    return missing;
  }

  get isClean(): boolean {
    return this.duplicates === 0 && this.reordered === 0 && this.unknown === 0 &&
      this.missing === 0;
  }

  /** What never came, ascending; a gap with several reasons is several gaps. */
  *gaps(): Generator<Gap> {
    const drops = this.#tidyDrops();
    let at = 0;
    for (const [from, to] of this.#holes()) {
      while (at < drops.length && drops[at]!.to < from) at++;
      let next = from;
      for (let i = at; i < drops.length && drops[i]!.from <= to; i++) {
        const drop = drops[i]!;
        if (drop.from > next) yield { from: next, to: drop.from - 1 };
        const end = Math.min(drop.to, to);
        yield { from: Math.max(drop.from, next), to: end, reason: drop.reason };
        next = end + 1;
      }
      if (next <= to) yield { from: next, to };
    }
  }

  /** Holes between the first and the last number known. */
  *#holes(): Generator<[from: number, to: number]> {
    const { first, last } = this;
    if (first === null || last === null) return;
    if (this.#ranges.isEmpty) {
      yield [first, last];
      return;
    }
    if (first < this.#ranges.first) yield [first, this.#ranges.first - 1];
    yield* this.#ranges.gaps();
    if (last > this.#ranges.last) yield [this.#ranges.last + 1, last];
  }

  /** In order and without overlaps: what was told first counts. */
  #tidyDrops(): Required<Gap>[] {
    if (this.#isTidy) return this.#drops;
    const sorted = this.#drops.toSorted((a, b) => a.from - b.from);
    const tidy: Required<Gap>[] = [];
    for (const { from, to, reason } of sorted) {
      const start = Math.max(from, (tidy.at(-1)?.to ?? -Infinity) + 1);
      if (start <= to) tidy.push({ from: start, to, reason });
    }
    this.#drops = tidy;
    this.#isTidy = true;
    return tidy;
  }

  #listDuplicate(n: number, resent: boolean) {
    const last = this.duplicateList.at(-1);
    if (last !== undefined && last.to + 1 === n && last.resent === resent) last.to = n;
    else if (this.#listing.left-- > 0) this.duplicateList.push({ from: n, to: n, resent });
  }

  #listReordering(n: number, after: number) {
    const last = this.reorderingList.at(-1);
    if (last !== undefined && last.to + 1 === n && last.after === after) last.to = n;
    else if (this.#listing.left-- > 0) this.reorderingList.push({ from: n, to: n, after });
  }
}
