/**
 * A connection to a broker by TCP or TLS.
 *
 * @module
 */
import type { ConnectionTap } from "../taps.ts";
import { tcpFacts } from "./connection_facts.ts";
import { ReadBuffer } from "./read_buffer.ts";
import type { DialOptions, Upstream, UpstreamEvents } from "./upstream.ts";

const DEFAULT_PORTS: Record<string, number> = { "mqtt:": 1883, "mqtts:": 8883 };
/** So many TLS handshakes may hang before no more are begun. */
const MAX_HANGING = 64;

/** See `dial`. */
export async function dialTcp(
  url: URL,
  events: UpstreamEvents,
  { ca, taps, signal }: DialOptions,
): Promise<Upstream> {
  const tls = url.protocol === "mqtts:";
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port) || DEFAULT_PORTS[url.protocol] as number;
  const plain = await Deno.connect({ hostname, port, signal });
  plain.setNoDelay();
  plain.setKeepAlive();
  const conn = tls ? await secure(plain, hostname, ca, signal) : plain;
  if (signal.aborted) {
    conn.close();
    throw signal.reason;
  }
  return new TcpUpstream(conn, taps.connection(tcpFacts(conn, true, tls)), events);
}

/** Handshakes that were given up and hang: Deno keeps their sockets until the broker ends them. */
let hanging = 0;

async function secure(
  plain: Deno.TcpConn,
  hostname: string,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<Deno.TlsConn> {
  if (hanging >= MAX_HANGING) {
    plain.close();
    throw new Error("the broker leaves TLS handshakes hanging");
  }
  const caCerts = ca === undefined ? [] : [ca];
  const conn = await Deno.startTls(plain, { hostname, caCerts });
  const handshake = conn.handshake();
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    await Promise.race([handshake, givenUp]);
    return conn;
  } catch (error) {
    hanging++;
    handshake.catch(() => {}).then(() => {
      hanging--;
      conn.close();
    });
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

class TcpUpstream implements Upstream {
  readonly tap: ConnectionTap;
  readonly #conn: Deno.Conn;
  readonly #events: UpstreamEvents;
  readonly #buffer = new ReadBuffer();
  #closed = false;
  /** Who began to end it. */
  #endedBy: "us" | "peer" | null = null;

  constructor(conn: Deno.Conn, tap: ConnectionTap, events: UpstreamEvents) {
    this.#conn = conn;
    this.tap = tap;
    this.#events = events;
    this.#pump();
  }

  async #pump() {
    let broken: Error | null = null;
    try {
      while (true) {
        const count = await this.#conn.read(this.#buffer.bytes);
        if (count === null) break;
        const bytes = this.#buffer.taken(count);
        this.tap.received(bytes);
        const waiting = this.#events.onBytes(bytes);
        if (waiting !== undefined) await waiting;
      }
    } catch (error) {
      broken = error as Error;
    }
    if (this.#closed) return;
    this.#endedBy ??= "peer";
    this.#events.onEnd(broken);
  }

  async write(bytes: Uint8Array) {
    this.tap.sent(bytes);
    try {
      for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
    } catch (error) {
      this.#endedBy ??= "peer";
      throw error;
    }
  }

  end() {
    this.#endedBy ??= "us";
    // Where it fails there is nobody to tell any more.
    this.#conn.closeWrite().catch(() => {});
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.tap.closed(this.#endedBy === "peer");
    this.#conn.close();
  }
}
