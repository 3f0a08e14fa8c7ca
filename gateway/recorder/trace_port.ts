/**
 * A TCP port of this machine on which every connection gets a live trace of everything, for
 * `wireshark -k -i TCP@127.0.0.1:PORT`.
 *
 * @module
 */
import { incomingConnections } from "../incoming_connections.ts";
import type { TraceStreams } from "./trace_streams.ts";

const EVERYTHING = {
  mode: "live",
  filter: { channels: [], hops: [], nodes: [] },
} as const;

/** How long peers may take at the end to take what waits for them, ms. */
const TAKE_MS = 200;

export class TracePort {
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #streams: TraceStreams;
  readonly #log: (line: string) => void;
  readonly #connections = new Map<Deno.TcpConn, Promise<void>>();

  /**
   * @param port 0 picks one
   * @throws {Deno.errors.AddrInUse} and others of listening
   */
  constructor(port: number, streams: TraceStreams, log: (line: string) => void) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    this.port = this.#listener.addr.port;
    this.#streams = streams;
    this.#log = log;
    this.#accept();
  }

  async #accept() {
    const log = (line: string) => this.#log(`trace: ${line}`);
    for await (const connection of incomingConnections(this.#listener, log)) {
      const served = this.#serve(connection).finally(() => this.#connections.delete(connection));
      this.#connections.set(connection, served);
    }
  }

  async #serve(connection: Deno.TcpConn) {
    const stream = this.#streams.open(EVERYTHING);
    if (stream === null) {
      this.#log("trace: a connection was closed: there are too many readers");
      return connection.close();
    }
    const gone = new AbortController();
    this.#hears(connection).then(() => gone.abort());
    try {
      await stream.pipeTo(connection.writable, { signal: gone.signal });
    } catch {
      // The peer went or said something, or the trace failed, which was logged.
      close(connection);
    }
  }

  /**
   * Settles when the peer has closed. One that says something is no reader of traces: it may be a
   * browser that a page of another site sent here.
   */
  async #hears(connection: Deno.TcpConn) {
    try {
      await connection.read(new Uint8Array(1));
    } catch {
      // Reset by the peer, or closed by us.
    }
  }

  /**
   * Takes no more connections, and cuts those that do not take what waits for them. To be called
   * when the streams have ended.
   */
  async close() {
    this.#listener.close();
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, TAKE_MS);
    await Promise.race([Promise.all(this.#connections.values()), late.promise]);
    clearTimeout(timer);
    for (const connection of this.#connections.keys()) close(connection);
  }
}

function close(connection: Deno.TcpConn) {
  try {
    connection.close();
  } catch {
    // It was closed already.
  }
}
