/**
 * Text in the ring.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { RingWriter } from "./ring_writer.ts";

/** What is not longer is looked through here, since a call takes longer. */
const FEW = 64;

/** Length in UTF-8. Most texts are ASCII and short. */
export function utf8Length(text: string): number {
  const { length } = text;
  if (length > FEW) return Buffer.byteLength(text);
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) > 0x7f) return Buffer.byteLength(text);
  return length;
}

/** @param bytes {@linkcode utf8Length} of it */
export function addText(ring: RingWriter, text: string, bytes: number) {
  if (bytes <= FEW && bytes === text.length) ring.ascii(text);
  else ring.text(text, bytes);
}
