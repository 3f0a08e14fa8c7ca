/**
 * Payload bytes of WebSocket frames as something to read: unmasked, or decompressed.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import { unmask, type WebSocketFrame } from "../wire/websocket.ts";

/** Made bytes up to this length share the dissection's arena. */
const SMALL = 16 * 1024;

/**
 * Makes the payload at the cursor, unmasked, what is read next; `leavePayload` undoes it.
 *
 * @returns false when sources are nested too deep; nothing is entered then
 */
export function enterPayload(d: Dissection, frame: WebSocketFrame): boolean {
  const length = frame.payloadLength;
  if (!frame.masked) {
    d.narrow(length);
    return true;
  }
  const at = d.pos;
  const { data } = d;
  const into = length > SMALL ? 0 : d.reserve(length);
  const room = length > SMALL ? new Uint8Array(length) : d.arena;
  unmask(data, at, length, frame.key, room, into);
  return d.enter("Unmasked data", room, into, length);
}

/** @param masked as the frame was: another may have been read in between */
export function leavePayload(d: Dissection, masked: boolean): void {
  if (masked) d.leave();
  else d.widen();
}

/**
 * Makes a copy of `bytes[0, length)` what is read next, until `leave`.
 *
 * @returns false when sources are nested too deep; nothing is entered then
 */
export function enterCopy(d: Dissection, name: string, bytes: Uint8Array, length: number): boolean {
  const into = length > SMALL ? 0 : d.reserve(length);
  const room = length > SMALL ? new Uint8Array(length) : d.arena;
  room.set(bytes.subarray(0, length), into);
  return d.enter(name, room, into, length);
}
