/**
 * Bytes in the other order: how addresses and 128-bit UUIDs are written that are sent low byte first.
 *
 * @module
 */

/** The `length` bytes at `at`, last first, written to `into` (as long, or longer) from its start. */
export function reversedBytes(
  data: Uint8Array,
  at: number,
  length: number,
  into: Uint8Array = new Uint8Array(length),
): Uint8Array {
  for (let to = 0, from = at + length; to < length; to++) into[to] = data[--from]!;
  return into;
}
