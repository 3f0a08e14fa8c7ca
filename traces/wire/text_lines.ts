/**
 * Text, line by line: what WebSocket text messages are, and bodies and payloads of textual media types.
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { protocol } from "./field.ts";

const TEXT_LINES = protocol("data-text-lines", "Line-based text data", "Line-based text data");

/** Media types that Wireshark shows as lines of text. */
const TEXT_TYPES: ReadonlySet<string> = new Set([
  "text/plain",
  "text/html",
  "text/css",
  "text/javascript",
  "text/richtext",
  "text/enriched",
  "text/parameters",
  "text/xml-external-parsed-entity",
  "text/vnd.sun.j2me.app-descriptor",
  "application/xml-external-parsed-entity",
  "application/x-javascript",
  "application/x-ns-proxy-autoconfig",
]);

/** @param type in lower case, without parameters */
export function isTextType(type: string): boolean {
  return TEXT_TYPES.has(type);
}

export function textLinesWanted(d: Dissection): boolean {
  return d.want[TEXT_LINES] !== 0;
}

/** Enters the layer for the bytes at the cursor; what follows is at the same place of the tree. */
export function textLines(d: Dissection, length: number): void {
  const { depth } = d;
  d.lengthOf(d.layer(TEXT_LINES), length);
  d.depth = depth;
}
