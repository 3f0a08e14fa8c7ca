/**
 * Columns of text for a terminal.
 *
 * @module
 */

/** A cell; numbers stand at the right of their column. */
export type Cell = string | number;

/** Lines of a table: header, then rows, two blanks between columns. */
export function textTable(header: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const width = header.map((title, column) =>
    rows.reduce((most, row) => Math.max(most, cellText(row[column]).length), title.length)
  );
  const right = header.map((_, column) => rows.every((row) => typeof row[column] === "number"));
  const line = (cells: readonly Cell[]) =>
    cells.map((cell, column) => {
      const text = cellText(cell);
      return right[column] ? text.padStart(width[column]!) : text.padEnd(width[column]!);
    }).join("  ").trimEnd();
  return [line(header), ...rows.map(line)];
}

/** Whole numbers in groups of three, others with one decimal place. */
function cellText(cell: Cell | undefined): string {
  if (typeof cell !== "number") return cell ?? "";
  return Number.isInteger(cell) ? grouped(cell) : cell.toFixed(1);
}

/** 1234567 as "1,234,567". */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}
