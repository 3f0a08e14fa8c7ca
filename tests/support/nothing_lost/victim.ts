/**
 * A process that is killed again and again.
 *
 * @module
 */
import { TestProcess } from "../process.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
/** Time for what is to be acknowledged at the end, ms. */
const PATIENCE_MS = 60_000;

/** `await using` ends it. */
export class Victim implements AsyncDisposable {
  kills = 0;
  #process: TestProcess | null = null;
  readonly #words: () => string[];
  readonly #onEnd: (lines: string[]) => void;

  /**
   * @param words For Deno, of each life.
   * @param onEnd Hears what a life wrote.
   */
  constructor(words: () => string[], onEnd: (lines: string[]) => void = () => {}) {
    this.#words = words;
    this.#onEnd = onEnd;
  }

  begin() {
    this.#process = new TestProcess(Deno.execPath(), { args: this.#words(), cwd: ROOT });
  }

  /** What it wrote in this life. */
  get lines(): string[] {
    return this.#process?.lines ?? [];
  }

  /** @throws {Error} If it had ended by itself. */
  async kill() {
    const process = this.#process!;
    process.kill("SIGKILL");
    const { signal, code } = await process.status;
    this.#onEnd(process.lines);
    if (signal !== "SIGKILL") {
      throw new Error(`${process.lines.length} lines, ended with ${code}:\n${process.output}`);
    }
    this.kills++;
  }

  /** Ends it in an orderly way. */
  async end() {
    const process = this.#process;
    if (process === null) return;
    this.#process = null;
    const { signal } = await process.stop(PATIENCE_MS);
    this.#onEnd(process.lines);
    if (signal === "SIGKILL") throw new Error(`it did not end:\n${process.lines.slice(-20)}`);
  }

  async [Symbol.asyncDispose]() {
    await this.#process?.stop();
  }
}
