import type { FrameRow } from "./frame_rows.ts";
import { type HopComment, HOPS, isAbout, readComments } from "./hop_comment.ts";

/** One hop on a message's way. */
export interface Station {
  /** The first frame there, and what is said of it. */
  row: FrameRow;
  line: HopComment;
  /** Frames there. */
  frames: number;
  /** Microseconds since the station before; `undefined` for the first. */
  since: number | undefined;
}

/** The hops that frames with an id passed, in the order of the way. */
export function stationsOf(rows: readonly FrameRow[], id: string): Station[] {
  const found = new Map<string, Station>();
  for (const row of [...rows].sort((a, b) => timeOf(a) - timeOf(b))) {
    // What was made up for TCP's sake is not the message.
    const line = readComments(row.comments).hops.find((each) =>
      isAbout(each, id) && !each.synthetic
    );
    const station = line && found.get(line.hop);
    if (station) station.frames++;
    else if (line) found.set(line.hop, { row, line, frames: 1, since: undefined });
  }
  const way = HOPS.flatMap((hop) => found.get(hop) ?? []);
  way.forEach((station, index) => {
    const { row, line } = station;
    const before = way[index - 1]?.row;
    if (before) station.since = Number(line.since_us ?? Math.max(0, timeOf(row) - timeOf(before)));
  });
  return way;
}

function timeOf({ time = 0 }: FrameRow): number {
  return time;
}
