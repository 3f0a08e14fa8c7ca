/**
 * What a payload says: JSON, else text, else bytes (see `Value`).
 *
 * @module
 */

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Up to here it is cheaper to look for ASCII than to call the decoder, bytes. */
const SHORT_BYTES = 256;

/** @returns The text; `null` if the bytes are not UTF-8. */
function decode(payload: Uint8Array): string | null {
  if (payload.length <= SHORT_BYTES && payload.every(isAscii)) {
    return String.fromCharCode.apply(null, payload as unknown as number[]);
  }
  try {
    return utf8.decode(payload);
  } catch {
    return null;
  }
}

function isAscii(byte: number): boolean {
  return byte < 0x80;
}

/**
 * How JSON can begin (RFC 8259 sections 2 and 3). It spares most plain text
 * the exception that trying to parse it costs.
 */
const JSON_START = /^[\t\n\r ]*(?:[{["]|-?\d|true|false|null)/;

/**
 * The payload as JSON text, ready to stand in a message. JSON is passed on as
 * it came, so a number keeps all its digits.
 */
export function payloadToJson(payload: Uint8Array): string {
  const text = decode(payload);
  if (text === null) return JSON.stringify({ base64: payload.toBase64() });
  if (!JSON_START.test(text)) return JSON.stringify(text);
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}

/** The bytes to publish for a value: text as it is, `{base64}` as bytes, the rest as JSON. */
export function valueToPayload(value: unknown): Uint8Array {
  if (typeof value === "string") return new TextEncoder().encode(value);
  const bytes = base64Of(value);
  return bytes ?? new TextEncoder().encode(JSON.stringify(value));
}

function base64Of(value: unknown): Uint8Array | null {
  if (typeof value !== "object" || value === null) return null;
  const { base64, ...rest } = value as { base64?: unknown };
  if (typeof base64 !== "string" || Object.keys(rest).length > 0) return null;
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    return null;
  }
}
