/**
 * A TCP relay on loopback whose connections a test can cut, as when a cable is
 * pulled out of a node: no MQTT DISCONNECT is sent.
 *
 * @module
 */

/** A running relay. `await using` ends it. */
export class TcpRelay implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #target: number;
  readonly #pipes = new Set<Promise<unknown>>();
  #scissors = new AbortController();

  /** @param target Port on 127.0.0.1 that connections are passed on to. */
  constructor(target: number) {
    this.#target = target;
    this.#accept();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Closes every connection; new ones are taken as before. */
  async cut() {
    this.#scissors.abort();
    this.#scissors = new AbortController();
    await Promise.all(this.#pipes);
  }

  async [Symbol.asyncDispose]() {
    this.#listener.close();
    await this.cut();
  }

  async #accept() {
    for await (const near of this.#listener) {
      const far = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
      const { signal } = this.#scissors;
      const pipes = Promise.allSettled([
        near.readable.pipeTo(far.writable, { signal }),
        far.readable.pipeTo(near.writable, { signal }),
      ]).finally(() => this.#pipes.delete(pipes));
      this.#pipes.add(pipes);
    }
  }
}
