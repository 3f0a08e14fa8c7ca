import { useEffect, useRef } from "preact/hooks";
import { setQuery } from "../router.ts";
import { Segments } from "../segments.tsx";
import { type Filter, type Filtered, type StateChoice, STATES } from "./channel_filter.ts";

interface FilterBarProps {
  /** As typed. */
  text: string;
  filter: Filter;
  counts: Filtered["counts"];
}

/** Search, states and order; all of it is in the address. */
export function FilterBar({ text, filter, counts }: FilterBarProps) {
  const options = (Object.keys(STATES) as StateChoice[])
    .filter((each) => each !== "unknown" || counts[each] > 0 || filter.state === each)
    // Digits that come and go move nothing: room for two.
    .map((each) => [each, `${STATES[each]} ${`${counts[each]}`.padEnd(2, "\u2007")}`] as const);
  return (
    <search class="filter-bar">
      <SearchBox text={text} />
      <Segments
        legend="State"
        options={options}
        value={filter.state}
        onChoose={(state) => setQuery({ state })}
      />
      <label>
        <span class="hidden">Order</span>
        <select
          value={filter.troubleFirst ? "trouble" : ""}
          onChange={({ currentTarget }) => setQuery({ sort: currentTarget.value })}
        >
          <option value="">By name</option>
          <option value="trouble">Trouble first</option>
        </select>
      </label>
    </search>
  );
}

function SearchBox({ text }: { text: string }) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const { key, target, ctrlKey, metaKey, altKey } = event;
      if (key !== "/" || ctrlKey || metaKey || altKey || target === box.current) return;
      event.preventDefault();
      box.current!.focus();
      box.current!.select();
    };
    addEventListener("keydown", focus);
    return () => removeEventListener("keydown", focus);
  }, []);
  return (
    <input
      ref={box}
      type="search"
      class="search"
      aria-label="Search channels"
      aria-keyshortcuts="/"
      placeholder="Search names, topics, units, models"
      title="Press / to search"
      value={text}
      onInput={({ currentTarget }) => setQuery({ q: currentTarget.value }, "replace")}
    />
  );
}
