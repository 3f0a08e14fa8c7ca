/**
 * Numbers and bytes in hexadecimal.
 *
 * @module
 */

/** A number as "0x001a"; `digits` is how many there are at least. */
export function hexText(value: number, digits = 1): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}

/** The bytes `data[at, at + length)`, two digits each, with `separator` between them. */
export function hexBytes(data: Uint8Array, at: number, length: number, separator = ""): string {
  let text = "";
  for (let i = 0; i < length; i++) {
    if (i > 0) text += separator;
    text += data[at + i]!.toString(16).padStart(2, "0");
  }
  return text;
}
