/**
 * WebSocket frames (RFC 6455, 5.2) and what control frames say (5.5, 7.4).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import {
  boolean,
  bytes,
  define,
  hex8,
  none,
  protocol,
  string,
  uint16,
  uint64,
  uint8,
} from "./field.ts";
import { Opcode } from "./websocket_opcode.ts";
import { WS } from "./websocket_rules.ts";

export { Opcode };

export const WEBSOCKET = protocol("websocket", "WebSocket", "WebSocket");

const OPCODES: Record<number, string> = {
  0: "Continuation",
  1: "Text",
  2: "Binary",
  8: "Connection Close",
  9: "Ping",
  10: "Pong",
};

/** RFC 6455, 7.4.1, and the IANA registry of close codes (2012 to 2017). */
const CLOSE_CODES: Record<number, string> = {
  1000: "Normal closure",
  1001: "Going away",
  1002: "Protocol error",
  1003: "Unsupported data",
  1004: "Reserved",
  1005: "No status received",
  1006: "Abnormal closure",
  1007: "Invalid payload data",
  1008: "Policy violation",
  1009: "Message too big",
  1010: "Extension expected",
  1011: "Internal error",
  1012: "Service restart",
  1013: "Try again later",
  1014: "Bad gateway",
  1015: "TLS handshake failed",
};

export const F = define({
  "websocket.fin": boolean("Fin"),
  "websocket.rsv": hex8("Reserved"),
  "websocket.pmc": boolean("Per-Message Compressed"),
  "websocket.opcode": uint8("Opcode", { names: OPCODES }),
  "websocket.mask": boolean("Mask"),
  "websocket.payload_length": uint8("Payload length"),
  "websocket.payload_length_ext_16": uint16("Extended Payload length (16 bits)"),
  "websocket.payload_length_ext_64": uint64("Extended Payload length (64 bits)"),
  "websocket.masking_key": bytes("Masking-Key"),
  "websocket.masked_payload": none("Masked payload"),
  "websocket.payload": none("Payload"),
  "websocket.payload.continue": bytes("Continue"),
  "websocket.payload.text": string("Text"),
  "websocket.payload.close": none("Close"),
  "websocket.payload.close.status_code": uint16("Status code", { names: CLOSE_CODES }),
  "websocket.payload.close.reason": string("Reason"),
  "websocket.payload.ping": bytes("Ping"),
  "websocket.payload.pong": bytes("Pong"),
  "websocket.payload.unknown": bytes("Unknown"),
  "websocket.payload.unknown.expert": none("Opcode is not defined"),
  "websocket.decompression.failed.expert": none("Decompression failed"),
});

/** The fields that show payload bytes: when none is wanted, nothing needs to be unmasked. */
const PAYLOAD_FIELDS = Uint16Array.of(
  F["websocket.payload.continue"],
  F["websocket.payload.text"],
  F["websocket.payload.ping"],
  F["websocket.payload.pong"],
  F["websocket.payload.unknown"],
  define({ "data.data": bytes("Data") })["data.data"],
);

/** `length` bytes of a frame whose opcode is not defined. */
export function unknownPayload(d: Dissection, length: number): void {
  d.bytes(length, F["websocket.payload.unknown"]);
  d.putNone(F["websocket.payload.unknown.expert"]);
}

/** Whether somebody wants to see payload bytes. */
export function payloadWanted(d: Dissection): boolean {
  for (let i = 0; i < PAYLOAD_FIELDS.length; i++) {
    if (d.want[PAYLOAD_FIELDS[i]!] !== 0) return true;
  }
  return false;
}

/** A frame's header; one object serves all. */
export class WebSocketFrame {
  fin = false;
  /** RSV1, RSV2, RSV3 as 4, 2, 1. */
  rsv = 0;
  opcode = 0;
  masked = false;
  /** Masking key as a 32-bit number, first byte highest; 0 without. */
  key = 0;
  /** Bytes before the payload. */
  headerLength = 0;
  /** Bytes; rounded beyond 2^53. */
  payloadLength = 0;
}

/**
 * Reads the header at `d.pos` and leaves the cursor there.
 *
 * @returns bytes of the whole frame, or -1 when the header is not there as a whole
 */
export function measureWebSocket(d: Dissection, frame: WebSocketFrame): number {
  const data = d.data;
  const at = d.pos;
  const there = d.end - at;
  if (there < 2) return -1;
  const first = data[at]!;
  const second = data[at + 1]!;
  frame.fin = first > 0x7f;
  frame.rsv = first >> 4 & 7;
  frame.opcode = first & 0x0f;
  const masked = second > 0x7f;
  frame.masked = masked;
  let length = second & 0x7f;
  let header = 2;
  if (length === 126) {
    if (there < 4) return -1;
    length = data[at + 2]! << 8 | data[at + 3]!;
    header = 4;
  } else if (length === 127) {
    if (there < 10) return -1;
    length = 0;
    for (let i = 2; i < 10; i++) length = length * 256 + data[at + i]!;
    header = 10;
  }
  if (masked) {
    if (there < header + 4) return -1;
    const k = at + header;
    frame.key = data[k]! << 24 | data[k + 1]! << 16 | data[k + 2]! << 8 | data[k + 3]!;
    header += 4;
  } else {
    frame.key = 0;
  }
  frame.headerLength = header;
  frame.payloadLength = length;
  return header + length;
}

