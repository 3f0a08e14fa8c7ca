import { useState } from "preact/hooks";
import { channelHref } from "../router.ts";
import { formatSince, HOP_NAMES, type HopComment, readComments } from "./hop_comment.ts";

/** Lines shown before somebody wants all: a batch of a radio is about dozens of messages. */
const SHOWN = 4;

interface HopLinesProps {
  comments: readonly string[];
  /** The id that is chosen already. */
  id: string;
  onId(id: string): void;
}

/** What the recorder says of a frame: which messages are in it, and how long they took to get here. */
export function HopLines({ comments, id, onId }: HopLinesProps) {
  const [all, setAll] = useState(false);
  const { hops, others } = readComments(comments);
  if (hops.length + others.length === 0) return null;
  const groups = grouped(hops);
  const shown = all ? groups : groups.slice(0, SHOWN);
  return (
    <ul class="hop-lines" aria-label="What the recorder says">
      {shown.map((lines, at) => <Line key={at} lines={lines} id={id} onId={onId} />)}
      {groups.length > shown.length && (
        <li>
          <button type="button" class="small" onClick={() => setAll(true)}>
            {groups.length - shown.length} more lines
          </button>
        </li>
      )}
      {others.map((text, at) => <li key={`other-${at}`}>{text}</li>)}
    </ul>
  );
}

const SAME = ["id", "hop", "out", "channel", "client"] as const;

/** Lines about the same message in the same channel: of a packet, one for each of its values. */
function grouped(hops: HopComment[]): HopComment[][] {
  const groups: HopComment[][] = [];
  for (const line of hops) {
    const group = groups.at(-1);
    const first = group?.[0];
    if (group && SAME.every((key) => first![key] === line[key])) group.push(line);
    else groups.push([line]);
  }
  return groups;
}

function Line({ lines, id, onId }: { lines: HopComment[]; id: string; onId(id: string): void }) {
  const line = lines[0]!;
  const { channel, node, client, seq, since, synthetic } = line;
  const last = lines.at(-1)!.seq;
  return (
    <li>
      <b>{HOP_NAMES[line.hop]} {line.out ? "out" : "in"}</b>
      {line.id !== "" && <code>{line.id}</code>}
      {channel !== "" && (
        <span>
          <a href={channelHref(channel)}>{channel}</a>{" "}
          {seq !== undefined && `#${seq}${last === seq ? "" : `–${last}`}`}
        </span>
      )}
      {node !== "" && <span class="muted">node {node}</span>}
      {client !== "" && <span class="muted">client {client}</span>}
      {since !== undefined && <span>{formatSince(since)} after the hop before</span>}
      {synthetic !== "" && <span class="muted">made up: {synthetic}</span>}
      {line.id !== "" && line.id !== id && (
        <button
          type="button"
          class="small"
          onClick={() => onId(line.id)}
        >
          All hops of this id
        </button>
      )}
    </li>
  );
}
