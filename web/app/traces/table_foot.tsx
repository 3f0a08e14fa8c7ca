import { setQuery } from "../router.ts";
import { ALL_ROWS, type TraceChoice } from "./trace_choice.ts";
import type { TraceFeed } from "./trace_feed.ts";

interface TableFootProps {
  choice: TraceChoice;
  feed: TraceFeed;
  file: File | undefined;
}

/** Why the table is empty. */
export function NoFrames({ choice, feed, file }: TableFootProps) {
  const { kind } = feed.state.value;
  if (choice.source === "file" && !file) {
    return <>Drop a capture here (pcap or pcapng, gzipped or not), or choose one above.</>;
  }
  return kind === "open" || kind === "ended"
    ? <>Nothing yet that the filters let through.</>
    : null;
}

/** How many there are, how many more, and how times are shown. */
export function TableFoot({ choice, feed }: Omit<TableFootProps, "file">) {
  const { list, dropped } = feed.rows;
  const { source } = choice;
  // Other rows are no other props.
  feed.version.value;
  const more = dropped + feed.skipped.value;
  const [frames, left, all] = [list.length, more, ALL_ROWS].map((n) => n.toLocaleString("en"));
  return (
    <div class="trace-row frames-foot">
      {more > 0
        ? (
          <span class="warn">
            the {source === "file" ? "first" : "newest"} {frames}; {left} more not shown
          </span>
        )
        : <span>{frames} {frames === "1" ? "frame" : "frames"}</span>}
      {more > 0 && source === "recent" && choice.rows < ALL_ROWS && (
        <button
          type="button"
          class="small"
          onClick={() => setQuery({ rows: `${ALL_ROWS}` })}
        >
          Show {all}
        </button>
      )}
      <label class="trace-name">
        <input
          type="checkbox"
          checked={choice.clock}
          onChange={() => setQuery({ time: choice.clock ? undefined : "day" })}
        />
        Time of day
      </label>
    </div>
  );
}
