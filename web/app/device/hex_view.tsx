/** Bytes that stay together on a line. */
const GROUP = 8;

interface HexViewProps {
  bytes: string[];
  /** First marked byte and the one after the last; none when equal. */
  from: number;
  to: number;
  onHover(offset: number | undefined): void;
  onPick(offset: number): void;
}

/** A packet's bytes, each group with the offset of its first; for keys there is the table below. */
export function HexView({ bytes, from, to, onHover, onPick }: HexViewProps) {
  const groups = [];
  for (let start = 0; start < bytes.length; start += GROUP) {
    groups.push(
      <span class="hex-group" key={start}>
        <span class="hex-at">{start}</span>
        {bytes.slice(start, start + GROUP).map((byte, i) => {
          const at = start + i;
          return (
            <span
              key={at}
              class="hex-byte"
              data-offset={at}
              data-marked={at >= from && at < to ? "" : undefined}
              onMouseEnter={() => onHover(at)}
              onClick={() => onPick(at)}
            >
              {byte}
              {" "}
            </span>
          );
        })}
      </span>,
    );
  }
  return (
    <div
      class="hex"
      role="group"
      aria-label={`Packet of ${bytes.length} bytes`}
      onMouseLeave={() => onHover(undefined)}
    >
      {groups}
    </div>
  );
}
