import type { FrameRow } from "./frame_rows.ts";
import { formatSince, HOP_NAMES } from "./hop_comment.ts";
import type { Station } from "./hop_stations.ts";

interface HopStripProps {
  stations: Station[];
  chosen: FrameRow | undefined;
  onChoose(row: FrameRow): void;
}

/** The way of one message, hop by hop, with the time from one to the next. */
export function HopStrip({ stations, chosen, onChoose }: HopStripProps) {
  return (
    <ol class="strip" aria-label="Hops of this id">
      {stations.map(({ hop, row, line, frames, since }) => (
        <li key={hop}>
          {since !== undefined && <span class="strip-since">{formatSince(since)}</span>}
          <button
            type="button"
            data-kind={hop}
            aria-pressed={row === chosen}
            onClick={() => onChoose(row)}
          >
            <b>{HOP_NAMES[hop]} {line.out ? "out" : "in"}</b>
            <span>frame {row.number}{frames > 1 && ` and ${frames - 1} more`}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}
