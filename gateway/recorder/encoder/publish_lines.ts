/**
 * The comment lines of PUBLISHes, radio frames and messages of devices.
 *
 * @module
 */
import { type CommentLines, encoded, lineHead, since, updateKeys } from "./comment_lines.ts";
import type { SeenPublish } from "./publish_book.ts";
import type { Origin, UpdateMark } from "./trace_ids.ts";

/** Adds the lines of a PUBLISH that came in. */
export function addPublishIn(lines: CommentLines, { origin }: SeenPublish) {
  if (origin === null) return lines.add(lineHead("", "mqtt", false));
  const { records } = origin;
  if (!allMadeUpdates(origin)) lines.add(lineHead(origin.id, "mqtt", false));
  addUpdates(lines, origin, "mqtt", false, NaN);
  for (const record of records ?? []) {
    addUpdates(lines, record, "mqtt", false, origin.arrived - record.onAir);
  }
}

/** Adds the lines of a message of a device that is a WebSocket server. */
export function addDeviceIn(lines: CommentLines, origin: Origin | null) {
  if (origin === null || origin.updates.length === 0) {
    return lines.add(lineHead(origin?.id ?? "", "ws", false));
  }
  addUpdates(lines, origin, "ws", false, NaN);
}

/** Whether a PUBLISH, or each radio record in it, made an update: the lines of those tell all. */
function allMadeUpdates({ records, updates }: Origin): boolean {
  if (records === null) return updates.length > 0;
  return records.every((record) => record.updates.length > 0);
}

function addUpdates(
  lines: CommentLines,
  { id, updates }: Origin,
  hop: "mqtt" | "radio" | "ws",
  out: boolean,
  ms: number,
  more = "",
) {
  if (updates.length === 0) return;
  const head = lineHead(id, hop, out);
  const tail = since(ms) + more;
  for (const { channel, seq } of updates) lines.add(`${head}${updateKeys(channel, seq)}${tail}`);
}

/** Adds the lines of a PUBLISH that goes out. */
export function addPublishOut(
  lines: CommentLines,
  { origin, update, time }: SeenPublish,
  hop: "mqtt" | "uplink",
) {
  if (origin === null) return lines.add(lineHead("", hop, true));
  if (update !== null) return addOut(lines, origin, update, time, hop);
  const { updates, records } = origin;
  if (!allMadeUpdates(origin)) {
    lines.add(lineHead(origin.id, hop, true) + since(time - origin.publishArrived));
  }
  for (const mark of updates) addOut(lines, origin, mark, time, hop);
  for (const record of records ?? []) {
    for (const mark of record.updates) addOut(lines, record, mark, time, hop);
  }
}

function addOut(
  lines: CommentLines,
  origin: Origin,
  { channel, seq, time }: UpdateMark,
  at: number,
  hop: "mqtt" | "uplink",
) {
  const before = time <= at ? time : origin.publishArrived;
  lines.add(lineHead(origin.id, hop, true) + updateKeys(channel, seq) + since(at - before));
}

/** Adds the lines of a radio frame. @param node that heard it */
export function addRadio(lines: CommentLines, origin: Origin, node: string) {
  const more = ` node=${encoded(node)}`;
  if (origin.updates.length === 0) lines.add(lineHead(origin.id, "radio", false) + more);
  else addUpdates(lines, origin, "radio", false, NaN, more);
}
