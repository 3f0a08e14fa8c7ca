import type { FrameRow } from "./frame_rows.ts";
import { formatSince } from "./hop_comment.ts";
import { hopTitle } from "./hop_lines.tsx";
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
      {stations.map(({ row, line, frames, since }) => (
        <li key={line.hop}>
          {since !== undefined && <span class="strip-since">{formatSince(since)}</span>}
          <button
            type="button"
            data-kind={line.hop}
            aria-pressed={row === chosen}
            onClick={() => onChoose(row)}
          >
            <b>{hopTitle(line)}</b>
            <span>frame {row.number}{frames > 1 && ` and ${frames - 1} more`}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}
