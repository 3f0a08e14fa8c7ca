import type { Value } from "../../../gateway/sessions/messages.ts";
import { findingText } from "./finding_text.ts";
import { innerValue } from "./inner_value.ts";

const MAX_TEXT = 400;

/** A number with at most 6 significant digits, which is what sensors have. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e9 || size < 1e-4)) return value.toExponential(3);
  if (Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(size >= 1e5 ? 9 : 6)));
}

/**
 * A payload for people: numbers short, text as it is, bytes by their count, security findings in
 * words, the rest as JSON.
 */
export function formatValue(value: Value): string {
  const inner = innerValue(value);
  switch (typeof inner) {
    case "number":
      return formatNumber(inner);
    case "string":
      return clip(inner);
    case "boolean":
      return String(inner);
    case "undefined":
      return "";
  }
  if (inner !== null && typeof inner === "object" && "base64" in inner) {
    const text = String(inner.base64);
    const bytes = Math.floor(text.replace(/=+$/, "").length * 3 / 4);
    return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  }
  return clip(findingText(inner) ?? JSON.stringify(inner));
}

function clip(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
