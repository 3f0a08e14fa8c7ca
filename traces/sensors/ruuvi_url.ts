/**
 * Ruuvi's data formats 2 and 4: in the fragment of an Eddystone URL, `https://ruu.vi/#BFwaAMjlQ`, as
 * URL-safe base64 (RFC 4648, 5) without padding. docs.ruuvi.com, "Data format 4 (URL)"; format 2 is
 * the same without the last character, the tag's id.
 *
 * @module
 */
import { other } from "./measure.ts";
import { addField } from "./ruuvi.ts";
import { RUUVI_URL_FORMATS } from "./ruuvi_formats.ts";
import type { SensorCursor } from "./sensor_cursor.ts";
import type { SensorReport } from "./sensor_report.ts";

/** What such a URL begins with. */
export const RUUVI_URL = "https://ruu.vi/#";

const TAG_ID = other(
  "tag_id",
  "text",
  "Ruuvi data format 4 (URL), 9th character: upper 6 bits of a random id, as sent",
  { diagnostic: true },
);

/** Characters of 6 bytes. */
const CHARACTERS = 8;
const bytes = new Uint8Array(6);

/**
 * Decodes the characters behind the `#`, at which the cursor stands.
 *
 * @returns false when they are no data of Ruuvi, and nothing was reported
 */
export function decodeRuuviUrl(cursor: SensorCursor, report: SensorReport): boolean {
  const start = cursor.pos;
  if (!unpack(cursor)) return false;
  const format = RUUVI_URL_FORMATS.get(bytes[0]!);
  if (format === undefined) return false;
  report.format = format.name;
  report.model = format.model;
  for (const field of format.fields) {
    const first = field.offset;
    const last = first + field.length - 1;
    const raw = field.length === 1 ? bytes[first]! : bytes[first]! << 8 | bytes[last]!;
    // 4 characters make 3 bytes; those that hold the field's bits.
    const from = Math.floor(first * 8 / 6);
    const to = Math.floor((last * 8 + 7) / 6);
    addField(field, raw, start + from, to - from + 1, report);
  }
  if (bytes[0] === 4 && cursor.left > 0) {
    const at = cursor.pos;
    const character = String.fromCharCode(cursor.u8());
    report.add(TAG_ID, character, character, at, 1);
  }
  return true;
}

/** Unpacks 8 characters into `bytes`. */
function unpack(cursor: SensorCursor): boolean {
  for (let i = 0; i < CHARACTERS; i += 4) {
    let word = 0;
    for (let k = 0; k < 4; k++) {
      const six = sixBits(cursor.u8());
      if (cursor.failed || six < 0) return false;
      word = word << 6 | six;
    }
    bytes[i / 4 * 3] = word >> 16;
    bytes[i / 4 * 3 + 1] = word >> 8;
    bytes[i / 4 * 3 + 2] = word;
  }
  return true;
}

function sixBits(character: number): number {
  if (character >= 0x41 && character <= 0x5a) return character - 0x41;
  if (character >= 0x61 && character <= 0x7a) return character - 0x61 + 26;
  if (character >= 0x30 && character <= 0x39) return character - 0x30 + 52;
  if (character === 0x2d) return 62;
  return character === 0x5f ? 63 : -1;
}
