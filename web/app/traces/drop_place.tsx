import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

/** Captures may be dropped anywhere on it. */
export function DropPlace({ onFile, children }: {
  onFile(file: File): void;
  children: ComponentChildren;
}) {
  const [over, setOver] = useState(false);
  return (
    <div
      class="traces"
      data-over={over ? "" : undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={({ currentTarget, relatedTarget }) =>
        setOver(currentTarget.contains(relatedTarget as Node | null))}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const [file] = event.dataTransfer?.files ?? [];
        if (file) onFile(file);
      }}
    >
      {children}
    </div>
  );
}
