import type { FrameRow } from "./frame_rows.ts";
import { readComments } from "./hop_comment.ts";

/** What a row is coloured by. */
export type FrameKind = "radio" | "mqtt" | "room" | "ws" | "http" | "plain";

const BY_PROTOCOL: readonly (readonly [RegExp, FrameKind])[] = [
  [/^MQTT/i, "mqtt"],
  [/^WebSocket/i, "ws"],
  [/^HTTP/i, "http"],
  [/^(LE\b|HCI|ATT|L2CAP|BT|ZigBee|CoAP|6LoWPAN|IEEE 802\.15\.4)/i, "radio"],
];

/** The kind of a frame by its Protocol column, else by where it passed. */
export function frameKind({ protocol, interface: place }: FrameRow): FrameKind {
  const known = BY_PROTOCOL.find(([pattern]) => pattern.test(protocol))?.[1];
  if (known) return known;
  return place === "room" ? "room" : place.startsWith("radio") ? "radio" : "plain";
}

/** The Info column; of updates of a room, whose protocol tells nothing, what their comment says. */
export function infoOf(row: FrameRow): string {
  if (row.info !== row.protocol || row.interface !== "room") return row.info;
  const line = readComments(row.comments).hops[0];
  return line?.channel ? `Update ${line.seq ?? ""} of ${line.channel}` : row.info;
}
