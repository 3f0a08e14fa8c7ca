/**
 * Makes the checks of `pcapng_bombs.ts` in a worker.
 *
 * @module
 */

/** Starts with its first check; to be ended. */
export class BombWorker {
  #worker: Worker | undefined;

  /**
   * Makes one check at a time.
   *
   * @param bomb By what it says.
   * @throws {Error} What was wrong.
   */
  async check(bomb: string) {
    this.#worker ??= new Worker(new URL("pcapng_bombs_worker.ts", import.meta.url), {
      type: "module",
    });
    const worker = this.#worker;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.postMessage(bomb);
    const problem = await promise;
    if (problem !== "") throw new Error(problem);
  }

  end() {
    this.#worker?.terminate();
  }
}
