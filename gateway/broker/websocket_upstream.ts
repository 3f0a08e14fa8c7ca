/**
 * A connection to a broker by WebSocket.
 *
 * @module
 */
import type { ConnectionTap } from "../taps.ts";
import { dialledWebSocketFacts, WEBSOCKET_PORTS } from "./connection_facts.ts";
import type { DialOptions, Upstream, UpstreamEvents } from "./upstream.ts";

/** Above this much in Deno's queue to the broker writing waits, bytes. */
const QUEUE_BYTES = 256 << 10;
const POLL_MS = 10;
const NORMAL_CLOSURE = 1000;

/** See `dial`. */
export async function dialWebSocket(
  url: URL,
  events: UpstreamEvents,
  { ca, taps, signal }: DialOptions,
): Promise<Upstream> {
  signal.throwIfAborted();
  const client = ca === undefined ? undefined : Deno.createHttpClient({ caCerts: [ca] });
  const socket = new WebSocket(url, {
    protocols: ["mqtt"],
    ...(client === undefined ? {} : { client }),
  } as unknown as string[]);
  socket.binaryType = "arraybuffer";
  const opened = Promise.withResolvers<void>();
  const giveUp = () => opened.reject(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  socket.onopen = () => opened.resolve();
  socket.onerror = (event) => opened.reject(new Error((event as ErrorEvent).message));
  socket.onclose = () => client?.close();
  try {
    await opened.promise;
  } catch (error) {
    socket.close();
    await knock(url, signal);
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
  const tap = taps.connection(dialledWebSocketFacts(url, socket.protocol));
  return new WebSocketUpstream(socket, tap, events, () => client?.close());
}

/** Deno does not tell why a WebSocket cannot be opened; of TCP it does. */
async function knock(url: URL, signal: AbortSignal) {
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port) || WEBSOCKET_PORTS[url.protocol] as number;
  (await Deno.connect({ hostname, port, signal })).close();
}

class WebSocketUpstream implements Upstream {
  readonly tap: ConnectionTap;
  readonly #socket: WebSocket;
  readonly #events: UpstreamEvents;
  /** What waits for `onBytes`. */
  readonly #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #handingOver = false;
  /** Whether no more comes. */
  #hasEnded = false;
  #isEndTold = false;
  #closed = false;

  /** @param onClose Called when the WebSocket is closed. */
  constructor(
    socket: WebSocket,
    tap: ConnectionTap,
    events: UpstreamEvents,
    onClose: () => void,
  ) {
    this.#socket = socket;
    this.tap = tap;
    this.#events = events;
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) => {
      onClose();
      this.#close(true, code, reason);
      this.#hasEnded = true;
      if (!this.#handingOver) this.#tellEnd(null);
    };
    // A close event follows.
    socket.onerror = () => {};
  }

  #receive(data: string | ArrayBuffer) {
    if (this.#closed) return;
    if (typeof data === "string") {
      this.tap.receivedText(data);
      return;
    }
    const bytes = new Uint8Array(data);
    this.tap.received(bytes);
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes > this.#events.backlogBytes) {
      this.#queue.length = 0;
      this.#tellEnd(new Error("reads too slowly"));
      return;
    }
    this.#queue.push(bytes);
    if (!this.#handingOver) this.#handOver();
  }

  async #handOver() {
    this.#handingOver = true;
    for (let bytes; (bytes = this.#queue.shift()) !== undefined;) {
      const waiting = this.#events.onBytes(bytes);
      if (waiting !== undefined) await waiting;
      this.#queuedBytes -= bytes.length;
    }
    this.#handingOver = false;
    if (this.#hasEnded) this.#tellEnd(null);
  }

  #tellEnd(error: Error | null) {
    if (this.#isEndTold) return;
    this.#isEndTold = true;
    this.#events.onEnd(error);
  }

  async write(bytes: Uint8Array) {
    const socket = this.#socket;
    if (socket.readyState !== WebSocket.OPEN) throw new Error("the connection is closed");
    this.tap.sent(bytes);
    socket.send(bytes as Uint8Array<ArrayBuffer>);
    while (socket.bufferedAmount > QUEUE_BYTES && socket.readyState === WebSocket.OPEN) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  end() {
    this.#close(false, NORMAL_CLOSURE, "");
  }

  close() {
    this.#isEndTold = true;
    this.#close(false, NORMAL_CLOSURE, "");
  }

  #close(byPeer: boolean, code: number, reason: string) {
    if (this.#closed) return;
    this.#closed = true;
    this.tap.closed(byPeer, code, reason);
    if (!byPeer) this.#socket.close(code);
  }
}
