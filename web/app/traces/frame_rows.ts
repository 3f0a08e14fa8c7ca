/**
 * The newest frames, in bounded memory: a row is kept as its columns and the line it came in, which
 * is taken apart once more when somebody looks into the frame.
 *
 * @module
 */
import type { Severity, TreeFrame } from "../../../traces/report/tree_line.ts";

/** Rows, and characters of their lines, that are kept. */
export const MAX_ROWS = 5000;
const MAX_CHARACTERS = 64 << 20;

export interface FrameRow {
  /** Counts all frames ever added, from 0. */
  ordinal: number;
  number: number;
  /** Unix nanoseconds; `undefined` for a frame without time. */
  time: bigint | undefined;
  source: string;
  destination: string;
  protocol: string;
  length: number;
  info: string;
  severity: Severity | undefined;
  interface: string;
  comments: readonly string[];
  line: string;
}

/** "1795205270.075062000" as nanoseconds; `undefined` when it is no time. */
export function nanoseconds(time: string): bigint | undefined {
  const [, sign, seconds, rest = ""] = /^(-?)(\d+)(?:\.(\d{1,9}))?/.exec(time) ?? [];
  if (seconds === undefined) return undefined;
  const value = BigInt(seconds) * 1_000_000_000n + BigInt(rest.padEnd(9, "0"));
  return sign === "-" ? -value : value;
}

/** The frame behind a row, with its tree and bytes. */
export function frameOf(row: FrameRow): TreeFrame {
  return JSON.parse(row.line).frame;
}

/** A ring of rows, the oldest first. */
export class FrameRows {
  readonly #ring: (FrameRow | undefined)[] = [];
  readonly #capacity: number;
  #start = 0;
  #length = 0;
  #characters = 0;
  #added = 0;
  #first: bigint | undefined;

  constructor(capacity: number = MAX_ROWS) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#length;
  }

  /** Frames that were let go to make room. */
  get dropped(): number {
    return this.#added - this.#length;
  }

  /** Time of the first frame ever added, Unix nanoseconds. */
  get firstTime(): bigint {
    return this.#first ?? 0n;
  }

  /** @param index 0 is the oldest that is kept */
  at(index: number): FrameRow | undefined {
    if (index < 0 || index >= this.#length) return undefined;
    return this.#ring[(this.#start + index) % this.#capacity];
  }

  /** Where a row is now; -1 when it was let go. */
  indexOf(row: FrameRow): number {
    const index = row.ordinal - this.dropped;
    return this.at(index) === row ? index : -1;
  }

  /**
   * @param line the line that the frame came in
   * @param base what is added to its number
   */
  add(frame: TreeFrame, line: string, base = 0): void {
    if (this.#length === this.#capacity) this.#drop();
    const { number, source, destination, protocol, length, info } = frame;
    const time = nanoseconds(frame.time);
    this.#first ??= time;
    this.#ring[(this.#start + this.#length) % this.#capacity] = {
      ordinal: this.#added,
      number: base + number,
      time,
      source,
      destination,
      protocol,
      length,
      info,
      severity: frame.severity,
      interface: frame.interface ?? "",
      comments: frame.comments ?? [],
      line,
    };
    this.#added++;
    this.#length++;
    this.#characters += line.length;
    while (this.#characters > MAX_CHARACTERS && this.#length > 1) this.#drop();
  }

  clear(): void {
    this.#ring.length = 0;
    this.#start =
      this.#length =
      this.#characters =
      this.#added =
        0;
    this.#first = undefined;
  }

  #drop(): void {
    this.#characters -= this.#ring[this.#start]!.line.length;
    this.#ring[this.#start] = undefined;
    this.#start = (this.#start + 1) % this.#capacity;
    this.#length--;
  }

  *[Symbol.iterator](): Generator<FrameRow> {
    for (let index = 0; index < this.#length; index++) yield this.at(index)!;
  }
}
