/**
 * The frame check sequence of IEEE 802.15.4: CRC-16 (2003 on) and CRC-32 (2015 edition, 7.2.10).
 *
 * @module
 */

const TABLE16 = new Uint16Array(256);
const TABLE32 = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let crc16 = byte;
  let crc32 = byte;
  for (let bit = 0; bit < 8; bit++) {
    crc16 = (crc16 & 1) !== 0 ? crc16 >>> 1 ^ 0x8408 : crc16 >>> 1;
    crc32 = (crc32 & 1) !== 0 ? crc32 >>> 1 ^ 0xedb88320 : crc32 >>> 1;
  }
  TABLE16[byte] = crc16;
  TABLE32[byte] = crc32 >>> 0;
}

/** CRC-16 of `data[start, end)`: polynomial x^16 + x^12 + x^5 + 1, start value 0, sent low byte first. */
export function wpanFcs16(data: Uint8Array, start: number, end: number): number {
  let crc = 0;
  for (let i = start; i < end; i++) crc = crc >>> 8 ^ TABLE16[(crc ^ data[i]!) & 0xff]!;
  return crc;
}

/**
 * CRC-32 of `data[start, end)`, as in Ethernet. A frame of less than four bytes is checked as if
 * zeros followed, up to four bytes.
 */
export function wpanFcs32(data: Uint8Array, start: number, end: number): number {
  let crc = 0xffffffff;
  for (let i = start; i < end; i++) crc = crc >>> 8 ^ TABLE32[(crc ^ data[i]!) & 0xff]!;
  for (let i = end - start; i < 4; i++) crc = crc >>> 8 ^ TABLE32[crc & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}
