/**
 * An MQTT client that came by WebSocket (MQTT 3.1.1 section 6). Deno gives no
 * way to stop reading a WebSocket, so a client that sends faster than we take
 * is closed at the backlog bound.
 *
 * @module
 */
import type { Identity } from "../access/tokens.ts";
import { CloseCode } from "../sessions/messages.ts";
import { type SocketLimits, SocketStream } from "./socket_stream.ts";

/** Above this much in Deno's own queue writing waits, bytes. */
const QUEUE_BYTES = 256 << 10;
const POLL_MS = 10;

/** The WebSocket is closed when the stream is destroyed. */
export class WebSocketStream extends SocketStream {
  readonly #socket: WebSocket;
  #code: number = 1000;

  /** @param onBacklog Called once if the client is closed for its backlog. */
  constructor(
    socket: WebSocket,
    peer: string,
    identity: Identity | null,
    limits: SocketLimits,
    onBacklog: () => void,
  ) {
    super(peer, identity, limits);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      if (!(data instanceof ArrayBuffer)) {
        // [MQTT-6.0.0-1]
        this.#fail(CloseCode.badMessage, "MQTT needs binary frames");
      } else if (this.readableLength + data.byteLength > limits.backlogBytes) {
        onBacklog();
        this.#fail(CloseCode.tooBig, "more bytes sent than can be taken");
      } else {
        this.receive(new Uint8Array(data));
      }
    };
    socket.onclose = () => this.destroyed || this.push(null);
    socket.onerror = () => this.destroy();
  }

  #fail(code: number, reason: string) {
    this.#code = code;
    this.destroy(new Error(reason));
  }

  override _read() {}

  protected override async transmit(bytes: Uint8Array) {
    if (this.#socket.readyState !== WebSocket.OPEN) throw new Error("the WebSocket is closed");
    this.#socket.send(bytes as Uint8Array<ArrayBuffer>);
    while (this.#socket.bufferedAmount > QUEUE_BYTES && !this.destroyed) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  protected override release(error: Error | null) {
    if (this.#socket.readyState > WebSocket.OPEN) return;
    this.#socket.close(this.#code, this.#code === 1000 ? "" : error?.message);
  }
}
