/**
 * Vectors of TLS: a length of one to three bytes, then so many bytes (RFC 8446, 3.4).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { rule } from "./problem.ts";

const NO_LENGTH = rule("tls", "error", "no room for the length of a vector", "RFC 8446, 3.4");
const TOO_LONG = rule("tls", "error", "a vector is longer than what holds it", "RFC 8446, 3.4");
const TOO_SHORT = rule("tls", "warning", "a vector is shorter than allowed", "RFC 8446, 3.4");
const TRAILING = rule(
  "tls",
  "warning",
  "bytes are left over behind the last entry",
  "RFC 8446, 3.4",
);

/**
 * Enters a vector: reads its length of `size` bytes and limits reading to it, until `endVector`.
 *
 * @param min least length in bytes
 * @returns false when it does not fit; the rest of what holds it is passed over then, and
 *   `endVector` must not be called
 */
export function beginVector(d: Dissection, field: number, size: number, min = 0): boolean {
  const at = d.pos;
  if (d.end - at < size) {
    d.problem(NO_LENGTH, at);
    d.pos = d.end;
    return false;
  }
  const length = size === 1 ? d.u8(field) : size === 2 ? d.u16(field) : d.u24(field);
  if (length < min) d.problem(TOO_SHORT, at);
  if (length > d.end - d.pos) {
    d.problem(TOO_LONG, at);
    d.pos = d.end;
    return false;
  }
  d.narrow(length);
  return true;
}

/** Leaves the vector entered last, wherever reading in it stopped. */
export function endVector(d: Dissection): void {
  if (d.pos < d.end) d.problem(TRAILING);
  d.widen();
}

/**
 * A vector of bytes as one field; nothing is written for an empty one.
 *
 * @returns false as `beginVector`
 */
export function bytesVector(
  d: Dissection,
  lengthField: number,
  size: number,
  field: number,
  min = 0,
): boolean {
  if (!beginVector(d, lengthField, size, min)) return false;
  if (d.pos < d.end) d.bytes(d.end - d.pos, field);
  d.widen();
  return true;
}
