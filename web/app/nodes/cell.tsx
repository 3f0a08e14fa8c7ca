import type { ComponentChildren } from "preact";

interface CellProps {
  /** Head of the column; in a narrow place it stands above the value; "" when the value says enough. */
  label: string;
  class?: string;
  children: ComponentChildren;
}

/** A cell of a table that becomes a list on narrow screens; roles keep it a table for readers. */
export function Cell({ label, class: name, children }: CellProps) {
  return <td role="cell" data-label={label} class={name}>{children}</td>;
}

/** The heads of a table's columns. */
export function Heads({ names, right = [] }: { names: string[]; right?: string[] }) {
  return (
    <thead role="rowgroup">
      <tr role="row">
        {names.map((name) => (
          <th
            scope="col"
            role="columnheader"
            key={name}
            class={right.includes(name) ? "right" : undefined}
          >
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}
