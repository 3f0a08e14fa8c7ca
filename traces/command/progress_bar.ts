/**
 * A line on the terminal that shows how far a long job is.
 *
 * @module
 */

/** Not shown for jobs shorter than this, and drawn no more often, ms. */
const PATIENCE_MS = 500;
const REDRAW_MS = 200;
const WIDTH = 24;

const ENCODER = new TextEncoder();

export class ProgressBar {
  readonly #started = performance.now();
  #drawn = 0;

  /** Draws, if it is time to. @param total undefined when the end isn't known */
  update(done: number, total: number | undefined, frames: number): void {
    const now = performance.now();
    const elapsed = now - this.#started;
    if (elapsed < PATIENCE_MS || now - this.#drawn < REDRAW_MS) return;
    this.#drawn = now;
    write(`\r${progressText(done, total, frames, elapsed)}\x1b[K`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#drawn !== 0) write("\r\x1b[K");
    this.#drawn = 0;
  }
}

function write(text: string): void {
  Deno.stderr.writeSync(ENCODER.encode(text));
}

/** "[######------]  50 %  1,000,000 frames  500,000/s  2 s left". */
export function progressText(
  done: number,
  total: number | undefined,
  frames: number,
  elapsed_ms: number,
): string {
  const rate = Math.round(frames / (elapsed_ms / 1000));
  const counts = `${frames.toLocaleString("en")} frames  ${rate.toLocaleString("en")}/s`;
  if (total === undefined || total === 0) return counts;
  const part = Math.min(1, done / total);
  const filled = Math.round(part * WIDTH);
  const bar = "#".repeat(filled) + "-".repeat(WIDTH - filled);
  const left = part === 0 ? "" : `  ${Math.ceil(elapsed_ms * (1 - part) / part / 1000)} s left`;
  return `[${bar}] ${String(Math.floor(part * 100)).padStart(3)} %  ${counts}${left}`;
}
