import type { ReadingInfo } from "../../../gateway/nodes/answers.ts";
import { readingAt } from "./packet_bytes.ts";

/** Bytes that stay together on a line. */
const GROUP = 8;

interface HexViewProps {
  bytes: string[];
  /** The reading whose bytes are marked. */
  marked: ReadingInfo | undefined;
  onChoose(offset: number): void;
}

/** A packet's bytes, each group with the offset of its first; for keys there is the table below. */
export function HexView({ bytes, marked, onChoose }: HexViewProps) {
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
              data-marked={marked && readingAt([marked], at) ? "" : undefined}
              onPointerEnter={() => onChoose(at)}
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
    >
      {groups}
    </div>
  );
}
