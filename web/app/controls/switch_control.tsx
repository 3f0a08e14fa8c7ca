import { switchState, switchValue } from "../values/switch_state.ts";
import type { ControlProps } from "./controls.tsx";

/** A power switch that shows what the device says, not what was asked of it. */
export function SwitchControl({ id, label, reported, control, commander }: ControlProps) {
  const state = reported === undefined ? undefined : switchState(reported, control);
  const wish = commander.wish && switchState(commander.wish.value, control);
  const word = state === undefined ? "Unknown" : state ? "On" : "Off";
  return (
    <div class="control-head">
      <span id={id}>{label}</span>
      <button
        type="button"
        role="switch"
        class="switch"
        aria-checked={state ?? false}
        aria-busy={wish !== undefined}
        aria-labelledby={id}
        data-state={word}
        onClick={() => commander.send(switchValue(control, !(wish ?? state ?? false)))}
      >
        <span class="switch-track" />
        <span class="switch-word">{word}</span>
      </button>
    </div>
  );
}
