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

/** Rank of a problem's severity in `SEVERITIES`. */
export function severityRank({ rule }: Problem): number {
  return RANKS[rule.severity];
}

/** The problems of one frame, by the entries that they are about. */
export class ProblemPlaces {
  readonly #problems = new Map<number, Problem[]>();
  readonly #ranks = new Map<number, number>();

  /** Takes the place of the frame before. */
  find(d: Dissection): void {
    if (this.#ranks.size > 0) {
      this.#problems.clear();
      this.#ranks.clear();
    }
    for (const problem of d.problems) {
      const place = placeOf(d, problem);
      if (place < 0) continue;
      const list = this.#problems.get(place);
      if (list === undefined) this.#problems.set(place, [problem]);
      else list.push(problem);
      this.#mark(d, place, severityRank(problem));
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

  /** Marks an entry and those that it is in. */
  #mark({ tree }: Dissection, place: number, rank: number): void {
    let depth = tree.depth[place]! + 1;
    for (let index = place; index >= 0 && depth > 0; index--) {
      if (tree.depth[index]! >= depth) continue;
      depth = tree.depth[index]!;
      if (rank > this.rankOf(index)) this.#ranks.set(index, rank);
    }
  }
}

/**
 * The innermost entry of the problem's layer that its byte is in; else the layer; else whatever its
 * byte is in. -1: the tree is empty.
 */
function placeOf(d: Dissection, { rule, source, offset }: Problem): number {
  const { tree } = d;
  let layer = -1;
  let inner = -1;
  let other = -1;
  let own = false;
  for (let index = 0; index < tree.count; index++) {
    const { name } = fieldOf(tree.id[index]!);
    if (tree.depth[index] === 0) {
      own = name === rule.layer;
      if (own) layer = index;
    }
    if (tree.source[index] !== source || isHidden(name)) continue;
    const range = entryRange(d, index);
    if (range === undefined || offset < range.start || offset >= range.end) continue;
    if (own) inner = inside(d, inner, index);
    else other = inside(d, other, index);
  }
  if (inner >= 0) return inner;
  if (layer >= 0) return layer;
  return other >= 0 ? other : tree.count - 1 < 0 ? -1 : 0;
}

/** Which of two entries is nested deeper; the later of two as deep. */
function inside({ tree }: Dissection, known: number, index: number): number {
  return known < 0 || tree.depth[index]! >= tree.depth[known]! ? index : known;
}
