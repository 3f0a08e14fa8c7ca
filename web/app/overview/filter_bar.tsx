import { useEffect, useRef } from "preact/hooks";
import { setQuery } from "../router.ts";
import { type Filter, type Filtered, type StateChoice, STATES } from "./channel_filter.ts";

const WORDS: Record<StateChoice, string> = {
  "": "All",
  online: "Online",
  late: "Late",
  lost: "Lost",
};

interface FilterBarProps {
  /** As typed. */
  text: string;
  filter: Filter;
  counts: Filtered["counts"];
}

/** Search, states and order; all of it is in the address. */
export function FilterBar({ text, filter, counts }: FilterBarProps) {
  return (
    <search class="filter-bar">
      <SearchBox text={text} />
      <fieldset class="states">
        <legend class="hidden">State</legend>
        {STATES.map((state) => (
          <label key={state} data-state={state}>
            <input
              type="radio"
              name="state"
              class="hidden"
              checked={filter.state === state}
              onChange={() => setQuery({ state })}
            />
            <span>
              {WORDS[state]} <span class="count">{counts[state]}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <label class="order">
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
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof Element && event.target.closest("input, select, textarea")) {
        return;
      }
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
