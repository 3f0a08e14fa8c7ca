import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { frameKind, infoOf } from "./frame_kind.ts";
import type { FrameRow, FrameRows } from "./frame_rows.ts";
import { sinceFirst, timeOfDay } from "./frame_time.ts";
import { showRow, useRowsShown } from "./use_rows_shown.ts";

/** Heights, pixels: of the head, and of a row for a mouse and for a finger. */
const HEAD = 28;
const ROW = globalThis.matchMedia?.("(pointer: coarse)").matches ? 36 : 24;

const COLUMNS = ["No.", "Time", "Source", "Destination", "Protocol", "Length", "Info"];

interface FrameTableProps {
  rows: FrameRows;
  /** Counts up when the rows are others. */
  version: number;
  /** Times of the day instead of seconds since the first. */
  clock: boolean;
  chosen: FrameRow | undefined;
  onChoose(row: FrameRow): void;
  /** Somebody wants to look into the chosen one. */
  onOpen(): void;
  /** Whether the newest row stays in sight. */
  follow: boolean;
  onFollow(follow: boolean): void;
  /** Shown while there is no row. */
  children: ComponentChildren;
}

/** Rows as Wireshark lists them; only those that are seen are on the page. */
export function FrameTable(props: FrameTableProps) {
  const { rows, clock, chosen } = props;
  const box = useRef<HTMLDivElement>(null);
  const count = rows.length;
  let [from, to] = useRowsShown(box, count, ROW);
  if (props.follow) [from, to] = [Math.max(0, count - (to - from)), count];
  useFollow(box, props);
  useEffect(() => {
    const index = chosen ? rows.indexOf(chosen) : -1;
    if (index >= 0) showRow(box.current!, index, ROW, HEAD);
  }, [chosen]);
  const shown = Array.from({ length: to - from }, (_, at) => rows.at(from + at)!);
  return (
    <div
      class="frames"
      ref={box}
      role="grid"
      tabIndex={0}
      aria-label="Frames"
      aria-rowcount={count + 1}
      aria-activedescendant={chosen && shown.includes(chosen) ? rowId(chosen) : undefined}
      style={{ "--row": `${ROW}px`, "--head": `${HEAD}px` }}
      onKeyDown={(event) => moveChoice(event, props)}
    >
      <div class="frames-head" role="row" aria-rowindex={1}>
        {COLUMNS.map((name) => <span key={name} role="columnheader">{name}</span>)}
      </div>
      {count === 0 && (
        <div class="frames-none" role="row">
          <div role="gridcell">{props.children}</div>
        </div>
      )}
      <div
        role="rowgroup"
        class="frames-body"
        style={{ height: `${count * ROW}px`, paddingTop: `${from * ROW}px` }}
      >
        {shown.map((row, at) => (
          <Row
            key={row.ordinal}
            row={row}
            index={from + at + 2}
            time={timeText(row, rows, clock)}
            chosen={row === chosen}
            onChoose={props.onChoose}
          />
        ))}
      </div>
    </div>
  );
}

function rowId(row: FrameRow): string {
  return `frame-${row.ordinal}`;
}

function timeText({ time }: FrameRow, rows: FrameRows, clock: boolean): string {
  if (time === undefined) return "";
  return clock ? timeOfDay(time) : sinceFirst(time, rows.firstTime);
}

interface RowProps {
  row: FrameRow;
  index: number;
  time: string;
  chosen: boolean;
  onChoose(row: FrameRow): void;
}

function Row({ row, index, time, chosen, onChoose }: RowProps) {
  const info = infoOf(row);
  return (
    <div
      class="frames-row"
      id={rowId(row)}
      role="row"
      aria-rowindex={index}
      aria-selected={chosen}
      data-kind={frameKind(row)}
      data-severity={row.severity}
      onClick={() => onChoose(row)}
    >
      <span role="gridcell">{row.number}</span>
      <span role="gridcell">{time}</span>
      <span role="gridcell" title={row.source}>{row.source}</span>
      <span role="gridcell" title={row.destination}>{row.destination}</span>
      <span role="gridcell" title={row.protocol}>{row.protocol}</span>
      <span role="gridcell">{row.length}</span>
      <span role="gridcell" title={info}>{info}</span>
    </div>
  );
}

/** Keeps the newest row in sight, or else what one looks at in its place. */
function useFollow(box: { current: HTMLElement | null }, props: FrameTableProps): void {
  const { rows, version, follow, onFollow } = props;
  const dropped = useRef(rows.dropped);
  const top = useRef(0);
  useLayoutEffect(() => {
    const element = box.current!;
    const gone = rows.dropped - dropped.current;
    dropped.current = rows.dropped;
    if (follow) element.scrollTop = element.scrollHeight;
    else if (gone > 0) element.scrollTop -= gone * ROW;
    top.current = element.scrollTop;
  }, [version, follow]);
  useEffect(() => {
    const element = box.current!;
    const scrolled = () => {
      const before = top.current;
      top.current = element.scrollTop;
      const end = element.scrollHeight - element.clientHeight - ROW;
      if (top.current < before) onFollow(false);
      else if (top.current > before && top.current >= end) onFollow(true);
    };
    element.addEventListener("scroll", scrolled, { passive: true });
    return () => element.removeEventListener("scroll", scrolled);
  }, [onFollow]);
}

function moveChoice(event: KeyboardEvent, { rows, chosen, onChoose, onOpen }: FrameTableProps) {
  const { currentTarget, key } = event;
  const page = Math.max(1, Math.floor((currentTarget as HTMLElement).clientHeight / ROW) - 2);
  const steps: Record<string, number> = {
    ArrowUp: -1,
    ArrowDown: 1,
    PageUp: -page,
    PageDown: page,
    Home: -Infinity,
    End: Infinity,
  };
  const step = steps[key];
  if (step === undefined) {
    if (key !== "Enter" && key !== " ") return;
    event.preventDefault();
    if (chosen) onOpen();
    return;
  }
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  const now = chosen ? rows.indexOf(chosen) : step > 0 ? -1 : rows.length;
  const row = rows.at(Math.max(0, Math.min(rows.length - 1, now + step)));
  if (row) onChoose(row);
}
