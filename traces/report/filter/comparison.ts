/**
 * Order of values.
 *
 * @module
 */
import { compareBytes, comparePrefix, type Value } from "./filter_value.ts";

/** Less than 0, 0, or more; values of one type. */
export function compareValues(a: Value, b: Value): number {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** As `compareValues`; of addresses only the first `bits` bits. */
export function comparer(bits: number | undefined): (a: Value, b: Value) => number {
  if (bits === undefined) return compareValues;
  return (a, b) => comparePrefix(a as Uint8Array, b as Uint8Array, bits);
}
