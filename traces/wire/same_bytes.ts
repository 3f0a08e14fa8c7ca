/**
 * Comparison of bytes in place.
 *
 * @module
 */

/** Whether `a[at, at + length)` and `b[from, from + length)` hold the same. */
export function sameBytes(
  a: Uint8Array,
  at: number,
  b: Uint8Array,
  from: number,
  length: number,
): boolean {
  for (let i = 0; i < length; i++) if (a[at + i] !== b[from + i]) return false;
  return true;
}
