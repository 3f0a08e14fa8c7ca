/**
 * A device that is a WebSocket server, as tests need it.
 *
 * @module
 */
import { eventually } from "./eventually.ts";

/** One connection that a gateway made. */
export interface DeviceConnection {
  path: string;
  headers: Headers;
  socket: WebSocket;
  /** What came, in order. */
  received: (string | Uint8Array)[];
  closed: Promise<CloseEvent>;
}

export interface DeviceServerOptions {
  /** @default a free one */
  port?: number;
  cert?: string;
  key?: string;
  /** Called with each message that comes. */
  onMessage?: (connection: DeviceConnection, data: string | Uint8Array) => void;
}

/** Takes every path but `/none`; runs until it is disposed of. */
export class DeviceServer implements AsyncDisposable {
  readonly connections: DeviceConnection[] = [];
  readonly #options: DeviceServerOptions;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(options: DeviceServerOptions = {}) {
    this.#options = options;
    const { port = 0, cert, key } = options;
    const tls = cert === undefined || key === undefined ? {} : { cert, key };
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port, onListen: () => {}, ...tls },
      (request) => this.#answer(request),
    );
  }

  get port(): number {
    return this.#server.addr.port;
  }

  #answer(request: Request): Response {
    const path = new URL(request.url).pathname;
    if (path === "/none") return new Response("nothing here", { status: 404 });
    // Those of the request end with it.
    const headers = new Headers(request.headers);
    const asked = request.headers.get("sec-websocket-protocol")?.split(",")[0];
    const { socket, response } = Deno.upgradeWebSocket(request, {
      idleTimeout: 0,
      ...(asked === undefined ? {} : { protocol: asked }),
    });
    socket.binaryType = "arraybuffer";
    const closed = Promise.withResolvers<CloseEvent>();
    const connection: DeviceConnection = {
      path,
      headers,
      socket,
      received: [],
      closed: closed.promise,
    };
    socket.onopen = () => this.connections.push(connection);
    socket.onclose = (event) => closed.resolve(event);
    socket.onerror = () => {};
    socket.onmessage = ({ data }) => {
      const message = typeof data === "string" ? data : new Uint8Array(data);
      connection.received.push(message);
      this.#options.onMessage?.(connection, message);
    };
    return response;
  }

  /** Waits for the connection with a path. @param count of them, the newest counts */
  connection(path: string, count = 1): Promise<DeviceConnection> {
    return eventually(`connection ${count} to ${path}`, () => {
      const all = this.connections.filter((connection) => connection.path === path);
      return all.length >= count && all.at(-1);
    });
  }

  async [Symbol.asyncDispose]() {
    const open = this.connections.filter(({ socket }) => socket.readyState === WebSocket.OPEN);
    for (const { socket } of open) socket.close(1001, "device restarts");
    await Promise.all(open.map(({ closed }) => closed));
    await this.#server.shutdown();
  }
}
