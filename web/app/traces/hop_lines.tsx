import { useState } from "preact/hooks";
import { channelHref } from "../router.ts";
import { formatSince, HOP_NAMES, type HopComment, readComments } from "./hop_comment.ts";

/** Lines shown before somebody wants all: a batch of a radio is about dozens of messages. */
const SHOWN = 4;

export interface HopLinesProps {
  comments: readonly string[] | undefined;
  /** The id that is chosen already. */
  id: string;
  /** Somebody wants all frames of another. @param channel where it is, if that is known */
  onId(id: string, channel: string | undefined): void;
}

/** What the recorder says of a frame: which messages are in it, and how long they took to get here. */
export function HopLines({ comments, id, onId }: HopLinesProps) {
  const [most, setMost] = useState(SHOWN);
  const { hops, others } = readComments(comments);
  const groups = grouped(hops);
  return (
    <ul class="hop-lines" aria-label="What the recorder says">
      {groups.slice(0, most).map((lines, at) => (
        <Line
          key={at}
          lines={lines}
          id={id}
          onId={onId}
        />
      ))}
      {groups.length > most && (
        <li>
          <button type="button" class="small" onClick={() => setMost(Infinity)}>
            {groups.length - most} more lines
          </button>
        </li>
      )}
      {others.map((text) => <li key={text}>{text}</li>)}
    </ul>
  );
}

const SAME = ["id", "hop", "dir", "channel", "client"] as const;

/** Lines about the same message in the same channel: of a packet, one for each of its values. */
function grouped(hops: HopComment[]): HopComment[][] {
  const groups: HopComment[][] = [];
  for (const line of hops) {
    const group = groups.at(-1);
    if (group && SAME.every((key) => group[0]![key] === line[key])) group.push(line);
    else groups.push([line]);
  }
  return groups;
}

function Line({ lines, id, onId }: Omit<HopLinesProps, "comments"> & { lines: HopComment[] }) {
  const line = lines[0]!;
  const { channel, node, client, seq, since_us, synthetic } = line;
  const last = lines.at(-1)!.seq;
  return (
    <li>
      <b>{hopTitle(line)}</b>
      {line.id && <code>{line.id}</code>}
      {channel && (
        <span>
          <a href={channelHref(channel)}>{channel}</a>{" "}
          {seq && `#${seq}${last === seq ? "" : `–${last}`}`}
        </span>
      )}
      {node && <span class="muted">node {node}</span>}
      {client && <span class="muted">client {client}</span>}
      {since_us && <span>{formatSince(Number(since_us))} after the hop before</span>}
      {synthetic && <span class="muted">made up: {synthetic}</span>}
      {line.id && line.id !== id && (
        <button
          type="button"
          class="small"
          onClick={() => onId(line.id!, channel)}
        >
          All hops of this id
        </button>
      )}
    </li>
  );
}

/** "MQTT in". */
export function hopTitle({ hop, dir }: HopComment): string {
  return `${HOP_NAMES[hop]} ${dir}`;
}
