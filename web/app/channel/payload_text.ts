import type { Value } from "../../../gateway/sessions/messages.ts";

/** Characters of a payload, and bytes of one that is no text. */
const MAX_TEXT = 300;
const MAX_BYTES = 64;

function isBytes(value: Value): value is { base64: string } {
  return typeof value === "object" && value !== null && "base64" in value &&
    typeof value.base64 === "string";
}

/**
 * A payload as it came: text as it is, bytes in hex, JSON as JSON.
 *
 * @param json Looks up the value's JSON text, which has digits that the value lost.
 */
export function payloadText(value: Value, json?: () => string | undefined): string {
  if (typeof value === "string") return clip(value);
  if (!isBytes(value)) return clip(json?.() ?? JSON.stringify(value) ?? "");
  let bytes: string;
  try {
    bytes = atob(value.base64);
  } catch {
    return clip(JSON.stringify(value));
  }
  const hex = Array.from(
    bytes.slice(0, MAX_BYTES),
    (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0"),
  );
  return hex.join(" ") + (bytes.length > MAX_BYTES ? ` … ${bytes.length} bytes` : "");
}

function clip(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
