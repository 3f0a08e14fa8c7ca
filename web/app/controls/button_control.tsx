import { switchValue } from "../values/switch_state.ts";
import type { ControlProps } from "./controls.tsx";
import { Stage } from "./stage.tsx";

/** Sends one fixed value. */
export function ButtonControl({ id, label, control, commander }: ControlProps) {
  return (
    <div class="control">
      <div class="control-head">
        <span id={id}>{label}</span>
        <button
          type="button"
          aria-labelledby={id}
          aria-busy={commander.wish !== undefined}
          onClick={() => commander.send(switchValue(control, true))}
        >
          Send
        </button>
      </div>
      <div class="control-foot">
        <span />
        <Stage commander={commander} />
      </div>
    </div>
  );
}
