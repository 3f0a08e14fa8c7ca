/**
 * The other sides of MQTT connections, as far as bytes go: what the taps say is held against them.
 *
 * @module
 */
import { eventually } from "../support/eventually.ts";
import { join } from "../support/raw_mqtt.ts";

/** A client that keeps what it sent and what it read; `using` ends it. */
export class ByteClient implements Disposable {
  readonly sent: Uint8Array[] = [];
  readonly received: Uint8Array[] = [];
  /** Settles when the other side ended the connection. */
  readonly ended: Promise<CloseEvent | null>;
  /** Port of this side; 0: not known. */
  readonly port: number;
  readonly #write: (bytes: Uint8Array) => unknown;
  readonly close: () => void;

  private constructor(
    port: number,
    write: (bytes: Uint8Array) => unknown,
    close: () => void,
    read: (take: (bytes: Uint8Array) => void) => Promise<CloseEvent | null>,
  ) {
    this.port = port;
    this.#write = write;
    this.close = close;
    this.ended = read((bytes) => this.received.push(bytes));
  }

  static over(conn: Deno.Conn): ByteClient {
    const close = () => {
      try {
        conn.close();
      } catch {
        // It has ended.
      }
    };
    const { port } = conn.localAddr as Deno.NetAddr;
    return new ByteClient(port, (bytes) => conn.write(bytes), close, async (take) => {
      const buffer = new Uint8Array(1000);
      try {
        for (let n; (n = await conn.read(buffer)) !== null;) take(buffer.slice(0, n));
      } catch {
        // Reset, or closed by the test.
      }
      return null;
    });
  }

  static async webSocket(url: string): Promise<ByteClient> {
    const socket = new WebSocket(url, ["mqtt"]);
    socket.binaryType = "arraybuffer";
    await new Promise((resolve) => socket.onopen = resolve);
    const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
    const write = (bytes: Uint8Array) => socket.send(bytes as Uint8Array<ArrayBuffer>);
    return new ByteClient(0, write, () => socket.close(4000, "bye"), (take) => {
      socket.onmessage = ({ data }) => take(new Uint8Array(data));
      return closed;
    });
  }

  async send(bytes: Uint8Array) {
    this.sent.push(bytes);
    await this.#write(bytes);
  }

  until(count: number) {
    return eventually(`${count} bytes`, () => join(...this.received).length >= count);
  }

  [Symbol.dispose]() {
    this.close();
  }
}

/** How a proxy is reached. */
export type ProxyKind = "mqtt" | "mqtts" | "ws";

/** Forwards MQTT to a broker on loopback, and keeps the bytes; `await using` ends it. */
export class ByteProxy implements AsyncDisposable {
  readonly url: string;
  readonly fromClient: Uint8Array[] = [];
  readonly toClient: Uint8Array[] = [];
  readonly #target: number;
  readonly #close: () => unknown;
  readonly #conns: Deno.Conn[] = [];

  constructor(kind: ProxyKind, target: number, tls?: { cert: string; key: string }) {
    this.#target = target;
    const where = { hostname: "127.0.0.1", port: 0 };
    if (kind === "ws") {
      const server = Deno.serve({ ...where, onListen: () => {} }, (request) => {
        const { socket, response } = Deno.upgradeWebSocket(request, { protocol: "mqtt" });
        this.#serveWebSocket(socket);
        return response;
      });
      this.url = `ws://127.0.0.1:${server.addr.port}/mqtt?x=1`;
      this.#close = () => server.shutdown();
      return;
    }
    const listener = kind === "mqtt" ? Deno.listen(where) : Deno.listenTls({ ...where, ...tls! });
    this.url = `${kind}://localhost:${(listener.addr as Deno.NetAddr).port}`;
    this.#close = () => listener.close();
    this.#accept(listener);
  }

  async #accept(listener: Deno.Listener) {
    try {
      while (true) {
        const near = await listener.accept();
        this.#conns.push(near);
        const far = await this.#dial();
        this.#pump(far, (bytes) => near.write(bytes), this.toClient, () => near.close());
        this.#pump(near, (bytes) => far.write(bytes), this.fromClient, () => far.closeWrite());
      }
    } catch {
      // It is over.
    }
  }

  async #dial(): Promise<Deno.Conn> {
    const far = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
    this.#conns.push(far);
    return far;
  }

  #serveWebSocket(socket: WebSocket) {
    socket.binaryType = "arraybuffer";
    const far = this.#dial();
    socket.onopen = async () => {
      const write = (bytes: Uint8Array) => socket.send(bytes as Uint8Array<ArrayBuffer>);
      this.#pump(await far, write, this.toClient, () => socket.close());
    };
    socket.onmessage = async ({ data }) => {
      const bytes = new Uint8Array(data);
      this.fromClient.push(bytes);
      await (await far).write(bytes);
    };
    socket.onclose = async () => this.#end(await far);
  }

  async #pump(
    from: Deno.Conn,
    write: (bytes: Uint8Array) => unknown,
    kept: Uint8Array[],
    end: () => void,
  ) {
    const buffer = new Uint8Array(1 << 16);
    try {
      for (let n; (n = await from.read(buffer)) !== null;) {
        const bytes = buffer.slice(0, n);
        kept.push(bytes);
        await write(bytes);
      }
      end();
    } catch {
      // One side is gone.
    }
  }

  #end(conn: Deno.Conn) {
    try {
      conn.close();
    } catch {
      // It has ended.
    }
  }

  /** Ends the connections that stand; more may come. */
  disconnect() {
    for (const conn of this.#conns.splice(0)) this.#end(conn);
  }

  async [Symbol.asyncDispose]() {
    this.disconnect();
    await this.#close();
  }
}
