/**
 * Identifiers of beacons as text.
 *
 * @module
 */

const DIGITS: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => byte.toString(16).padStart(2, "0"),
);

/** The bytes `data[at, end)` in lower-case hexadecimal digits. */
export function identifierText(data: Uint8Array, at: number, end: number): string {
  let text = "";
  for (let i = at; i < end; i++) text += DIGITS[data[i]!];
  return text;
}

/** The UUID at `data[at, at + 16)`, most significant byte first (RFC 9562, 4). */
export function uuidText(data: Uint8Array, at: number): string {
  return `${identifierText(data, at, at + 4)}-${identifierText(data, at + 4, at + 6)}-${
    identifierText(data, at + 6, at + 8)
  }-${identifierText(data, at + 8, at + 10)}-${identifierText(data, at + 10, at + 16)}`;
}
