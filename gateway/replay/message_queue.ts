/**
 * Messages between who reads a capture and who publishes: the reader waits while there are enough.
 *
 * @module
 */

/** Messages that wait at most before the next chunk of the capture is read. */
const ENOUGH = 1000;

export class MessageQueue<T> {
  #messages: T[] = [];
  #next = 0;
  #ended = false;
  #wakeReader: (() => void) | undefined;
  #wakeTaker: (() => void) | undefined;

  put(message: T): void {
    this.#messages.push(message);
    this.#wakeTaker?.();
  }

  /** There will be no more. */
  end(): void {
    this.#ended = true;
    this.#wakeTaker?.();
    this.#wakeReader?.();
  }

  /** Settles when there is room for what the next chunk holds. */
  async room(): Promise<void> {
    while (this.#messages.length - this.#next > ENOUGH && !this.#ended) {
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
  }

  /** The next message; undefined at the end. */
  async take(): Promise<T | undefined> {
    while (this.#next === this.#messages.length) {
      this.#messages = [];
      this.#next = 0;
      this.#wakeReader?.();
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => this.#wakeTaker = resolve);
    }
    const message = this.#messages[this.#next++]!;
    if (this.#messages.length - this.#next === ENOUGH) this.#wakeReader?.();
    return message;
  }
}
