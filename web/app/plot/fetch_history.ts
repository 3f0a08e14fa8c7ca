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
}

/**
 * @param since First time wanted, Unix milliseconds.
 * @param points Most points wanted per topic; the gateway thins out what is more.
 * @throws {Error} When the gateway refuses or cannot be reached.
 */
export async function fetchHistory(
  channel: string,
  since: number,
  points: number,
  signal: AbortSignal,
): Promise<History> {
  const query = new URLSearchParams({ since: String(Math.floor(since)), points: String(points) });
  const path = `/api/channels/${encodeURIComponent(channel)}/history`;
  const response = await fetch(`${path}?${query}`, { signal });
  if (!response.ok) throw new Error(`Cannot load the history: status ${response.status}`);
  return await response.json();
}
