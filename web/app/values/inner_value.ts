import type { Value } from "../../../gateway/sessions/messages.ts";

/**
 * The value that a payload is about: many devices wrap it as `{"value": 7}`
 * beside a time or a unit.
 */
export function innerValue(value: Value): unknown {
  if (typeof value === "object" && value !== null && "value" in value) return value.value;
  return value;
}
