import type { Timing } from "./timing.ts";
import { utf8Length } from "./utf8_length.ts";

/**
 * Tells the gateway how many payload bytes arrived on this connection, which
 * keeps its window for this client open. Nothing is sent while nothing
 * arrives. {@linkcode stop} ends its timer.
 */
export class Receipts {
  #received = 0;
  #told = 0;
  #every: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #tell: (bytes: number) => void;
  readonly #timing: Timing;

  /** @param tell Sends `received`; gets the bytes of all messages so far. */
  constructor(tell: (bytes: number) => void, timing: Timing) {
    this.#tell = tell;
    this.#timing = timing;
    this.#every = timing.receivedEvery;
  }

  /** Tells at least so often, if that is oftener than before, milliseconds. */
  within(every: number): void {
    this.#every = Math.min(this.#every, every);
  }

  /**
   * Counts one message; call it after the message was handled. In a hidden
   * page, whose timers a browser may hold back for a minute, it tells at once.
   */
  add(message: string | ArrayBuffer): void {
    this.#received += typeof message === "string" ? utf8Length(message) : message.byteLength;
    const due = this.#received - this.#told >= this.#timing.receivedBytes;
    if (due || globalThis.document?.hidden) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), this.#every);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #send(): void {
    this.stop();
    if (this.#received === this.#told) return;
    this.#told = this.#received;
    this.#tell(this.#received);
  }
}
