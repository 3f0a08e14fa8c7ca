import { switchState, switchValue } from "../values/switch_state.ts";
import { ControlFoot } from "./control_foot.tsx";
import type { ControlProps } from "./controls.tsx";

/** A power switch that shows what the device says, not what was asked of it. */
export function SwitchControl({ id, label, topic, control, commander, other }: ControlProps) {
  const update = topic.update.value;
  const state = update && switchState(update.value, control);
  const wish = commander.wish && switchState(commander.wish.value, control);
  const turn = () => commander.send(switchValue(control, !(wish ?? state ?? false)));
  return (
    <div class="control">
      <div class="control-head">
        <span id={id}>{label}</span>
        <button
          type="button"
          role="switch"
          class="switch"
          aria-checked={state ?? false}
          aria-busy={wish !== undefined}
          aria-labelledby={id}
          data-state={state === undefined ? "unknown" : state ? "on" : "off"}
          onClick={turn}
        >
          <span class="switch-track" aria-hidden="true">
            <span class="switch-thumb" />
          </span>
          <span class="switch-word">{state === undefined ? "Unknown" : state ? "On" : "Off"}</span>
        </button>
      </div>
      <ControlFoot commander={commander} other={other}>
        {wish === undefined ? "" : wish ? "switching on" : "switching off"}
      </ControlFoot>
    </div>
  );
}
