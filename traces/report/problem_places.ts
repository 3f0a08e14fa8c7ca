/**
 * Where in a field tree the problems of a frame belong.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import { fieldOf } from "../wire/field.ts";
import type { Problem } from "../wire/problem.ts";
import { entryRange } from "./entry_text.ts";
import { isHidden } from "./field_names.ts";

/** Severities by rank; 0 is none. */
export const SEVERITIES = [undefined, "note", "warn", "error"] as const;
const RANKS: Record<Problem["rule"]["severity"], number> = { note: 1, warning: 2, error: 3 };

/** Comparisons for one frame: problems behind them are only put into their layers. */
const MAX_COMPARISONS = 1 << 18;

/** Rank of a problem's severity in `SEVERITIES`. */
export function severityRank({ rule }: Problem): number {
  return RANKS[rule.severity];
}

/** The place of a problem, as far as the tree was looked through; -1: none. */
interface Case {
  readonly problem: Problem;
  /** Innermost entry of the problem's layer that its byte is in; innermost of all. */
  inner: number;
  other: number;
}

/** The problems of one frame, by the entries that they are about. */
export class ProblemPlaces {
  readonly #problems = new Map<number, Problem[]>();
  readonly #ranks = new Map<number, number>();
  /** By name: the last layer at the top. */
  readonly #layers = new Map<string, number>();
  /** What each entry is in; -1: nothing. */
  #parents = new Int32Array(512);
  #comparisons = 0;

  /**
   * Takes the place of the frame before.
   *
   * @param entries How many entries are looked at. A problem of others has no place.
   */
  find(d: Dissection, entries: number): void {
    this.#problems.clear();
    this.#ranks.clear();
    this.#layers.clear();
    if (d.problems.length === 0) return;
    const count = Math.min(entries, d.tree.count);
    const cases = d.problems.map((problem): Case => ({ problem, inner: -1, other: -1 }));
    this.#look(d, count, cases.toSorted(byPlace));
    const whole = count === d.tree.count;
    for (const { problem, inner, other } of cases) {
      let place = inner;
      if (place < 0 && whole) place = this.#layers.get(problem.rule.layer) ?? Math.max(other, 0);
      if (place >= 0 && place < count) this.#put(place, problem);
    }
  }

  /** Problems of an entry itself. */
  of(index: number): readonly Problem[] | undefined {
    return this.#problems.get(index);
  }

  /** Rank of the worst problem of an entry and of all inside it; 0: none. */
  rankOf(index: number): number {
    return this.#ranks.size === 0 ? 0 : this.#ranks.get(index) ?? 0;
  }

  /** Goes through the tree once. @param cases In the order of their bytes. */
  #look(d: Dissection, count: number, cases: readonly Case[]): void {
    const { tree } = d;
    if (this.#parents.length < count) this.#parents = new Int32Array(count * 2);
    const parents = this.#parents;
    this.#comparisons = 0;
    let layer = "";
    for (let index = 0; index < count; index++) {
      const depth = tree.depth[index]!;
      let parent = index - 1;
      while (parent >= 0 && tree.depth[parent]! >= depth) parent = parents[parent]!;
      parents[index] = parent;
      const { name } = fieldOf(tree.id[index]!);
      if (depth === 0) this.#layers.set(layer = name, index);
      if (!isHidden(name)) this.#compare(d, index, layer, cases);
    }
  }

  /** Notes an entry in the problems whose bytes are in it. */
  #compare(d: Dissection, index: number, layer: string, cases: readonly Case[]): void {
    const range = entryRange(d, index);
    if (range === undefined) return;
    const source = d.tree.source[index]!;
    for (let at = firstAt(cases, source, range.start); at < cases.length; at++) {
      const known = cases[at]!;
      const { problem } = known;
      if (problem.source !== source || problem.offset >= range.end) return;
      if (++this.#comparisons > MAX_COMPARISONS) return;
      if (problem.rule.layer === layer) known.inner = inside(d, known.inner, index);
      else known.other = inside(d, known.other, index);
    }
  }

  /** Puts a problem to an entry, and marks those that this is in. */
  #put(place: number, problem: Problem): void {
    const list = this.#problems.get(place);
    if (list === undefined) this.#problems.set(place, [problem]);
    else list.push(problem);
    const rank = severityRank(problem);
    for (
      let index = place;
      index >= 0 && this.rankOf(index) < rank;
      index = this.#parents[index]!
    ) {
      this.#ranks.set(index, rank);
    }
  }
}

function byPlace({ problem: a }: Case, { problem: b }: Case): number {
  return a.source - b.source || a.offset - b.offset;
}

/** Number of the first case in `source` whose byte is at `offset` or behind it. */
function firstAt(cases: readonly Case[], source: number, offset: number): number {
  let low = 0;
  let high = cases.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { problem } = cases[middle]!;
    if (problem.source < source || problem.source === source && problem.offset < offset) {
      low = middle + 1;
    } else high = middle;
  }
  return low;
}

/** Which of two entries is nested deeper; the later of two as deep. */
function inside({ tree }: Dissection, known: number, index: number): number {
  return known < 0 || tree.depth[index]! >= tree.depth[known]! ? index : known;
}
