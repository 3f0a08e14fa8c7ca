import type { Control, Value } from "../../../gateway/sessions/messages.ts";
import { innerValue } from "./inner_value.ts";
import { sameValue } from "./same_value.ts";

const WORDS: Record<string, boolean> = { on: true, true: true, off: false, false: false };

/** What a switch sends for on and off; defaults `true` and `false`. */
export function switchValue(control: Control | undefined, on: boolean): Value {
  return on ? control?.on ?? true : control?.off ?? false;
}

/**
 * Whether a payload says on or off: the control's own values first, then
 * `true`, `false`, "on", "off" in any case; `undefined` for anything else.
 */
export function switchState(value: Value, control?: Control): boolean | undefined {
  for (const candidate of [value, innerValue(value)]) {
    if (control && sameValue(candidate, switchValue(control, true))) return true;
    if (control && sameValue(candidate, switchValue(control, false))) return false;
    if (typeof candidate === "boolean") return candidate;
    if (typeof candidate === "string") {
      const word = WORDS[candidate.trim().toLowerCase()];
      if (word !== undefined) return word;
    }
  }
  return undefined;
}
