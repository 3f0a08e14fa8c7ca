/**
 * A TCP proxy that can cut its connections off without a word: from then on
 * it forwards nothing in either direction, and keeps the sockets open.
 *
 * @module
 */

/** Listens on a free port; `using` closes everything. */
export class CutProxy implements Disposable {
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #conns: Deno.Conn[] = [];
  readonly #target: number;
  #cut = false;

  /** @param target Port on loopback to forward to. */
  constructor(target: number) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = (this.#listener.addr as Deno.NetAddr).port;
    this.#accept();
  }

  async #accept() {
    for await (const near of this.#listener) {
      const far = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
      this.#conns.push(near, far);
      this.#forward(near, far);
      this.#forward(far, near);
    }
  }

  async #forward(from: Deno.Conn, to: Deno.Conn) {
    const buffer = new Uint8Array(1 << 16);
    try {
      while (true) {
        const count = await from.read(buffer);
        if (this.#cut) return;
        if (count === null) return to.close();
        for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
      }
    } catch {
      // One side is gone, or all is closed.
    }
  }

  cut() {
    this.#cut = true;
  }

  [Symbol.dispose]() {
    this.#listener.close();
    for (const conn of this.#conns) {
      try {
        conn.close();
      } catch {
        // It was closed already.
      }
    }
  }
}
