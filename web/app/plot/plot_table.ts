import type uPlot from "uplot";

/** A value; `null` breaks the line; `undefined` means that another column's row. */
type Cell = number | null | undefined;

/** Rows at which a table thins itself out. */
export const MAX_ROWS = 12_000;

/** Time slices that a thinned table has; about the pixels of a wide plot. */
const SLICES = 1500;

/**
 * Values of several topics by time, in the columns that uPlot takes: one row
 * per time, times rising. Bounded: a full table keeps the lowest and the
 * highest value of each topic in each of {@linkcode SLICES} time slices.
 */
export class PlotTable {
  #times: number[] = [];
  #columns: Cell[][] = [];

  /** How many rows there are. */
  get rows(): number {
    return this.#times.length;
  }

  /** @returns The index of a new column. */
  addColumn(): number {
    return this.#columns.push(new Array<Cell>(this.#times.length).fill(undefined)) - 1;
  }

  /** @param time Unix milliseconds; may be before the last one. */
  add(column: number, time: number, value: number): void {
    this.#columns[column]![this.#row(time)] = value;
    if (this.#times.length > MAX_ROWS) this.#thin();
  }

  /** Breaks all lines between this time and the next row. */
  breakAfter(time: number): void {
    if (this.#times.length === 0 || time < this.#times[0]!) return;
    const row = this.#row(time + 0.001);
    for (const column of this.#columns) column[row] = null;
  }

  /** Forgets rows before a time, but the last one, from which lines come in. */
  dropBefore(time: number): void {
    const first = this.#times.findIndex((t) => t >= time);
    if (first <= 256) return;
    this.#times.splice(0, first - 1);
    for (const column of this.#columns) column.splice(0, first - 1);
  }

  /**
   * @param until Time of a last row, in which the held columns repeat their last value.
   * @param held By column, whether values hold until they change.
   */
  aligned(until: number, held: boolean[]): uPlot.AlignedData {
    const last = this.#times.at(-1);
    if (!held.includes(true) || last === undefined || until <= last) {
      return [this.#times, ...this.#columns];
    }
    const columns = this.#columns.map((cells, i) => [
      ...cells,
      held[i] ? lastCell(cells) : undefined,
    ]);
    return [[...this.#times, until], ...columns];
  }

  /** The value of a column at a row, or the one it had before. */
  valueAt(column: number, row: number): number | undefined {
    const cells = this.#columns[column] ?? [];
    for (let i = Math.min(row, cells.length - 1); i >= 0 && cells[i] !== null; i--) {
      if (cells[i] !== undefined) return cells[i]!;
    }
    return undefined;
  }

  #row(time: number): number {
    let row = this.#times.length;
    while (row > 0 && this.#times[row - 1]! > time) row--;
    if (row > 0 && this.#times[row - 1] === time) return row - 1;
    this.#times.splice(row, 0, time);
    for (const column of this.#columns) column.splice(row, 0, undefined);
    return row;
  }

  #thin(): void {
    const start = this.#times[0]!;
    const slice = Math.max((this.#times.at(-1)! - start) / SLICES, Number.EPSILON);
    const thinned = new PlotTable();
    for (const _ of this.#columns) thinned.addColumn();
    for (let from = 0; from < this.#times.length;) {
      const number = Math.floor((this.#times[from]! - start) / slice);
      let to = from + 1;
      while (to < this.#times.length && (this.#times[to]! - start) / slice < number + 1) to++;
      const base = start + number * slice;
      this.#columns.forEach((cells, column) => {
        thinned.#putExtremes(column, base, slice, cells.slice(from, to));
      });
      from = to;
    }
    this.#times = thinned.#times;
    this.#columns = thinned.#columns;
  }

  /** One slice of a column: its extremes in the order they came, and whether it was broken. */
  #putExtremes(column: number, base: number, slice: number, cells: Cell[]): void {
    const low = extreme(cells, (a, b) => a < b);
    const high = extreme(cells, (a, b) => a > b);
    const put = (at: number, cell: Cell) => {
      this.#columns[column]![this.#row(base + slice * at)] = cell;
    };
    if (low !== undefined && high !== undefined) {
      put(0.25, cells[Math.min(low, high)]);
      if (low !== high) put(0.5, cells[Math.max(low, high)]);
    }
    if (cells.includes(null)) put(0.75, null);
  }
}

function lastCell(column: Cell[]): Cell {
  for (let row = column.length - 1; row >= 0; row--) {
    if (column[row] !== undefined) return column[row];
  }
  return undefined;
}

function extreme(cells: Cell[], wins: (a: number, b: number) => boolean): number | undefined {
  let best: number | undefined;
  cells.forEach((cell, i) => {
    if (typeof cell === "number" && (best === undefined || wins(cell, cells[best] as number))) {
      best = i;
    }
  });
  return best;
}
