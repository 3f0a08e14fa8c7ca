import type { FeedState } from "./trace_feed.ts";
import type { TraceSource } from "./trace_choice.ts";

/** What the feed does, for people. */
export function feedWords({ kind, problem }: FeedState, source: TraceSource): string {
  const live = source === "live";
  switch (kind) {
    case "stopped":
      return live ? "Paused" : "Stopped";
    case "opening":
      return "Asking the gateway…";
    case "open":
      return live ? "Live" : "Loading…";
    case "waiting":
      return `Interrupted: ${problem}. The page tries again.`;
    case "failed":
      // What is wrong with the filter stands below it.
      return problem!.startsWith("filter") ? "Not started" : `Failed: ${problem}.`;
    case "ended":
      return problem ? `Read up to a problem: ${problem}.` : "Complete";
  }
}
