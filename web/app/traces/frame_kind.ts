import type { FrameRow } from "./frame_rows.ts";
import { readComments } from "./hop_comment.ts";

/** What a row is coloured by: where it passed, else its protocol; what only carries others is plain. */
export function frameKind({ protocol, interface: place }: FrameRow): string | undefined {
  if (protocol === "TCP") return "plain";
  return /\b(radio|mqtt|room|ws|websocket|http|le|zigbee)\b/i.exec(`${place} ${protocol}`)?.[0]
    .toLowerCase();
}

/** The Info column; of updates of a room, whose protocol tells nothing, what their comment says. */
export function infoOf(row: FrameRow): string {
  if (row.interface !== "room") return row.info;
  const line = readComments(row.comments).hops[0];
  return line?.channel ? `Update ${line.seq ?? ""} of ${line.channel}` : row.info;
}
