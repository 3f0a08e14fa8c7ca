import type { TracesAnswer } from "../../../gateway/http/traces.ts";
import { setQuery } from "../router.ts";
import { HOP_NAMES, HOPS } from "./hop_comment.ts";
import { hopsQuery, type TraceChoice } from "./trace_choice.ts";

interface TraceFiltersProps {
  choice: TraceChoice;
  known: TracesAnswer | undefined;
  /** What the gateway says of the filter, and where it is wrong. */
  problem?: string | undefined;
  column?: number | undefined;
}

/** Which frames: by Wireshark's filter, and by what the recorder knows of them. */
export function TraceFilters({ choice, known, problem, column }: TraceFiltersProps) {
  const { filter, id, within } = choice;
  return (
    <>
      <form
        class="trace-filter"
        onSubmit={(event) => {
          event.preventDefault();
          setQuery({
            filter: (event.currentTarget.elements.namedItem("filter") as HTMLInputElement).value
              .trim(),
          });
        }}
      >
        <label for="trace-filter">Display filter</label>
        <input
          // Drawn anew when the address changes, so that it shows what holds.
          key={filter}
          id="trace-filter"
          name="filter"
          type="search"
          defaultValue={filter}
          placeholder='mqtt.topic contains "temperature"'
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          aria-describedby="filter-problem"
        />
        <button type="submit">Apply</button>
      </form>
      {problem && (
        <div id="filter-problem" class="filter-problem" role="alert">
          {column !== undefined && (
            <pre aria-hidden="true">{`${filter}\n${" ".repeat(column)}^`}</pre>
          )}
          {problem}
        </div>
      )}
      {choice.source !== "file" && <RecorderFilters choice={choice} known={known} />}
      {id && (
        <div class="chip">
          id <code>{id}</code>
          {within && `in ${within}`}
          <button
            type="button"
            class="small"
            aria-label="Show all ids"
            onClick={() => setQuery({ id: undefined, within: undefined })}
          >
            ×
          </button>
        </div>
      )}
    </>
  );
}

function RecorderFilters({ choice, known }: Pick<TraceFiltersProps, "choice" | "known">) {
  const { hops } = choice;
  const shown = (hop: string) => hops.length === 0 || hops.includes(hop);
  const toggle = (hop: string) =>
    setQuery(hopsQuery(HOPS.filter((each) => shown(each) !== (each === hop))));
  return (
    <div class="trace-row">
      <fieldset class="trace-hops">
        <legend class="hidden">Hops</legend>
        {HOPS.map((hop) => (
          <label key={hop}>
            <input type="checkbox" checked={shown(hop)} onChange={() => toggle(hop)} />
            {HOP_NAMES[hop]}
          </label>
        ))}
      </fieldset>
      <NameInput name="channel" title="Channel" value={choice.channel} names={known?.channels} />
      <NameInput name="node" title="Node" value={choice.node} names={known?.nodes} />
    </div>
  );
}

interface NameInputProps {
  name: "channel" | "node";
  title: string;
  value: string;
  names: string[] | undefined;
}

function NameInput({ name, title, value, names = [] }: NameInputProps) {
  return (
    <label class="trace-name">
      {title}
      <input
        key={value}
        type="search"
        list={`trace-${name}`}
        defaultValue={value}
        placeholder="all"
        autocomplete="off"
        onChange={(event) =>
          setQuery({ [name]: event.currentTarget.value.trim(), within: undefined })}
      />
      <datalist id={`trace-${name}`}>
        {names.map((each) => <option key={each} value={each} />)}
      </datalist>
    </label>
  );
}
