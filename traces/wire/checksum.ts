/**
 * The Internet checksum (RFC 1071).
 *
 * @module
 */

/** Ones' complement sum of `length` bytes, not inverted, folded to 16 bits; added to `sum`. */
export function addChecksum(data: Uint8Array, at: number, length: number, sum = 0): number {
  const end = at + length - 1;
  for (; at < end; at += 2) sum += data[at]! << 8 | data[at + 1]!;
  if (at === end) sum += data[at]! << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}
