/**
 * Texts of others that are kept for a while.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** Longest name that is kept, UTF-16 code units. */
export const NAME_LENGTH = 256;

/**
 * A text, cut to `length` UTF-16 code units. What is cut off does not stay in memory, as it would with
 * `slice`; half a surrogate pair becomes U+FFFD.
 */
export function cutText(text: string, length: number): string {
  return text.length <= length ? text : Buffer.from(text.slice(0, length)).toString();
}
