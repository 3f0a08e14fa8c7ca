/**
 * Lines in packet comments that the gateway's traces carry, as
 * `edgewire id=Ab12Cd-1f.3 hop=mqtt dir=in channel=desk seq=7 since_us=120`: one per update.
 *
 * @module
 */

/** What people call the hops, in the order of a message's way. */
export const HOP_NAMES: Readonly<Record<string, string>> = {
  radio: "Radio",
  mqtt: "MQTT",
  room: "Room",
  ws: "WebSocket",
  uplink: "Uplink",
};

export const HOPS: readonly string[] = Object.keys(HOP_NAMES);

/** What one line says; of what it does not, nothing. */
export interface HopComment {
  readonly id?: string;
  readonly hop: string;
  /** "in" to the gateway, or "out". */
  readonly dir?: string;
  readonly channel?: string;
  readonly node?: string;
  readonly client?: string;
  readonly seq?: string;
  /** Microseconds since the hop before. */
  readonly since_us?: string;
  /** What of the packet was made up for the sake of TCP or HTTP. */
  readonly synthetic?: string;
}

function readLine(line: string): HopComment | undefined {
  if (!line.startsWith("edgewire ")) return undefined;
  // Texts are percent-encoded as in an address, but a plus is a plus.
  const said = Object.fromEntries(
    new URLSearchParams(line.trim().replaceAll("+", "%2B").replaceAll(" ", "&")),
  );
  return HOPS.includes(said.hop!) ? said as unknown as HopComment : undefined;
}

/** All that comments say of hops, and the lines that say something else. */
export function readComments(comments: readonly string[] = []) {
  const hops: HopComment[] = [];
  const others: string[] = [];
  for (const line of comments.flatMap((comment) => comment.split("\n"))) {
    const hop = readLine(line);
    if (hop) hops.push(hop);
    else if (line.trim()) others.push(line);
  }
  return { hops, others };
}

/** Whether a line is about a message: of a radio's batch, each record has an id `ID.n`. */
export function isAbout({ id: own = "" }: HopComment, id: string): boolean {
  return own === id || own.startsWith(`${id}.`);
}

/** Microseconds as people read them: "120 µs", "23.5 ms", "1.25 s". */
export function formatSince(microseconds: number): string {
  if (microseconds < 1000) return `${Math.round(microseconds)} µs`;
  const [value, unit] = microseconds < 1e6 ? [microseconds / 1e3, "ms"] : [microseconds / 1e6, "s"];
  return `${Number(value.toPrecision(3))} ${unit}`;
}
