import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { frameKind, infoOf } from "./frame_kind.ts";
import type { FrameRow, FrameRows } from "./frame_rows.ts";
import { timeText } from "./frame_time.ts";
import { reveal, useRowsShown } from "./use_rows_shown.ts";

/** Height of the head, pixels. */
const HEAD = 28;

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
  const { rows, chosen } = props;
  const box = useRef<HTMLDivElement>(null);
  const count = rows.list.length;
  let [from, to, size] = useRowsShown(box, count);
  if (props.follow) [from, to] = [Math.max(0, count - (to - from)), count];
  useFollow(box, props, size);
  useEffect(() => {
    const index = chosen ? rows.indexOf(chosen) : -1;
    if (index >= 0) reveal(box.current!, index * size, size, HEAD);
  }, [chosen, size]);
  const shown = rows.list.slice(from, to);
  const first = props.clock ? undefined : rows.firstTime;
  return (
    <div
      class="frames"
      ref={box}
      role="grid"
      tabIndex={0}
      aria-label="Frames"
      aria-rowcount={count + 1}
      aria-activedescendant={chosen && shown.includes(chosen) ? rowId(chosen) : undefined}
      onKeyDown={(event) => moveChoice(event, props, size)}
    >
      <div class="frames-line frames-head" role="row" aria-rowindex={1}>
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
        style={{ height: `${count * size}px`, paddingTop: `${from * size}px` }}
      >
        {shown.map((row, at) => (
          <Row
            key={row.ordinal}
            row={row}
            index={from + at + 2}
            time={timeText(row.time, first)}
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

interface RowProps {
  row: FrameRow;
  index: number;
  time: string;
  chosen: boolean;
  onChoose(row: FrameRow): void;
}

function Row({ row, index, time, chosen, onChoose }: RowProps) {
  const { number, source, destination, protocol, length } = row;
  return (
    <div
      class="frames-line frames-row"
      id={rowId(row)}
      role="row"
      aria-rowindex={index}
      aria-selected={chosen}
      data-kind={frameKind(row)}
      data-severity={row.severity}
      onClick={() => onChoose(row)}
    >
      {[number, time, source, destination, protocol, length, infoOf(row)].map((text, at) => (
        <span key={at} role="gridcell" title={`${text}`}>{text}</span>
      ))}
    </div>
  );
}

/** Keeps the newest row in sight, or else what one looks at in its place. */
function useFollow(
  box: { current: HTMLElement | null },
  props: FrameTableProps,
  size: number,
): void {
  const { rows, version, follow, onFollow } = props;
  const dropped = useRef(rows.dropped);
  const top = useRef(0);
  useLayoutEffect(() => {
    const element = box.current!;
    const gone = rows.dropped - dropped.current;
    dropped.current = rows.dropped;
    if (follow) element.scrollTop = element.scrollHeight;
    else if (gone > 0) element.scrollTop -= gone * size;
    top.current = element.scrollTop;
  }, [version, follow, size]);
  useEffect(() => {
    const element = box.current!;
    const scrolled = () => {
      const before = top.current;
      top.current = element.scrollTop;
      const end = element.scrollHeight - element.clientHeight - size;
      if (top.current < before) onFollow(false);
      else if (top.current > before && top.current >= end) onFollow(true);
    };
    element.addEventListener("scroll", scrolled);
    return () => element.removeEventListener("scroll", scrolled);
  }, [onFollow, size]);
}

function moveChoice(event: KeyboardEvent, props: FrameTableProps, size: number) {
  const { rows, chosen, onChoose, onOpen } = props;
  const { currentTarget, key } = event;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const page = Math.floor((currentTarget as HTMLElement).clientHeight / size) - 2;
  const steps: Record<string, number> = {
    ArrowUp: -1,
    ArrowDown: 1,
    PageUp: -page,
    PageDown: page,
    Home: -Infinity,
    End: Infinity,
    Enter: 0,
    " ": 0,
  };
  const step = steps[key];
  if (step === undefined) return;
  event.preventDefault();
  if (step === 0) {
    if (chosen) onOpen();
    return;
  }
  const { list } = rows;
  const now = chosen ? rows.indexOf(chosen) : step > 0 ? -1 : list.length;
  const row = list[Math.max(0, Math.min(list.length - 1, now + step))];
  if (row) onChoose(row);
}
