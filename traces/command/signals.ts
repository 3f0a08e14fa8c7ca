/**
 * Catches the signals that end a command in good order.
 *
 * @module
 */

export interface SignalsOptions {
  /** Whether the end of the terminal counts as well. @default false */
  readonly hangUp?: boolean;
  /** How long after a signal `over` settles, ms. @default 250 */
  readonly over_ms?: number;
  /** How long after a signal the process ends whatever it does, ms. @default Infinity */
  readonly patience_ms?: number;
  /** Exit code of a process that a signal ended. @default 128 and the signal's number */
  readonly exitCode?: number;
}

const CODES: Partial<Record<Deno.Signal, number>> = Deno.build.os === "windows"
  ? { SIGINT: 130, SIGBREAK: 149 }
  : { SIGINT: 130, SIGTERM: 143 };
const HANG_UP: Partial<Record<Deno.Signal, number>> = Deno.build.os === "windows"
  ? {}
  : { SIGHUP: 129 };
const OVER_MS = 250;

/** From now until it is disposed of; a second signal ends the process at once. */
export class Signals implements Disposable {
  /** Exit code of the signal that came. */
  code: number | undefined = undefined;
  /** Settles a moment after a signal: a read of standard input may wait for ever. */
  readonly over: Promise<void>;
  readonly #aborter = new AbortController();
  readonly #handlers: (readonly [Deno.Signal, () => void])[];

  constructor(options: SignalsOptions = {}) {
    const { hangUp = false, over_ms = OVER_MS, patience_ms = Infinity, exitCode } = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.over = promise;
    const codes = hangUp ? { ...CODES, ...HANG_UP } : CODES;
    this.#handlers = Object.entries(codes).map(([name, usual]) => {
      const code = exitCode ?? usual;
      const handler = () => {
        if (this.code !== undefined) Deno.exit(code);
        this.code = code;
        this.#aborter.abort();
        setTimeout(resolve, over_ms);
        if (patience_ms < Infinity) Deno.unrefTimer(setTimeout(() => Deno.exit(code), patience_ms));
      };
      return [name as Deno.Signal, handler];
    });
    for (const [name, handler] of this.#handlers) Deno.addSignalListener(name, handler);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  [Symbol.dispose](): void {
    for (const [name, handler] of this.#handlers) Deno.removeSignalListener(name, handler);
  }
}
