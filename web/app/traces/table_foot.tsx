import { setQuery } from "../router.ts";
import { count } from "./feed_words.ts";
import type { TraceChoice } from "./trace_choice.ts";
import type { TraceFeed } from "./trace_feed.ts";

/** Why the table is empty. */
export function NoFrames({ choice, feed, file }: {
  choice: TraceChoice;
  feed: TraceFeed;
  file: File | undefined;
}) {
  const { kind } = feed.state.value;
  if (choice.source === "file" && !file) {
    return <>Drop a capture here (pcap or pcapng, gzipped or not), or choose one above.</>;
  }
  if (kind === "opening" || (kind === "open" && choice.source !== "live")) return <>Loading…</>;
  if (kind === "open") return <>Nothing passed yet that the filters let through.</>;
  if (kind === "ended") return <>No frame that the filters let through.</>;
  return null;
}

/** How many there are, which are missing, and how times are shown. */
export function TableFoot({ choice, feed }: {
  choice: TraceChoice;
  feed: TraceFeed;
  /** Counts up when the rows are others. */
  version: number;
}) {
  const { length, dropped } = feed.rows;
  const skipped = feed.skipped.value;
  return (
    <div class="trace-row frames-foot">
      <span>{count(length)} {length === 1 ? "frame" : "frames"}</span>
      {dropped > 0 && <span class="muted">the newest; {count(dropped)} earlier were let go</span>}
      {skipped > 0 && (
        <span class="warn">
          {count(skipped)} more frames not shown: narrow the filter
          {choice.source !== "file" && " or download"}
        </span>
      )}
      <label class="trace-clock">
        Time
        <select
          value={choice.clock ? "day" : ""}
          onChange={({ currentTarget }) => setQuery({ time: currentTarget.value })}
        >
          <option value="">seconds since the first</option>
          <option value="day">time of day</option>
        </select>
      </label>
    </div>
  );
}
