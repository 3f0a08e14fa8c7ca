/**
 * What `/metrics` says of the history on disk.
 *
 * @module
 */
import type { Store } from "../store/store.ts";

/** A value, or values by one label. */
type Reading = number | { label: string; values: Record<string, number> };

type Kind = "Counter" | "Gauge";

/** Its name is without the prefix; how it is read comes last. */
export type Metric = [Kind, string, string, () => Reading];

/** Read at once: all are of the same moment. */
export function storeMetrics(store: Store): Metric[] {
  const stats = store.stats();
  return [
    ["Counter", "store_commits_total", "Commits to the history on disk", () => stats.commits],
    ["Counter", "store_rows_total", "Entries stored on disk", () => stats.rows],
    ["Counter", "store_lost_total", "Entries that never reached the disk", () => stats.lost],
    [
      "Counter",
      "store_written_bytes_total",
      "Bytes written to disk for the history",
      () => stats.bytesWritten,
    ],
    [
      "Gauge",
      "store_written_bytes_day",
      "Bytes of them that were written in the last 24 hours",
      () => stats.bytesToday,
    ],
    ["Gauge", "store_backlog_bytes", "What waits for the disk in memory", () => stats.backlogBytes],
    ["Gauge", "store_backlog_rows", "Entries that wait for the disk", () => stats.backlogRows],
    ["Gauge", "store_database_bytes", "Size of the database", () => stats.dbBytes],
    [
      "Gauge",
      "store_outbox_messages",
      "Messages on their way out that are on disk",
      () => stats.outboxMessages,
    ],
    ["Gauge", "store_outbox_bytes", "What they hold", () => stats.outboxBytes],
    [
      "Gauge",
      "store_ok",
      "1 while the history is stored",
      () => Number(store.state.state === "ok"),
    ],
  ];
}
