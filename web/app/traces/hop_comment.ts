/**
 * Lines in packet comments that the gateway's traces carry, as
 * `edgewire id=Ab12Cd-1f.3 hop=mqtt dir=in channel=desk seq=7 since_us=120`: one per update.
 *
 * @module
 */

/** Hops in the order of a message's way. */
export const HOPS: readonly string[] = ["radio", "mqtt", "room", "ws"];

/** What people call them. */
export const HOP_NAMES: Readonly<Record<string, string>> = {
  radio: "Radio",
  mqtt: "MQTT",
  room: "Room",
  ws: "WebSocket",
};

/** What one line says; "" and `undefined` where it does not. */
export interface HopComment {
  id: string;
  hop: string;
  /** Away from the gateway. */
  out: boolean;
  channel: string;
  node: string;
  client: string;
  seq: number | undefined;
  /** Microseconds since the hop before. */
  since: number | undefined;
  /** What of the packet was made up for the sake of TCP or HTTP. */
  synthetic: string;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readLine(line: string): HopComment | undefined {
  if (!line.startsWith("edgewire ")) return undefined;
  const said = new Map<string, string>();
  for (const pair of line.trimEnd().split(" ")) {
    const at = pair.indexOf("=");
    if (at > 0) said.set(pair.slice(0, at), pair.slice(at + 1));
  }
  const text = (key: string) => decoded(said.get(key) ?? "");
  const count = (key: string) => /^\d{1,15}$/.test(text(key)) ? Number(text(key)) : undefined;
  if (!HOPS.includes(text("hop"))) return undefined;
  return {
    id: text("id"),
    hop: text("hop"),
    out: text("dir") === "out",
    channel: text("channel"),
    node: text("node"),
    client: text("client"),
    seq: count("seq"),
    since: count("since_us"),
    synthetic: text("synthetic"),
  };
}

/** All that comments say of hops, and the lines that say something else. */
export function readComments(comments: readonly string[] = []) {
  const hops: HopComment[] = [];
  const others: string[] = [];
  for (const line of comments.flatMap((comment) => comment.split("\n"))) {
    const hop = readLine(line);
    if (hop) hops.push(hop);
    else if (line.trim() !== "") others.push(line);
  }
  return { hops, others };
}

/** Whether a line is about a message: of a radio's batch, each record has an id `ID.n`. */
export function isAbout(line: HopComment, id: string): boolean {
  return line.id === id || line.id.startsWith(`${id}.`);
}

/** Microseconds as people read them: "120 µs", "23.5 ms", "1.25 s". */
export function formatSince(microseconds: number): string {
  if (microseconds < 1000) return `${Math.round(microseconds)} µs`;
  const seconds = microseconds >= 1e6;
  const value = microseconds / (seconds ? 1e6 : 1e3);
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${seconds ? "s" : "ms"}`;
}
