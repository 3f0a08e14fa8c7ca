import { switchValue } from "../values/switch_state.ts";
import type { ControlProps } from "./controls.tsx";

/** Sends one fixed value. */
export function ButtonControl({ id, label, control, commander }: ControlProps) {
  return (
    <div class="control-head">
      <span id={id}>{label}</span>
      <button
        id={`${id}-send`}
        type="button"
        aria-labelledby={`${id} ${id}-send`}
        aria-busy={commander.wish !== undefined}
        onClick={() => commander.send(switchValue(control, true))}
      >
        Send
      </button>
    </div>
  );
}
