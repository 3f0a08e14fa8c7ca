import { formatValue } from "../values/format_value.ts";
import { innerValue } from "../values/inner_value.ts";
import { sameValue } from "../values/same_value.ts";
import type { ControlProps } from "./controls.tsx";

/** One of several values; shows the wish while it is on its way, then what the device says. */
export function ChoiceControl({ id, label, reported, control, commander }: ControlProps) {
  const choices = control.choices ?? [];
  const current = commander.wish ? commander.wish.value : reported;
  const index = choices.findIndex((choice) =>
    sameValue(choice, current) || sameValue(choice, innerValue(current))
  );
  return (
    <div class="control-head">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={String(index)}
        onChange={(event) => commander.send(choices[Number(event.currentTarget.value)])}
      >
        {index < 0 && (
          <option value="-1" disabled>
            {reported === undefined ? "Unknown" : formatValue(reported)}
          </option>
        )}
        {choices.map((choice, i) => <option key={i} value={String(i)}>{formatValue(choice)}
        </option>)}
      </select>
    </div>
  );
}
