import { useEffect, useRef } from "preact/hooks";
import type { TreeSource } from "../../../traces/report/tree_line.ts";
import { showRow, useRowsShown } from "./use_rows_shown.ts";

/** Bytes of a line, and its height in pixels. */
const LINE = 16;
const HEIGHT = 20;

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
  const shown = sources[source] ?? { name: "", hex: "" };
  const turn = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (source + step + sources.length) % sources.length;
    onSource(next);
    document.getElementById(`bytes-${next}`)?.focus();
  };
  return (
    <div class="bytes">
      <div class="bytes-tabs" role="tablist" aria-label="Bytes" onKeyDown={turn}>
        {sources.map(({ name, hex }, at) => (
          <button
            key={at}
            id={`bytes-${at}`}
            type="button"
            role="tab"
            aria-selected={at === source}
            aria-controls="bytes-dump"
            tabIndex={at === source ? 0 : -1}
            onClick={() => onSource(at)}
          >
            {name} <span>{hex.length / 2} bytes</span>
          </button>
        ))}
      </div>
      <Dump key={source} hex={shown.hex} tab={`bytes-${source}`} marked={marked} onPick={onPick} />
    </div>
  );
}

interface DumpProps {
  hex: string;
  /** Id of what names it. */
  tab: string;
  marked: [from: number, to: number];
  onPick(offset: number): void;
}

function Dump({ hex, tab, marked: [start, end], onPick }: DumpProps) {
  const box = useRef<HTMLDivElement>(null);
  const size = hex.length / 2;
  const count = Math.ceil(size / LINE);
  const [from, to] = useRowsShown(box, count, HEIGHT);
  useEffect(() => {
    if (end > start) showRow(box.current!, Math.floor(start / LINE), HEIGHT);
  }, [start, end, hex]);
  const keys = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -LINE,
      ArrowDown: LINE,
    };
    const step = steps[event.key];
    if (step === undefined || size === 0) return;
    event.preventDefault();
    // To the right and down it leaves the marked bytes behind.
    const edge = step > 0 ? Math.max(start, end - 1) : start;
    onPick(Math.max(0, Math.min(size - 1, edge + step)));
  };
  return (
    <div
      class="dump"
      id="bytes-dump"
      role="tabpanel"
      tabIndex={0}
      aria-labelledby={tab}
      ref={box}
      onKeyDown={keys}
      onClick={({ target }) => {
        const at = (target as HTMLElement).dataset.at;
        if (at !== undefined) onPick(Number(at));
      }}
    >
      <div style={{ height: `${count * HEIGHT}px`, paddingTop: `${from * HEIGHT}px` }}>
        {Array.from(
          { length: to - from },
          (_, at) => (
            <DumpLine key={from + at} hex={hex} at={(from + at) * LINE} start={start} end={end} />
          ),
        )}
      </div>
    </div>
  );
}

function DumpLine(
  { hex, at, start, end }: { hex: string; at: number; start: number; end: number },
) {
  const bytes = hex.slice(at * 2, (at + LINE) * 2).match(/../g) ?? [];
  const mark = (offset: number) => offset >= start && offset < end ? "" : undefined;
  return (
    <div class="dump-line">
      <span class="dump-at">{at.toString(16).padStart(4, "0")}</span>
      <span class="dump-hex">
        {bytes.map((byte, i) => (
          <span key={i} data-at={at + i} data-marked={mark(at + i)}>{byte}</span>
        ))}
      </span>
      <span class="dump-text" aria-hidden="true">
        {bytes.map((byte, i) => (
          <span key={i} data-at={at + i} data-marked={mark(at + i)}>{printed(byte)}</span>
        ))}
      </span>
    </div>
  );
}

/** A byte as ASCII; a dot for what does not print. */
function printed(byte: string): string {
  const code = parseInt(byte, 16);
  return code > 0x20 && code < 0x7f ? String.fromCharCode(code) : code === 0x20 ? "\xa0" : "·";
}
