/**
 * WebSocket control frames: close, ping and pong (RFC 6455, 5.5).
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import { define, relativeTime } from "../wire/field.ts";
import { invalidUtf8 } from "../wire/utf8.ts";
import {
  closeText,
  F as W,
  mayClose,
  Opcode,
  unknownPayload,
  type WebSocketFrame,
} from "../wire/websocket.ts";
import { WS } from "../wire/websocket_rules.ts";
import type { Conversation, Side } from "./conversation.ts";
import type { Observer } from "./observer.ts";
import type { WebSocketSide } from "./websocket_side.ts";
import { enterPayload, leavePayload } from "./websocket_source.ts";

const F = define({ "edgewire.websocket.rtt": relativeTime("Time since the ping") });

/** What a control frame is decoded with. */
export interface ControlContext {
  readonly observer: Observer;
  readonly sides: readonly [WebSocketSide, WebSocketSide];
  readonly deflates: boolean;
}

/** Decodes a control frame whose payload is at the cursor; `client` is the client's side. */
export function decodeControl(
  d: Dissection,
  conversation: Conversation,
  side: Side,
  frame: WebSocketFrame,
  context: ControlContext,
  client: number,
): void {
  const { opcode, payloadLength, masked, rsv } = frame;
  if (rsv !== 0) {
    const compressed = (rsv & 4) !== 0 && context.deflates;
    d.problem(compressed ? WS.compressedControl : WS.reservedBits, d.pos - frame.headerLength);
  }
  const isClose = opcode === Opcode.Close;
  const by = side === client ? "client" : "server";
  if (isClose) context.sides[side].closed = true;
  if (payloadLength === 0) {
    if (isClose) noteClose(conversation, "", by);
    else if (opcode <= Opcode.Pong) heartbeat(d, conversation, side, frame, context);
    return;
  }
  if (!enterPayload(d, frame)) return;
  d.putNone(W["websocket.payload"], d.pos, payloadLength);
  d.push();
  if (isClose) close(d, conversation, by);
  else if (opcode > Opcode.Pong) unknownPayload(d, payloadLength);
  else heartbeat(d, conversation, side, frame, context);
  d.pop();
  leavePayload(d, masked);
}

/** The payload from `d.pos` to `d.end` is that of a close frame. */
function close(d: Dissection, conversation: Conversation, by: string): void {
  const at = d.pos;
  const length = d.end - at;
  d.putNone(W["websocket.payload.close"], at, length);
  if (length === 1) {
    d.problem(WS.closeOneByte, at);
    return;
  }
  d.push();
  const code = d.u16(W["websocket.payload.close.status_code"]);
  if (!mayClose(code)) d.problem(WS.closeCode, at, `code ${code}`);
  if (length > 2) {
    d.text(length - 2, W["websocket.payload.close.reason"]);
    const wrong = invalidUtf8(d.data, at + 2, at + length);
    if (wrong >= 0) d.problem(WS.reasonNotUtf8, wrong);
  }
  d.pop();
  if (d.columns) d.infoColumn += ` ${closeText(code)}`;
  noteClose(conversation, ` ${code}`, by);
}

function noteClose(conversation: Conversation, code: string, by: string): void {
  if (conversation.closed === "") conversation.closed = `WebSocket close${code} by ${by}`;
}

/** A ping or pong, its payload at the cursor when there is one. */
function heartbeat(
  d: Dissection,
  conversation: Conversation,
  side: Side,
  frame: WebSocketFrame,
  context: ControlContext,
): void {
  const length = frame.payloadLength;
  const hash = hashOf(d.data, d.pos, length);
  const isPing = frame.opcode === Opcode.Ping;
  if (length > 0) {
    d.bytes(length, W[isPing ? "websocket.payload.ping" : "websocket.payload.pong"]);
  }
  if (isPing) {
    context.sides[side].pinged(d.time, hash);
    return;
  }
  const since = context.sides[side ^ 1]!.ponged(hash);
  if (since < 0) return;
  d.put(F["edgewire.websocket.rtt"], d.time - since);
  context.observer.roundTrip(conversation, "websocket ping", d.time - since, d.frame);
}

function hashOf(data: Uint8Array, at: number, length: number): number {
  let hash = length;
  for (let i = 0; i < length; i++) hash = Math.imul(hash, 31) + data[at + i]! | 0;
  return hash;
}
