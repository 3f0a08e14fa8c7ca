import { useEffect, useRef } from "preact/hooks";
import type { TreeSource } from "../../../traces/report/tree_line.ts";
import { Segments } from "../segments.tsx";
import { reveal, useRowsShown } from "./use_rows_shown.ts";

/** Bytes of a line. */
const LINE = 16;
const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowUp: -LINE,
  ArrowDown: LINE,
};

interface FrameBytesProps {
  sources: TreeSource[];
  /** Number of the one that is shown. */
  source: number;
  onSource(source: number): void;
  /** First marked byte and the one behind the last; none when equal. */
  marked: [from: number, to: number];
  onPick(offset: number): void;
}

/** The bytes of a frame, and of what was put together from it, as a hex dump. */
export function FrameBytes({ sources, source, onSource, marked, onPick }: FrameBytesProps) {
  return (
    <div class="bytes">
      <Segments
        legend="Bytes"
        options={sources.map(({ name, hex }, at) => [at, `${name} (${hex.length / 2} bytes)`])}
        value={source}
        onChoose={onSource}
      />
      <Dump key={source} hex={sources[source]?.hex ?? ""} marked={marked} onPick={onPick} />
    </div>
  );
}

type DumpProps = Pick<FrameBytesProps, "marked" | "onPick"> & { hex: string };

function Dump({ hex, marked: [start, end], onPick }: DumpProps) {
  const box = useRef<HTMLDivElement>(null);
  const size = hex.length / 2;
  const count = Math.ceil(size / LINE);
  const [from, to, height] = useRowsShown(box, count);
  useEffect(() => {
    if (end > start) reveal(box.current!, Math.floor(start / LINE) * height, height);
  }, [start, end, hex, height]);
  const keys = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (!step || !size) return;
    event.preventDefault();
    // To the right and down it leaves the marked bytes behind.
    const edge = step > 0 ? Math.max(start, end - 1) : start;
    onPick(Math.max(0, Math.min(size - 1, edge + step)));
  };
  return (
    <div
      class="dump"
      role="group"
      tabIndex={0}
      aria-label="Hex dump"
      ref={box}
      onKeyDown={keys}
      onClick={({ target }) => {
        const { at } = (target as HTMLElement).dataset;
        if (at) onPick(Number(at));
      }}
    >
      <div style={{ height: `${count * height}px`, paddingTop: `${from * height}px` }}>
        {Array.from({ length: to - from }, (_, line) => {
          const at = (from + line) * LINE;
          return <DumpLine key={at} {...{ hex, at, start, end }} />;
        })}
      </div>
    </div>
  );
}

function DumpLine(
  { hex, at, start, end }: { hex: string; at: number; start: number; end: number },
) {
  const cells = (text: (byte: string) => string) =>
    hex.slice(at * 2, (at + LINE) * 2).match(/../g)!.map((byte, i) => (
      <span key={i} data-at={at + i} data-marked={at + i >= start && at + i < end || undefined}>
        {text(byte)}
      </span>
    ));
  return (
    <div class="dump-line">
      <span class="muted">{at.toString(16).padStart(4, "0")}</span>
      <span class="dump-hex">{cells((byte) => byte)}</span>
      <span class="dump-text" aria-hidden="true">{cells(printed)}</span>
    </div>
  );
}

/** A byte as ASCII; a dot for what does not print. */
function printed(byte: string): string {
  const code = parseInt(byte, 16);
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : "·";
}
