/**
 * A random identifier that nobody can guess or make twice: 128 bits, written
 * as a UUID version 4 (RFC 9562 section 5.4).
 *
 * `crypto.randomUUID` exists in secure contexts only, and a page opened as
 * `http://192.168.x.x` is none; `crypto.getRandomValues` exists everywhere.
 *
 * @module
 */
export function randomId(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
