/**
 * The payload of the fan-out scenarios: 100 bytes of JSON that carry the time
 * of sending and a sequence number in fixed-width text right after a marker
 * byte that occurs nowhere else, so that they are found in any wrapping
 * without parsing it.
 *
 * @module
 */

/** `~`: starts the stamp. */
export const MARKER = 0x7e;
/** Length of the payload in bytes. */
export const PAYLOAD_LENGTH = 100;

const TIME_DIGITS = 16;
const SEQ_DIGITS = 8;
const ZERO = 0x30;
const BEFORE = `{"t":"`;
const AFTER = `","pad":"`;

/** A payload with room for the stamp. */
export function stampedPayload(): Uint8Array<ArrayBuffer> {
  const stamp = "~" + "0".repeat(TIME_DIGITS + SEQ_DIGITS);
  const start = BEFORE + stamp + AFTER;
  const pad = "x".repeat(PAYLOAD_LENGTH - start.length - 2);
  return new TextEncoder().encode(`${start}${pad}"}`);
}

/** A payload of the same form without a marker, which no receiver counts. */
export function unstampedPayload(): Uint8Array<ArrayBuffer> {
  return stampedPayload().map((byte) => byte === MARKER ? 0x2d : byte);
}

function writeDigits(bytes: Uint8Array, at: number, digits: number, value: number) {
  for (let i = at + digits - 1; i >= at; i--) {
    const rest = Math.floor(value / 10);
    bytes[i] = ZERO + value - rest * 10;
    value = rest;
  }
}

function readDigits(bytes: Uint8Array, at: number, digits: number): number {
  let value = 0;
  for (let i = at; i < at + digits; i++) value = value * 10 + bytes[i]! - ZERO;
  return value;
}

/** Now, in microseconds since this machine's processes agree on (Unix epoch). */
export function nowMicros(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}

/**
 * Writes the stamp.
 *
 * @param marker Offset of the marker in `bytes`.
 */
export function writeStamp(bytes: Uint8Array, marker: number, micros: number, seq: number) {
  writeDigits(bytes, marker + 1, TIME_DIGITS, micros);
  writeDigits(bytes, marker + 1 + TIME_DIGITS, SEQ_DIGITS, seq);
}

/** Time of sending in microseconds, of the stamp whose marker is at `marker`. */
export function stampTime(bytes: Uint8Array, marker: number): number {
  return readDigits(bytes, marker + 1, TIME_DIGITS);
}

/** Sequence number of the stamp whose marker is at `marker`. */
export function stampSeq(bytes: Uint8Array, marker: number): number {
  return readDigits(bytes, marker + 1 + TIME_DIGITS, SEQ_DIGITS);
}
