import type {
  ClientMessage,
  PROTOCOL as GatewayProtocol,
  ServerMessage,
} from "../../gateway/sessions/messages.ts";
import { closeReason, type Ending } from "./connection_state.ts";
import { FrameText } from "./frame_text.ts";
import { type ClockEstimate, Liveness } from "./liveness.ts";
import { Receipts } from "./receipts.ts";
import type { Timing } from "./timing.ts";

const PROTOCOL: typeof GatewayProtocol = "edgewire.v1";

/** Anything that can be constructed and used like the standard `WebSocket`. */
export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => WebSocket;

/** Where a connection's news go. */
export interface ConnectionEvents {
  /** @param frame What it came in, maybe with others. */
  message(message: ServerMessage, frame: FrameText): void;
  /** Called exactly once, and nothing after it. */
  closed(ending: Ending): void;
}

/**
 * One WebSocket from opening to its end: frames to messages, receipts,
 * liveness. Ends by the peer, by silence, or by {@linkcode close}.
 */
export class Connection {
  #socket: WebSocket;
  #receipts: Receipts;
  #liveness: Liveness | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #welcomed: number | undefined;
  #ended = false;
  readonly #events: ConnectionEvents;
  readonly #timing: Timing;

  /** @throws {SyntaxError} When the URL is not one of a WebSocket. */
  constructor(
    url: string,
    WebSocketClass: WebSocketConstructor,
    timing: Timing,
    events: ConnectionEvents,
  ) {
    this.#events = events;
    this.#timing = timing;
    this.#receipts = new Receipts((bytes) => this.send({ type: "received", bytes }), timing);
    this.#socket = new WebSocketClass(url, PROTOCOL);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onmessage = (event) => this.#frame(event.data);
    this.#socket.onclose = (event) => this.#end(event.code, event.reason);
    this.#deadline = setTimeout(
      () => this.#abandon("the gateway did not answer"),
      timing.connectWithin,
    );
  }

  /** See {@linkcode Liveness.clock}. */
  get clock(): ClockEstimate | undefined {
    return this.#liveness?.clock;
  }

  /** See {@linkcode Liveness.silence}. */
  get silence(): number | undefined {
    return this.#liveness?.silence;
  }

  /** Sends a message; says whether the socket took it. */
  send(message: ClientMessage): boolean {
    if (this.#ended || this.#socket.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Asks now whether the peer is still there. */
  probe(): void {
    this.#liveness?.probe();
  }

  /** Ends it in order; `closed` follows before this returns. */
  close(): void {
    this.#abandon("closed by this client", 1000);
  }

  #frame(data: string | ArrayBuffer): void {
    if (this.#ended) return;
    this.#liveness?.frame();
    if (typeof data === "string") this.#messages(data);
    if (!this.#ended) this.#receipts.add(data);
  }

  #messages(text: string): void {
    let parsed: ServerMessage | ServerMessage[];
    try {
      parsed = JSON.parse(text);
    } catch {
      return this.#abandon("the gateway sent something that is not JSON");
    }
    const frame = new FrameText(text);
    for (const message of Array.isArray(parsed) ? parsed : [parsed]) {
      if (this.#ended) return;
      if (message.type === "welcome") this.#welcome(message.idleTimeout);
      else if (message.type === "pong") this.#liveness?.pong(message);
      this.#events.message(message, frame);
    }
  }

  /** @param idleTimeout T of the gateway, seconds. */
  #welcome(idleTimeout: number): void {
    clearTimeout(this.#deadline);
    this.#receipts.within(idleTimeout * 1000 / 5);
    this.#welcomed ??= performance.now();
    this.#liveness ??= new Liveness(
      (id) => this.send({ type: "ping", id }),
      () => this.#abandon("the gateway stopped answering"),
      this.#timing,
    );
  }

  /** Ends it without waiting for the peer, which may be long gone. */
  #abandon(reason: string, code = 1006): void {
    this.#socket.close();
    this.#end(code, reason);
  }

  #end(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#deadline);
    this.#receipts.stop();
    this.#liveness?.stop();
    this.#events.closed({
      code,
      reason: closeReason(code, reason),
      lasted: this.#welcomed === undefined ? 0 : performance.now() - this.#welcomed,
    });
  }
}
