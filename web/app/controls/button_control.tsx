import { switchValue } from "../values/switch_state.ts";
import { ControlFoot } from "./control_foot.tsx";
import type { ControlProps } from "./controls.tsx";

/** Sends one fixed value. */
export function ButtonControl({ id, label, control, commander, other }: ControlProps) {
  return (
    <div class="control">
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
      <ControlFoot commander={commander} other={other} deed="using" />
    </div>
  );
}
