/**
 * The line on the terminal that counts what was recorded.
 *
 * @module
 */
import type { Recording } from "./recording.ts";

const PERIOD_MS = 250;
const ENCODER = new TextEncoder();

/** Drawn from now until it is disposed of. */
export class TraceProgress implements Disposable {
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #recording: Recording;
  readonly #started = performance.now();
  #drawn = false;

  constructor(recording: Recording) {
    this.#recording = recording;
    this.#timer = setInterval(() => this.#draw(), PERIOD_MS);
  }

  /** Takes the line away, so that something else can be written. */
  clear(): void {
    if (this.#drawn) write("\r\x1b[K");
    this.#drawn = false;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.clear();
  }

  #draw() {
    const seconds = Math.floor((performance.now() - this.#started) / 1000);
    write(`\r${countsText(this.#recording)}  ${seconds} s\x1b[K`);
    this.#drawn = true;
  }
}

function write(text: string) {
  Deno.stderr.writeSync(ENCODER.encode(text));
}

/** "1,234 packets  567,890 bytes  0 lost". */
export function countsText({ packets, bytes, dropped }: Recording): string {
  const number = (value: number) => value.toLocaleString("en");
  return `${number(packets)} packets  ${number(bytes)} bytes  ${number(dropped)} lost`;
}
