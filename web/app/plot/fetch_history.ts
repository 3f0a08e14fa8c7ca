/** The answer of `GET /api/channels/<name>/history`. */
export interface History {
  channel: string;
  epoch: string;
  /** Last sequence number that it covers. */
  seq: number;
  series: { topic: string; unit?: string; points: [time: number, value: unknown][] }[];
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
  token: string | undefined,
  signal: AbortSignal,
): Promise<History> {
  const query = new URLSearchParams({ since: String(Math.floor(since)), points: String(points) });
  const response = await fetch(`/api/channels/${encodeURIComponent(channel)}/history?${query}`, {
    signal,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  if (!response.ok) throw new Error(`Cannot load the history: status ${response.status}`);
  return await response.json();
}
