import type { Value } from "../../../gateway/sessions/messages.ts";
import { innerValue } from "./inner_value.ts";

/** The number to plot, or `undefined`; `{"value": 7}` is 7. Text is never a number. */
export function numericValue(value: Value): number | undefined {
  const inner = innerValue(value);
  return typeof inner === "number" && Number.isFinite(inner) ? inner : undefined;
}
