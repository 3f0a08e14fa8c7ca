/**
 * The newest frames, in bounded memory: a row is kept as its columns and the line it came in, which
 * is taken apart once more when somebody looks into the frame.
 *
 * @module
 */
import type { TreeFrame } from "../../../traces/report/tree_line.ts";

/** Rows, and characters of their lines, that are kept. */
export const MAX_ROWS = 5000;
const MAX_CHARACTERS = 64 << 20;

export interface FrameRow extends Omit<TreeFrame, "time" | "sources" | "tree"> {
  /** Counts all frames ever added, from 0. */
  ordinal: number;
  /** Unix microseconds; `undefined` for a frame without time. */
  time: number | undefined;
  line: string;
}

/** "1795205270.075062000" as microseconds, which a number holds exactly until the year 2255. */
export function microseconds(time: string): number | undefined {
  return time === "" ? undefined : Number(time.slice(0, -3).replace(".", ""));
}

/** The frame behind a row, with its tree and bytes. */
export function frameOf(row: FrameRow): TreeFrame {
  return JSON.parse(row.line).frame;
}

export class FrameRows {
  /** The oldest first. */
  readonly list: FrameRow[] = [];
  /** Frames that were let go to make room. */
  dropped = 0;
  /** Time of the first frame ever added, Unix microseconds. */
  firstTime: number | undefined;
  readonly #capacity: number;
  #characters = 0;

  constructor(capacity: number = MAX_ROWS) {
    this.#capacity = capacity;
  }

  /** Where a row is now; -1 when it was let go. */
  indexOf(row: FrameRow): number {
    const index = row.ordinal - this.dropped;
    return this.list[index] === row ? index : -1;
  }

  /**
   * @param line the line that the frame came in
   * @param base what is added to its number
   */
  add(frame: TreeFrame, line: string, base = 0): void {
    const { tree: _tree, sources: _sources, ...columns } = frame;
    const { list } = this;
    const time = microseconds(frame.time);
    const ordinal = this.dropped + list.length;
    this.firstTime ??= time;
    list.push({ ...columns, number: base + frame.number, time, ordinal, line });
    this.#characters += line.length;
    while (
      list.length > this.#capacity || (this.#characters > MAX_CHARACTERS && list.length > 1)
    ) {
      this.#characters -= list.shift()!.line.length;
      this.dropped++;
    }
  }

  clear(): void {
    this.list.length = this.dropped = this.#characters = 0;
    this.firstTime = undefined;
  }
}
