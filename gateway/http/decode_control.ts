/**
 * Memory that the gateway and a worker that decodes an upload share: by it the worker is slowed and
 * stopped while it is busy. (Deno 2.9.6 terminates a worker only when it comes back to its event
 * loop.)
 *
 * @module
 */

/** Where the numbers are. */
const TAKEN = 0;
const STOPPED = 1;
/** Bytes of output that may wait for the client. */
const OUTPUT_AHEAD = 1 << 20;

/** Made by the gateway; the worker makes one of the same `memory`. */
export class DecodeControl {
  readonly memory: SharedArrayBuffer;
  /** Bytes of output that were taken, modulo 2^32; whether to stop. */
  readonly #shared: Int32Array<SharedArrayBuffer>;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.memory = memory;
    this.#shared = new Int32Array(memory);
  }

  /** The client took bytes: the worker may go on. */
  took(bytes: number): void {
    Atomics.add(this.#shared, TAKEN, bytes);
    Atomics.notify(this.#shared, TAKEN);
  }

  /** The worker is to stop, also if it waits. */
  stop(): void {
    Atomics.store(this.#shared, STOPPED, 1);
    this.took(1);
  }

  get stopped(): boolean {
    return Atomics.load(this.#shared, STOPPED) !== 0;
  }

  /** Blocks the worker while too much of what it gave waits. @param given Bytes, modulo 2^32. */
  wait(given: number): void {
    while (!this.stopped) {
      const taken = Atomics.load(this.#shared, TAKEN);
      if (((given - taken) | 0) <= OUTPUT_AHEAD) return;
      Atomics.wait(this.#shared, TAKEN, taken);
    }
  }
}
