import { useState } from "preact/hooks";
import { formatValue } from "../values/format_value.ts";
import { ControlFoot } from "./control_foot.tsx";
import type { ControlProps } from "./controls.tsx";

/** A text, or a number that has no known range: typed, then sent. */
export function EntryControl({ id, label, topic, control, commander, other }: ControlProps) {
  const [draft, setDraft] = useState("");
  const isNumber = control.type === "number";
  const reported = topic.update.value?.value;
  const unit = topic.unit ? ` ${topic.unit}` : "";
  const submit = (event: Event) => {
    event.preventDefault();
    if (isNumber && (draft === "" || !Number.isFinite(Number(draft)))) return;
    commander.send(isNumber ? Number(draft) : draft);
    setDraft("");
  };
  const field = {
    id,
    autocomplete: "off",
    value: draft,
    onInput: (event: InputEvent) => setDraft((event.currentTarget as HTMLInputElement).value),
  };
  return (
    <form class="control" onSubmit={submit}>
      <label for={id}>{label}</label>
      <div class="control-entry">
        {isNumber
          ? (
            <input
              {...field}
              type="number"
              min={control.min}
              max={control.max}
              step={control.step ?? "any"}
            />
          )
          : <input {...field} type="text" list={undefined} />}
        <button type="submit">Send</button>
      </div>
      <ControlFoot commander={commander} other={other}>
        {reported === undefined ? "not reported yet" : `device: ${formatValue(reported)}${unit}`}
      </ControlFoot>
    </form>
  );
}
