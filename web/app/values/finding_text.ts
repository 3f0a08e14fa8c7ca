import type { Value } from "../../../gateway/sessions/messages.ts";
import { innerValue } from "./inner_value.ts";

/** A security finding in words, "downgrade: plain packet"; `undefined` when it is none. */
export function findingText(value: Value): string | undefined {
  const inner = innerValue(value);
  if (typeof inner !== "object" || inner === null || !("finding" in inner)) return undefined;
  if (typeof inner.finding !== "string") return undefined;
  const detail = "detail" in inner && typeof inner.detail === "string" ? inner.detail : "";
  return detail === "" ? inner.finding : `${inner.finding}: ${detail}`;
}
