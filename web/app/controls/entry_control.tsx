import { useState } from "preact/hooks";
import type { ControlProps } from "./controls.tsx";

/** A text, or a number that has no known range: typed, then sent. */
export function EntryControl({ id, label, control, commander }: ControlProps) {
  const [draft, setDraft] = useState("");
  const isNumber = control.type === "number";
  const submit = (event: Event) => {
    event.preventDefault();
    if (isNumber && (draft === "" || !Number.isFinite(Number(draft)))) return;
    commander.send(isNumber ? Number(draft) : draft);
    setDraft("");
  };
  const { min, max, step = "any" } = control;
  return (
    <form onSubmit={submit}>
      <label for={id}>{label}</label>
      <div class="control-entry">
        <input
          id={id}
          autocomplete="off"
          value={draft}
          onInput={(event) => setDraft(event.currentTarget.value)}
          {...(isNumber ? { type: "number", min, max, step } : { type: "text" })}
        />
        <button type="submit">Send</button>
      </div>
    </form>
  );
}
