/**
 * WebSocket on a stream of bytes (RFC 6455), with permessage-deflate (RFC 7692).
 *
 * @module
 */
import { type Dissection, Failure } from "../wire/dissection.ts";
import { nameHttp } from "../wire/http_fields.ts";
import {
  checkWebSocketFrame,
  decodeWebSocketHeader,
  F as W,
  measureWebSocket,
  Opcode,
  WEBSOCKET,
  WebSocketFrame,
  webSocketInfo,
} from "../wire/websocket.ts";
import { WS } from "../wire/websocket_rules.ts";
import { type Conversation, type Side, SIDES } from "./conversation.ts";
import { MAX_WAITING } from "./stream_budget.ts";
import { ProtocolRun } from "./protocol_run.ts";
import type { StreamContext } from "./stream_context.ts";
import { MORE, type StreamProtocol, TAKEN } from "./stream_protocol.ts";
import { type ControlContext, decodeControl } from "./websocket_control.ts";
import { type Agreement, WebSocketMessages } from "./websocket_messages.ts";
import { WebSocketPayload } from "./websocket_payload.ts";
import type { WebSocketSide } from "./websocket_side.ts";

/** The frame being read; good until the next. */
const frame = new WebSocketFrame();

export class WebSocketStream implements StreamProtocol {
  readonly name = "websocket";
  keep = 0;
  readonly #context: StreamContext;
  readonly #agreement: Agreement | undefined;
  readonly #payload: WebSocketPayload;
  readonly #messages: WebSocketMessages;
  readonly #control: ControlContext;
  readonly #run = new ProtocolRun();
  /** -1 while unknown. */
  #client: number;
  #upgradeTold = false;

  /** @param agreement undefined when the opening handshake is not in the capture */
  constructor(context: StreamContext, agreement?: Agreement) {
    this.#context = context;
    this.#agreement = agreement;
    this.#payload = new WebSocketPayload(context, agreement?.subprotocol ?? "");
    this.#messages = new WebSocketMessages(context, agreement, this.#payload);
    const { sides } = this.#messages;
    const deflates = agreement?.deflate !== undefined;
    this.#control = { observer: context.observer, sides, deflates };
    this.#client = agreement?.client ?? -1;
  }

  get inner(): StreamProtocol | undefined {
    return this.#payload.inner;
  }

  read(d: Dissection, conversation: Conversation, side: Side): number {
    const start = d.pos;
    const own = this.#control.sides[side];
    const total = measureWebSocket(d, frame);
    if (own.lost) {
      if (!isPlausible()) return passOver(d);
      own.lost = false;
    }
    if (total < 0) return MORE;
    if (total > Number.MAX_SAFE_INTEGER) return this.#giveUp(d, side, own);
    if (d.limit - start < total) {
      this.keep = total > MAX_WAITING ? frame.headerLength : 0;
      return total;
    }
    this.#begin(d, start);
    this.#checkSide(d, conversation, side, start);
    if (own.closed) d.problem(WS.afterClose, start);
    const { headerLength, payloadLength, opcode } = frame;
    let inflated = payloadLength;
    if (d.end - d.pos < payloadLength) this.#missing(d, side, total);
    else if (opcode > 7) {
      decodeControl(d, conversation, side, frame, this.#control, this.#client);
    } else inflated = this.#messages.decode(d, conversation, side, frame, start);
    this.#context.observer.webSocketFrame(
      conversation,
      side,
      opcode,
      headerLength,
      payloadLength,
      inflated,
    );
    d.pos = start + total;
    return TAKEN;
  }

  lost(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    _length: number,
    aligned: boolean,
  ): void {
    if (!aligned) this.#control.sides[side].lost = true;
    this.#messages.breakOff(side);
    this.#payload.lose(d, conversation, side);
  }

  end(d: Dissection, conversation: Conversation, side: Side): void {
    this.#payload.end(d, conversation, side);
    this.#messages.end(side);
  }

  release(): void {
    for (const side of SIDES) this.#messages.end(side);
    this.#payload.release();
  }

  /** Layer and header fields; the cursor is at the payload then. */
  #begin(d: Dissection, start: number): void {
    if (this.#agreement?.httpRun.begins(d) === true) nameHttp(d);
    const layers = d.layerCount;
    const entry = d.layer(WEBSOCKET);
    if (!this.#run.begins(d)) d.layerCount = layers;
    d.lengthOf(entry, frame.headerLength);
    decodeWebSocketHeader(d, frame, this.#agreement?.deflate !== undefined);
    checkWebSocketFrame(d, frame, start);
    // What rides on an earlier frame of the segment says more.
    if (d.columns && d.protocolColumn !== "MQTT") {
      d.protocolColumn = "WebSocket";
      d.infoColumn = webSocketInfo(frame);
    }
  }

  #checkSide(d: Dissection, conversation: Conversation, side: Side, start: number): void {
    if (this.#client < 0) {
      if (conversation.clientKnown) {
        this.#client = conversation.client;
      } else {
        this.#client = frame.masked ? side : side ^ 1;
        conversation.client = this.#client as Side;
        conversation.clientKnown = true;
      }
    }
    if (!this.#upgradeTold) {
      this.#upgradeTold = true;
      if (this.#agreement === undefined) d.problem(WS.noUpgrade, start);
    }
    if (side === this.#client) {
      if (!frame.masked) d.problem(WS.unmaskedClient, start + 1);
    } else if (frame.masked) {
      d.problem(WS.maskedServer, start + 1);
    }
  }

  /** The capture, or what was worth keeping, ends before the payload does. */
  #missing(d: Dissection, side: Side, total: number): void {
    if (total > MAX_WAITING) {
      d.problem(WS.tooLong);
    } else {
      d.putNone(W["websocket.payload"], d.pos, d.end - d.pos);
      d.skip(frame.payloadLength);
      d.failed = Failure.Cut;
    }
    if (frame.opcode < 8) this.#messages.breakOff(side);
  }

  #giveUp(d: Dissection, side: Side, own: WebSocketSide): number {
    this.#begin(d, d.pos);
    own.lost = true;
    this.#messages.breakOff(side);
    d.pos = d.end;
    return TAKEN;
  }
}

/** Whether the header in `frame` may be one: used behind gaps only. */
function isPlausible(): boolean {
  const { opcode, rsv, payloadLength, fin } = frame;
  if ((rsv & 3) !== 0 || payloadLength > MAX_WAITING) return false;
  if (opcode < 3) return true;
  return opcode >= Opcode.Close && opcode <= Opcode.Pong && fin && payloadLength < 126;
}

function passOver(d: Dissection): number {
  d.problem(WS.resync);
  d.pos = d.end;
  return TAKEN;
}
