/**
 * The CRC of the Bluetooth LE link layer: 24 bits, x^24 + x^10 + x^9 + x^6 + x^4 + x^3 + x + 1, bits
 * in the order they are sent (Core 6.0, Vol 6, Part B, 3.1.1).
 *
 * @module
 */

/** Preset of the register on the advertising channels, except for periodic advertising. */
export const ADVERTISING_INIT = 0x555555;

/** The polynomial without its highest term, least significant term in the highest bit. */
const POLYNOMIAL = 0xda6000;

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let register = byte;
  for (let bit = 0; bit < 8; bit++) {
    register = (register & 1) !== 0 ? register >>> 1 ^ POLYNOMIAL : register >>> 1;
  }
  return register;
});

/** The bits of a 24-bit number in reverse. */
export function mirror24(value: number): number {
  let mirrored = 0;
  for (let bit = 0; bit < 24; bit++) mirrored |= (value >> bit & 1) << (23 - bit);
  return mirrored;
}

/**
 * The CRC over `data[start, end)`, as it stands behind the PDU, least significant byte first.
 *
 * @param init CRCInit, 24 bits
 */
export function crc24(data: Uint8Array, start: number, end: number, init: number): number {
  let register = init === ADVERTISING_INIT ? 0xaaaaaa : mirror24(init);
  for (let at = start; at < end; at++) {
    register = register >>> 8 ^ TABLE[(register ^ data[at]!) & 0xff]!;
  }
  return register;
}
