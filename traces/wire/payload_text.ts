/**
 * Application payload for a reader: text (JSON is text) as it is, anything else as hex.
 *
 * @module
 */
import { hexBytes } from "./hex_text.ts";
import { invalidUtf8, utf8Text } from "./utf8.ts";

/** Control characters other than tab, line feed and carriage return. */
// deno-lint-ignore no-control-regex
const UNPRINTABLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/**
 * `data[at, end)` as text, at most `most` characters of it; "…" marks what was cut off. Hex is
 * written as "0x...".
 */
export function payloadText(data: Uint8Array, at: number, end: number, most: number): string {
  const text = invalidUtf8(data, at, end) < 0
    ? utf8Text(data, at, Math.min(end, at + 4 * most))
    : "";
  if (text.length > 0 && !UNPRINTABLE.test(text)) {
    return text.length > most || end - at > 4 * most ? `${text.slice(0, most)}…` : text;
  }
  if (at === end) return "";
  const shown = Math.min(end - at, Math.ceil(most / 2));
  const hex = `0x${hexBytes(data, at, shown)}`;
  return shown < end - at ? `${hex}…` : hex;
}
