/**
 * Headers of WebSocket frames (RFC 6455, 5.2) and payloads of Close frames (5.5.1).
 *
 * @module
 */
import { Opcode } from "../../../traces/wire/websocket_opcode.ts";

export { Opcode };

/** Longest payload of a control frame, bytes (RFC 6455, 5.5). */
export const CONTROL_BYTES = 125;

const FIN = 0x80;
const MASK = 0x80;

/**
 * The header of a frame; the payload follows as it is. A client's frame has the masking key
 * 00000000, with which masked and plain payload are the same.
 *
 * @param length of the payload, bytes
 * @param fin whether it is the last frame of its message. @default true
 * @returns a fresh array of 2 to 14 bytes
 */
export function frameHeader(
  opcode: number,
  length: number,
  fromClient: boolean,
  fin = true,
): Uint8Array<ArrayBuffer> {
  const extended = length < 126 ? 0 : length < 0x10000 ? 2 : 8;
  const header = new Uint8Array(2 + extended + (fromClient ? 4 : 0));
  header[0] = (fin ? FIN : 0) | opcode;
  header[1] = (fromClient ? MASK : 0) | (extended === 0 ? length : extended === 2 ? 126 : 127);
  let left = length;
  for (let at = 1 + extended; at > 1; at--) {
    header[at] = left % 256;
    left = Math.floor(left / 256);
  }
  return header;
}

/** Length of a whole frame (RFC 6455, 5.2). */
export function frameLength(payload: number, masked: boolean): number {
  return payload + (payload < 126 ? 2 : payload < 65_536 ? 4 : 10) + (masked ? 4 : 0);
}

/**
 * The payload of a Close frame.
 *
 * @param code 0, or one that must not be sent (1005, 1006, 1015; RFC 6455, 7.4.1): the payload is
 *   empty
 * @param reason cut so that the frame stays within 125 bytes
 */
export function closePayload(code: number, reason = ""): Uint8Array<ArrayBuffer> {
  if (code === 0 || code === 1005 || code === 1006 || code === 1015) return new Uint8Array(0);
  const payload = new Uint8Array(CONTROL_BYTES);
  const { written } = new TextEncoder().encodeInto(reason, payload.subarray(2));
  payload[0] = code >> 8;
  payload[1] = code & 0xff;
  return payload.slice(0, 2 + written);
}
