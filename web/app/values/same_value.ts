import type { Value } from "../../../gateway/sessions/messages.ts";

/** Whether two payloads are the same JSON. */
export function sameValue(a: Value, b: Value): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
