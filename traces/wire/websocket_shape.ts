/**
 * Recognises WebSocket frames of a conversation whose opening handshake is not known.
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { invalidUtf8 } from "./utf8.ts";
import { measureWebSocket, Opcode, WebSocketFrame } from "./websocket.ts";

/** Whole frames that are enough, whatever follows. */
const ENOUGH = 3;

const frame = new WebSocketFrame();

/**
 * Whether the bytes from `d.pos` on are frames of one side, from the first byte on: all of them
 * masked or none, no reserved bits, shortest lengths, text in UTF-8, and the last one ends where the
 * bytes do. Moves nothing, never fails.
 */
export function looksLikeWebSocket(d: Dissection): boolean {
  const start = d.pos;
  const found = frames(d);
  d.pos = start;
  return found;
}

function frames(d: Dissection): boolean {
  let masked = false;
  for (let count = 0; d.pos < d.end; count++) {
    if (count >= ENOUGH) return true;
    const total = measureWebSocket(d, frame);
    if (total < 0 || !isSound(d)) return false;
    if (count === 0) {
      masked = frame.masked;
      // A conversation seen from its middle may begin with any frame, but one that continues
      // another, or the unmasked start of a fragmented message, is too little to go by.
      if (frame.opcode === Opcode.Continuation || !masked && !frame.fin) return false;
    } else if (frame.masked !== masked) {
      return false;
    }
    if (!masked && frame.payloadLength === 0 && frame.opcode <= Opcode.Binary) return false;
    if (d.pos + total > d.end) return false;
    if (!hasSoundPayload(d)) return false;
    d.pos += total;
  }
  return true;
}

/** The header in `frame`, which stands at `d.pos`. */
function isSound(d: Dissection): boolean {
  const { opcode, rsv, fin, payloadLength } = frame;
  if ((rsv & 3) !== 0 || rsv !== 0 && opcode !== Opcode.Text && opcode !== Opcode.Binary) {
    return false;
  }
  const short = d.data[d.pos + 1]! & 0x7f;
  if (short === 126 && payloadLength < 126 || short === 127 && payloadLength < 0x10000) {
    return false;
  }
  if (opcode <= Opcode.Binary) return true;
  return opcode >= Opcode.Close && opcode <= Opcode.Pong && fin && payloadLength < 126;
}

function hasSoundPayload(d: Dissection): boolean {
  const { opcode, masked, rsv, headerLength, payloadLength } = frame;
  if (masked || rsv !== 0) return true;
  const at = d.pos + headerLength;
  if (opcode === Opcode.Text && frame.fin) {
    return invalidUtf8(d.data, at, at + payloadLength) < 0;
  }
  return opcode !== Opcode.Binary || !isSubscribe(d.data, at, at + payloadLength);
}

/** An MQTT SUBSCRIBE begins with the same byte (0x82): identifier, topic filter, QoS. */
function isSubscribe(data: Uint8Array, at: number, end: number): boolean {
  if (end - at < 5) return false;
  const filter = data[at + 2]! << 8 | data[at + 3]!;
  return filter > 0 && at + 4 + filter < end && data[at + 4 + filter]! < 3;
}
