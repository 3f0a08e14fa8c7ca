import type uPlot from "uplot";
import type { PlotSeries } from "./plot_series.ts";

/** A value; `null` breaks the line; `undefined` means that another column's row. */
type Cell = number | null | undefined;

/** What is drawn of one series. */
export interface DrawnSeries {
  series: PlotSeries;
  /** Whether values hold until they change. */
  held: boolean;
  shown: boolean;
}

/** Which part, Unix milliseconds, and how finely. */
export interface Drawing {
  from: number;
  to: number;
  /** Until when held values are known to hold. */
  until: number;
  /** Width in pixels; about so many slices show the extremes of what is within them. */
  pixels: number;
}

/** Places within a slice: its extremes in their order, the last value, and whether it was broken. */
const PLACES = 4;

/**
 * The rows that uPlot draws: one per time, for several series. As they are
 * while there is room, else thinned to the extremes within each slice of about
 * a pixel. Slices stand still in time, so a line does not shiver as it moves.
 * The arrays are used again by each {@linkcode build}.
 */
export class PlotRows {
  #times: number[] = [];
  #columns: Cell[][] = [];
  #cells = new Float64Array(0);
  #next: number[] = [];

  /** @returns Valid until the next call. */
  build(drawn: readonly DrawnSeries[], drawing: Drawing): uPlot.AlignedData {
    const { from, to, until, pixels } = drawing;
    while (this.#columns.length < drawn.length) this.#columns.push([]);
    this.#columns.length = drawn.length;
    this.#times.length = 0;
    for (const column of this.#columns) column.length = 0;
    const first = drawn.map(({ series }) => series.from(from));
    const end = drawn.map(({ series }) => series.from(to));
    const points = drawn.reduce((n, { shown }, i) => shown ? n + end[i]! - first[i]! : n, 0);
    const before = first.map((index) => Math.max(0, index - 1));
    const after = end.map((index, i) => Math.min(drawn[i]!.series.length, index + 1));
    if (points <= 2 * pixels) this.#merge(drawn, before, after);
    else {
      this.#merge(drawn, before, first);
      this.#slice(drawn, first, end, from, to, pixels);
      this.#merge(drawn, end, after);
    }
    this.#hold(drawn, Math.min(to, until));
    return [this.#times, ...this.#columns];
  }

  /** One row for each time, in order. */
  #merge(drawn: readonly DrawnSeries[], first: readonly number[], end: readonly number[]): void {
    const next = this.#next;
    for (let i = 0; i < drawn.length; i++) next[i] = drawn[i]!.shown ? first[i]! : end[i]!;
    while (true) {
      let time = Infinity;
      for (let i = 0; i < drawn.length; i++) {
        if (next[i]! < end[i]!) time = Math.min(time, drawn[i]!.series.time(next[i]!));
      }
      if (time === Infinity) return;
      this.#times.push(time);
      for (let i = 0; i < drawn.length; i++) {
        const { series } = drawn[i]!;
        const here = next[i]! < end[i]! && series.time(next[i]!) === time;
        this.#columns[i]!.push(here ? cell(series.value(next[i]!++)) : undefined);
      }
    }
  }

  #slice(
    drawn: readonly DrawnSeries[],
    first: readonly number[],
    end: readonly number[],
    from: number,
    to: number,
    pixels: number,
  ): void {
    const width = 2 ** Math.floor(Math.log2((to - from) / pixels));
    const start = Math.floor(from / width);
    const rows = (Math.floor(to / width) - start + 1) * PLACES;
    const size = rows * drawn.length;
    if (this.#cells.length < size) this.#cells = new Float64Array(size);
    this.#cells.fill(NaN, 0, size);
    drawn.forEach((each, i) => {
      for (let at = first[i]!; each.shown && at < end[i]!;) {
        const slice = Math.floor(each.series.time(at) / width);
        const row = i * rows + (slice - start) * PLACES;
        at = this.#extremes(each, at, end[i]!, (slice + 1) * width, row);
      }
    });
    this.#take(drawn.length, rows, start * width, width);
  }

  /** Puts what a slice shows into cells. @returns The first point behind it. */
  #extremes({ series, held }: DrawnSeries, at: number, end: number, limit: number, row: number) {
    let [low, high, last] = [NaN, NaN, NaN];
    let [rising, broken] = [false, false];
    for (; at < end && series.time(at) < limit; at++) {
      const value = series.value(at);
      if (Number.isNaN(value)) {
        broken = true;
        continue;
      }
      if (!(value >= low)) [low, rising] = [value, false];
      if (!(value <= high)) [high, rising] = [value, true];
      last = value;
    }
    this.#cells[row] = rising ? low : high;
    if (low !== high) this.#cells[row + 1] = rising ? high : low;
    if (held) this.#cells[row + 2] = last;
    if (broken) this.#cells[row + 3] = Infinity;
    return at;
  }

  /** Rows of slices that hold anything. */
  #take(columns: number, rows: number, start: number, width: number): void {
    const cells = this.#cells;
    for (let row = 0; row < rows; row++) {
      let used = false;
      for (let i = 0; i < columns && !used; i++) used = !Number.isNaN(cells[i * rows + row]);
      if (!used) continue;
      this.#times.push(start + (row + 0.5) * width / PLACES);
      for (let i = 0; i < columns; i++) {
        const value = cells[i * rows + row]!;
        this.#columns[i]!.push(
          value === Infinity ? null : Number.isNaN(value) ? undefined : value,
        );
      }
    }
  }

  /** A row to which held values go on; what is drawn beyond the edge may come after it. */
  #hold(drawn: readonly DrawnSeries[], until: number): void {
    let row = this.#times.length;
    while (row > 0 && this.#times[row - 1]! > until) row--;
    if (row === 0 || this.#times[row - 1] === until || !drawn.some(({ held }) => held)) return;
    this.#times.splice(row, 0, until);
    for (let i = 0; i < drawn.length; i++) {
      const column = this.#columns[i]!;
      const { held, shown } = drawn[i]!;
      column.splice(row, 0, held && shown ? lastCell(column, row) : undefined);
    }
  }
}

function cell(value: number): Cell {
  return Number.isNaN(value) ? null : value;
}

/** The last one before a row that is a value or a break. */
function lastCell(column: Cell[], row: number): Cell {
  while (row-- > 0) {
    if (column[row] !== undefined) return column[row];
  }
  return undefined;
}
