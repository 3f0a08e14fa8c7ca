/**
 * The problems of a capture, one entry per broken rule.
 *
 * @module
 */
import type { Problem, Rule, Severity } from "../../wire/problem.ts";

/** Frame numbers kept per rule. */
const FRAMES = 10;
const WORST: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

export interface ProblemCount {
  readonly rule: Rule;
  count: number;
  /** Numbers of the first frames with it. */
  readonly frames: number[];
  /** What was found the first time. */
  readonly detail: string | undefined;
}

export class ProblemCounts {
  readonly #counts = new Map<Rule, ProblemCount>();
  /** Problems that no longer fitted in their frame's list. */
  dropped = 0;

  add(problem: Problem): void {
    let entry = this.#counts.get(problem.rule);
    if (entry === undefined) {
      entry = { rule: problem.rule, count: 0, frames: [], detail: problem.detail };
      this.#counts.set(problem.rule, entry);
    }
    entry.count++;
    if (entry.frames.length < FRAMES && entry.frames.at(-1) !== problem.frame) {
      entry.frames.push(problem.frame);
    }
  }

  /** Worst first, then by number, then by first frame. */
  sorted(): ProblemCount[] {
    return [...this.#counts.values()].sort((a, b) =>
      WORST[a.rule.severity] - WORST[b.rule.severity] || b.count - a.count ||
      (a.frames[0] ?? 0) - (b.frames[0] ?? 0)
    );
  }
}