/**
 * Writes the fields of the header of `frame`, which stands at `d.pos`, and leaves the cursor at the
 * payload.
 *
 * @param deflate whether permessage-deflate was agreed upon
 */
export function decodeWebSocketHeader(
  d: Dissection,
  frame: WebSocketFrame,
  deflate: boolean,
): void {
  const at = d.pos;
  const { headerLength, payloadLength } = frame;
  d.pos = at + headerLength;
  d.put(F["websocket.fin"], frame.fin ? 1 : 0, at, 1);
  d.put(F["websocket.rsv"], frame.rsv, at, 1);
  if (deflate) d.put(F["websocket.pmc"], frame.rsv >> 2, at, 1);
  d.put(F["websocket.opcode"], frame.opcode, at, 1);
  d.put(F["websocket.mask"], frame.masked ? 1 : 0, at + 1, 1);
  const short = d.data[at + 1]! & 0x7f;
  d.put(F["websocket.payload_length"], short, at + 1, 1);
  if (short === 126) {
    d.put(F["websocket.payload_length_ext_16"], payloadLength, at + 2, 2);
  } else if (short === 127 && d.want[F["websocket.payload_length_ext_64"]] !== 0) {
    d.pos = at + 2;
    d.uint(8, F["websocket.payload_length_ext_64"]);
    d.pos = at + headerLength;
  }
  if (!frame.masked) return;
  d.putBytes(F["websocket.masking_key"], at + headerLength - 4, 4);
  if (payloadLength > 0) {
    d.putNone(F["websocket.masked_payload"], at + headerLength, payloadLength);
  }
}

/** Checks what a frame alone can break. */
export function checkWebSocketFrame(d: Dissection, frame: WebSocketFrame, at: number): void {
  const { opcode, payloadLength } = frame;
  if (opcode > 7) {
    if (!frame.fin) d.problem(WS.fragmentedControl, at);
    if (payloadLength > 125) d.problem(WS.longControl, at, `${payloadLength} bytes`);
    if (opcode > Opcode.Pong) d.problem(WS.reservedOpcode, at, `opcode ${opcode}`);
  } else if (opcode > Opcode.Binary) {
    d.problem(WS.reservedOpcode, at, `opcode ${opcode}`);
  }
  const short = d.data[at + 1]! & 0x7f;
  if (short < 126) return;
  if (short === 126 ? payloadLength < 126 : payloadLength < 0x10000) {
    d.problem(WS.longLength, at + 1, `${payloadLength} bytes`);
  }
  if (short === 127 && d.data[at + 2]! > 0x7f) d.problem(WS.hugeLength, at + 2);
}

/** Unmasks `from[at, at + length)` into `to` (RFC 6455, 5.3). */
export function unmask(
  from: Uint8Array,
  at: number,
  length: number,
  key: number,
  to: Uint8Array,
  into: number,
): void {
  const k0 = key >>> 24;
  const k1 = key >>> 16 & 0xff;
  const k2 = key >>> 8 & 0xff;
  const k3 = key & 0xff;
  const whole = at + (length & ~3);
  let i = at;
  let o = into;
  for (; i < whole; i += 4, o += 4) {
    to[o] = from[i]! ^ k0;
    to[o + 1] = from[i + 1]! ^ k1;
    to[o + 2] = from[i + 2]! ^ k2;
    to[o + 3] = from[i + 3]! ^ k3;
  }
  const rest = length & 3;
  if (rest > 0) to[o] = from[i]! ^ k0;
  if (rest > 1) to[o + 1] = from[i + 1]! ^ k1;
  if (rest > 2) to[o + 2] = from[i + 2]! ^ k2;
}

/** Whether all bytes of `data[at, at + length)` are ASCII once unmasked. */
export function isMaskedAscii(data: Uint8Array, at: number, length: number, key: number): boolean {
  const k0 = key >>> 24;
  const k1 = key >>> 16 & 0xff;
  const k2 = key >>> 8 & 0xff;
  const k3 = key & 0xff;
  const whole = at + (length & ~3);
  let seen = 0;
  let i = at;
  for (; i < whole; i += 4) {
    seen |= data[i]! ^ k0 | data[i + 1]! ^ k1 | data[i + 2]! ^ k2 | data[i + 3]! ^ k3;
  }
  const rest = length & 3;
  if (rest > 0) seen |= data[i]! ^ k0;
  if (rest > 1) seen |= data[i + 1]! ^ k1;
  if (rest > 2) seen |= data[i + 2]! ^ k2;
  return seen < 0x80;
}

/** Whether a close code may stand in a frame (RFC 6455, 7.4.1, 7.4.2). */
export function mayClose(code: number): boolean {
  if (code < 1000 || code > 4999) return false;
  if (code >= 3000) return true;
  return code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}

/** A close code in words ("1001 Going away"). */
export function closeText(code: number): string {
  const name = CLOSE_CODES[code];
  return name === undefined ? String(code) : `${code} ${name}`;
}

/** The text report's words for a frame. */
export function webSocketInfo(frame: WebSocketFrame): string {
  const name = OPCODES[frame.opcode] ?? `Opcode ${frame.opcode}`;
  return `WebSocket ${name}${frame.fin ? " [FIN]" : " [FRAGMENT]"}${
    frame.masked ? " [MASKED]" : ""
  }`;
}
