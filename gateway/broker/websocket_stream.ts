/**
 * An MQTT client that came by WebSocket (MQTT 3.1.1 section 6). Deno gives no
 * way to stop reading a WebSocket, so a client that sends faster than we take
 * is closed at the backlog bound.
 *
 * @module
 */
import type { Identity } from "../access/tokens.ts";
import { CloseCode } from "../sessions/messages.ts";
import type { ConnectionTap } from "../taps.ts";
import { type SocketLimits, SocketStream } from "./socket_stream.ts";

/** Above this much in Deno's own queue writing waits, bytes. */
const QUEUE_BYTES = 256 << 10;
const POLL_MS = 10;
const NORMAL_CLOSURE = 1000;
/** The connection ended without a Close frame (RFC 6455 section 7.1.5). */
const ABNORMAL_CLOSURE = 1006;

/** The WebSocket is closed when the stream is destroyed. */
export class WebSocketStream extends SocketStream {
  readonly #socket: WebSocket;
  #code: number = NORMAL_CLOSURE;
  #isClosedTold = false;

  /** @param onBacklog Called once if the client is closed for its backlog. */
  constructor(
    socket: WebSocket,
    peer: string,
    identity: Identity | null,
    limits: SocketLimits,
    tap: ConnectionTap,
    onBacklog: () => void,
  ) {
    super(peer, identity, limits, tap);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => this.#take(data, onBacklog);
    socket.onclose = ({ code, reason }) => {
      this.#tellClosed(true, code, reason);
      if (!this.destroyed) this.push(null);
    };
    socket.onerror = () => {
      this.#tellClosed(true, ABNORMAL_CLOSURE, "");
      this.destroy();
    };
  }

  #take(data: string | ArrayBuffer, onBacklog: () => void) {
    if (this.#isClosedTold) return;
    if (typeof data === "string") {
      this.tap.receivedText(data);
      // [MQTT-6.0.0-1]
      this.#fail(CloseCode.badMessage, "MQTT needs binary frames");
      return;
    }
    const bytes = new Uint8Array(data);
    this.tap.received(bytes);
    if (this.readableLength + bytes.length > this.limits.backlogBytes) {
      onBacklog();
      this.#fail(CloseCode.tooBig, "more bytes sent than can be taken");
    } else {
      this.receive(bytes);
    }
  }

  #tellClosed(byPeer: boolean, code: number, reason: string) {
    if (this.#isClosedTold) return;
    this.#isClosedTold = true;
    this.tap.closed(byPeer, code, reason);
  }

  #fail(code: number, reason: string) {
    this.#code = code;
    this.destroy(new Error(reason));
  }

  override _read() {}

  protected override async transmit(bytes: Uint8Array) {
    if (this.#socket.readyState !== WebSocket.OPEN) throw new Error("the WebSocket is closed");
    this.tap.sent(bytes);
    this.#socket.send(bytes as Uint8Array<ArrayBuffer>);
    while (this.#socket.bufferedAmount > QUEUE_BYTES && !this.destroyed) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  protected override release(error: Error | null) {
    const reason = this.#code === NORMAL_CLOSURE ? "" : error?.message ?? "";
    if (this.#socket.readyState <= WebSocket.OPEN) this.#socket.close(this.#code, reason);
    this.#tellClosed(false, this.#code, reason);
  }
}
