import { useState } from "preact/hooks";

interface EntryProps {
  label: string;
  /** What it shows while nobody types. */
  value: string;
  range: { min: number; max: number; step: number | "any" };
  onEnter: (value: number) => void;
}

/** A number to be typed; sent by Enter, on leaving, and by its arrows. */
export function NumberEntry({ label, value, range, onEnter }: EntryProps) {
  const [draft, setDraft] = useState<string>();
  const enter = (input: HTMLInputElement) => {
    // Undone, which the browser takes for another change.
    if (draft === undefined) return;
    if (input.value === "" || !input.reportValidity()) return;
    setDraft(undefined);
    onEnter(input.valueAsNumber);
  };
  return (
    <input
      type="number"
      aria-label={label}
      {...range}
      value={draft ?? value}
      onInput={(event) => setDraft(event.currentTarget.value)}
      onChange={(event) => enter(event.currentTarget)}
      onBlur={() => setDraft(undefined)}
      onKeyDown={(event) => {
        if (event.key === "Escape") setDraft(undefined);
      }}
    />
  );
}
