import type { FeedState, TraceProgress } from "./trace_feed.ts";
import type { TraceSource } from "./trace_choice.ts";

const UNITS = ["bytes", "KB", "MB", "GB"];

/** "234 bytes", "12.5 MB". */
export function formatBytes(bytes: number): string {
  let unit = 0;
  while (bytes >= 1000 && unit < UNITS.length - 1) {
    bytes /= 1000;
    unit++;
  }
  return `${count(unit === 0 ? bytes : Number(bytes.toFixed(1)))} ${UNITS[unit]}`;
}

export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** What the feed does, for people. */
export function feedWords(state: FeedState, source: TraceSource): string {
  switch (state.kind) {
    case "stopped":
      return source === "live" ? "Paused" : source === "recent" ? "Stopped" : "";
    case "opening":
      return source === "file" ? "Sending the file…" : "Asking the gateway…";
    case "open":
      return source === "live" ? "Live" : source === "recent" ? "Loading…" : "Decoding…";
    case "waiting":
      return `Interrupted: ${state.problem}. The page tries again.`;
    case "failed":
      // What is wrong with the filter stands below it.
      return state.problem.startsWith("filter") ? "Not started" : `Failed: ${state.problem}.`;
    case "ended":
      return state.end.problem ? `Read up to a problem: ${state.end.problem}.` : "Complete";
  }
}

/** How far the decoding of a file is. */
export function progressWords({ bytes, total, frames }: TraceProgress): string {
  const of = total === undefined ? "" : ` of ${formatBytes(total)}`;
  return `${formatBytes(bytes)}${of}, ${count(frames)} frames`;
}
