/**
 * Lines in the log about what nodes say wrongly, or how they fare: whatever a node sends, they stay
 * few, and one line each.
 *
 * @module
 */

export interface ProblemLogOptions {
  log: (line: string) => void;
  /** Lines in a period, of all nodes together. @default 20 */
  lines?: number;
  /** Milliseconds. @default 60000 */
  periodMs?: number;
  /** What the lines are about. @default "node" */
  subject?: string;
  /** What was left out last of each is said in the end: lines are of states. @default false */
  states?: boolean;
}

/** Ends with `close()`. */
export class ProblemLog {
  readonly #log: (line: string) => void;
  readonly #lines: number;
  readonly #periodMs: number;
  readonly #subject: string;
  /** What was said in this period: nodes and texts, without the numbers in them. */
  readonly #said = new Set<string>();
  #leftOut = 0;
  /** What was left out last, by node. */
  readonly #latest: Map<string, string> | null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    { log, lines = 20, periodMs = 60_000, subject = "node", states = false }: ProblemLogOptions,
  ) {
    this.#log = log;
    this.#latest = states ? new Map() : null;
    this.#subject = subject;
    this.#lines = lines;
    this.#periodMs = periodMs;
  }

  /** Says it, unless the same of that node, or too much, was said in this period. */
  problem(node: string, text: string) {
    const key = `${node}\n${text.replaceAll(/\d+/g, "")}`;
    if (this.#said.has(key) || this.#said.size >= this.#lines) {
      this.#leftOut++;
      this.#latest?.set(node, text);
      return;
    }
    this.#timer ??= setTimeout(() => this.#end(), this.#periodMs);
    this.#said.add(key);
    this.#latest?.delete(node);
    this.#write(node, text);
  }

  #write(node: string, text: string) {
    this.#log(`${this.#subject} ${printable(JSON.stringify(node))}: ${printable(text)}`);
  }

  #end() {
    this.#timer = undefined;
    this.#said.clear();
    if (this.#leftOut > 0) {
      const what = this.#latest === null ? "problems" : "lines";
      this.#log(`${this.#subject}s: ${this.#leftOut} more ${what} like these`);
    }
    this.#leftOut = 0;
    for (const [node, text] of this.#latest ?? []) this.#write(node, text);
    this.#latest?.clear();
  }

  close() {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#end();
  }
}

/** Text without what would end a line, or tell a terminal something: that becomes `\u....`. */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
