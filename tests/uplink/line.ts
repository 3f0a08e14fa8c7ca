/**
 * The line to the cloud: a TCP proxy that can be down, and takes its time.
 *
 * @module
 */

/** Listens on a free port; `using` closes everything. */
export class Line implements Disposable {
  readonly port: number;
  /** Connections it passed on. */
  connections = 0;
  /** Bytes that went up. */
  bytesUp = 0;
  /** Port on loopback; 0: nobody is there yet. */
  target: number;
  readonly #delayMs: number;
  readonly #conns = new Set<Deno.Conn>();
  #listener: Deno.TcpListener | null;

  /** @param target See there. @param delayMs Each way. */
  constructor(target: number, delayMs = 0) {
    this.target = target;
    this.#delayMs = delayMs;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = (this.#listener.addr as Deno.NetAddr).port;
    this.#accept(this.#listener);
  }

  async #accept(listener: Deno.TcpListener) {
    for await (const near of listener) {
      this.connections++;
      this.#serve(near);
    }
  }

  async #serve(near: Deno.TcpConn) {
    this.#conns.add(near);
    try {
      const far = await Deno.connect({ hostname: "127.0.0.1", port: this.target });
      near.setNoDelay();
      far.setNoDelay();
      this.#conns.add(far);
      this.#forward(near, far, true);
      this.#forward(far, near, false);
    } catch {
      this.#end(near);
    }
  }

  async #forward(from: Deno.Conn, to: Deno.Conn, up: boolean) {
    let order: Promise<unknown> = Promise.resolve();
    try {
      while (true) {
        const buffer = new Uint8Array(1 << 16);
        const count = await from.read(buffer);
        if (count === null) break;
        if (up) this.bytesUp += count;
        const bytes = buffer.subarray(0, count);
        const due = performance.now() + this.#delayMs;
        order = order.then(() => this.#write(to, bytes, due)).catch(() => {});
        if (this.#delayMs === 0) await order;
      }
    } catch {
      // One side is gone, or the line is down.
    }
    await order;
    this.#end(from);
    this.#end(to);
  }

  async #write(to: Deno.Conn, bytes: Uint8Array, due: number) {
    const wait = due - performance.now();
    if (wait > 0.5) await new Promise((resolve) => setTimeout(resolve, wait));
    for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
  }

  #end(conn: Deno.Conn) {
    if (!this.#conns.delete(conn)) return;
    try {
      conn.close();
    } catch {
      // It was closed already.
    }
  }

  /** All connections break off, and none is taken. */
  down() {
    this.#listener?.close();
    this.#listener = null;
    for (const conn of this.#conns) this.#end(conn);
  }

  up() {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: this.port });
    this.#accept(this.#listener);
  }

  [Symbol.dispose]() {
    this.down();
  }
}
