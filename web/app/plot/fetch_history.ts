import { fetchJson } from "../fetch_json.ts";

/** The answer of `GET /api/channels/<name>/history`. */
export interface History {
  channel: string;
  epoch: string;
  /** Last sequence number that it covers. */
  seq: number;
  /** Topics with numbers. */
  series: HistorySeries[];
  /** The other topics, states among them. */
  others?: HistorySeries[];
}

/** One topic's values, times rising. */
export interface HistorySeries {
  topic: string;
  unit?: string;
  /** Its values are true and false, told as 1 and 0. */
  states?: boolean;
  points: [time: number, value: unknown][];
  /** The newest one before `since`, however long ago; absent where it is not known. */
  before?: [time: number, value: unknown];
}

/** What is wanted of a history; times are Unix milliseconds. */
export interface HistoryRange {
  since: number;
  /** `undefined`: now. */
  until?: number | undefined;
  /** Most points per topic; the gateway thins out what is more. */
  points?: number;
  format?: "csv";
}

/** Address of a channel's history. */
export function historyPath(channel: string, range: HistoryRange): string {
  const { since, until, points, format } = range;
  const query = new URLSearchParams({ since: String(Math.floor(since)) });
  if (until !== undefined) query.set("until", String(Math.ceil(until)));
  if (points !== undefined) query.set("points", String(points));
  if (format !== undefined) query.set("format", format);
  return `/api/channels/${encodeURIComponent(channel)}/history?${query}`;
}

/** @throws {Error} When the gateway refuses or cannot be reached. */
export function fetchHistory(
  channel: string,
  range: HistoryRange,
  signal: AbortSignal,
): Promise<History> {
  return fetchJson(historyPath(channel, range), "the history", signal);
}
