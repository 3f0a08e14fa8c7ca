/**
 * How text from a capture is made safe for the place it goes to.
 *
 * @module
 */
import type { ByteWriter } from "./byte_writer.ts";

export const Style = {
  /** As it is; NUL becomes `\0`. */
  Raw: 0,
  /**
   * As `tshark -T fields`: tabs, line ends, form feeds and backspaces become escapes; text ends at
   * its first NUL.
   */
  Fields: 1,
  /** The inside of a JSON string. */
  Json: 2,
  /** For people and terminals: nothing that moves a cursor, rings or turns the reading direction. */
  Plain: 3,
} as const;

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

const SHORT: Record<string, string> = {
  "\0": "\\0",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function hexEscape(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}

/** Text with what `style` asks for escaped. */
export function escaped(text: string, style: number): string {
  switch (style) {
    case Style.Raw:
      return text.replaceAll("\0", "\\0");
    case Style.Fields:
      return text.split("\0", 1)[0]!.replace(/[\b\f\n\r\t]/g, (character) => SHORT[character]!);
    case Style.Json:
      return JSON.stringify(text).slice(1, -1);
    default:
      return text.replace(
        // deno-lint-ignore no-control-regex
        /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
        (character) => SHORT[character] ?? hexEscape(character),
      );
  }
}

/** Writes a string, escaped. */
export function writeText(writer: ByteWriter, text: string, style: number): void {
  writer.string(escaped(text, style));
}

/** Writes UTF-8 bytes, escaped; what is not UTF-8 becomes U+FFFD. */
export function writeUtf8(
  writer: ByteWriter,
  data: Uint8Array,
  start: number,
  end: number,
  style: number,
): void {
  for (let at = start; at < end; at++) {
    const code = data[at]!;
    if (code < 0x20 || code > 0x7e || (style === Style.Json && (code === 0x22 || code === 0x5c))) {
      return writeText(writer, DECODER.decode(data.subarray(start, end)), style);
    }
  }
  writer.bytes(data, start, end);
}
