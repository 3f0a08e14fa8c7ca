import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

/** Rows before the person is asked whether to see all; fewer where each is a small sheet. */
const FIRST = 20;
const FIRST_NARROW = 8;

/** The first of many rows, and a button that shows all. */
export function ShowAll<T>(
  { rows, children }: { rows: T[]; children: (shown: T[]) => ComponentChildren },
) {
  const [all, setAll] = useState(false);
  const first = matchMedia("(max-width: 700px)").matches ? FIRST_NARROW : FIRST;
  const more = rows.length - first;
  return (
    <>
      {children(all ? rows : rows.slice(0, first))}
      {more > 0 && (
        <button
          type="button"
          class="small show-all"
          aria-expanded={all}
          onClick={() => setAll(!all)}
        >
          {all ? `Show the first ${first}` : `Show all ${rows.length}`}
        </button>
      )}
    </>
  );
}
