import type { FrameRow, FrameRows } from "./frame_rows.ts";
import { type HopComment, HOPS, isAbout, readComments } from "./hop_comment.ts";

/** One hop on a message's way. */
export interface Station {
  hop: string;
  /** The first frame there. */
  row: FrameRow;
  line: HopComment;
  /** Frames there. */
  frames: number;
  /** Microseconds since the station before; `undefined` for the first. */
  since: number | undefined;
}

function microseconds(from: FrameRow, to: FrameRow): number {
  return Number((to.time ?? 0n) - (from.time ?? 0n)) / 1000;
}

/** The hops that frames with an id passed, in the order of the way. */
export function stationsOf(rows: FrameRows, id: string): Station[] {
  const found = new Map<string, Station>();
  for (const row of rows) {
    // What was made up for TCP's sake is not the message.
    const line = readComments(row.comments).hops.find((each) =>
      isAbout(each, id) && each.synthetic === ""
    );
    if (!line) continue;
    const station = found.get(line.hop);
    if (!station) found.set(line.hop, { hop: line.hop, row, line, frames: 1, since: undefined });
    else {
      station.frames++;
      if (microseconds(station.row, row) < 0) Object.assign(station, { row, line });
    }
  }
  const way = HOPS.flatMap((hop) => found.get(hop) ?? []);
  for (const [index, station] of way.entries()) {
    const before = way[index - 1];
    if (before) {
      station.since = station.line.since ?? Math.max(0, microseconds(before.row, station.row));
    }
  }
  return way;
}
