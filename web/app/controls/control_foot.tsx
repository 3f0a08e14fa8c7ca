import { formatValue } from "../values/format_value.ts";
import type { ControlProps } from "./controls.tsx";
import { Stage } from "./stage.tsx";

/** Below a control: what the device says, or that it is in other hands; how far the command is. */
export function ControlFoot({ control: { type }, reported, unit, commander, other }: ControlProps) {
  // A switch shows it, a button has no state.
  const told = type === "switch" || type === "button";
  return (
    <div class="control-foot">
      <span class="clip">
        <span role="status" class="warn">
          {other && `Someone else is ${type === "number" ? "moving" : "using"} this`}
        </span>
        {!other && !told && (
          <span class="muted">
            {reported === undefined
              ? "not reported yet"
              : `device: ${formatValue(reported)}${unit}`}
          </span>
        )}
      </span>
      {(!other || commander.wish !== undefined) && <Stage commander={commander} />}
    </div>
  );
}
