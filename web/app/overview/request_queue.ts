/** Runs requests in the order they were asked for, a few at a time. */
export class RequestQueue {
  readonly #most: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  /** @param most Requests at a time. */
  constructor(most = 4) {
    this.#most = most;
  }

  /**
   * @param request Its failure is its own matter: the queue goes on.
   * @returns Takes it back; one that runs is aborted.
   */
  add(request: (signal: AbortSignal) => Promise<void>): () => void {
    const abort = new AbortController();
    const start = async () => {
      this.#running++;
      try {
        await request(abort.signal);
      } catch {
        // Whoever asked asks again.
      }
      this.#running--;
      this.#next();
    };
    this.#waiting.add(start);
    this.#next();
    return () => {
      this.#waiting.delete(start);
      abort.abort();
    };
  }

  #next(): void {
    if (this.#running >= this.#most) return;
    const [start] = this.#waiting;
    if (!start) return;
    this.#waiting.delete(start);
    start();
  }
}
