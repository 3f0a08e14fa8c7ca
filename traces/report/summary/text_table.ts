/**
 * Columns of text for a terminal.
 *
 * @module
 */

/** Width of a terminal that lines are made for. */
const WIDTH = 100;
/** Longest text in a cell: what a stranger sent may be long. */
const MAX_CELL = 60;

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
  if (cell === undefined) return "";
  if (typeof cell === "string") {
    return cell.length > MAX_CELL ? `${cell.slice(0, MAX_CELL - 1)}…` : cell;
  }
  return Number.isInteger(cell) ? grouped(cell) : cell.toFixed(1);
}

/** 1234567 as "1,234,567". */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** "1 frame", "1,234 frames". */
export function counted(count: number, unit: string): string {
  return `${grouped(count)} ${unit}${count === 1 ? "" : "s"}`;
}

/**
 * A line broken behind the commas and semicolons of lists where it would be too wide; what follows
 * is indented by four more. Tables, which have none, stay as they are.
 */
export function wrapped(line: string): string[] {
  if (line.length <= WIDTH) return [line];
  const indent = " ".repeat(/^ */.exec(line)![0].length + 4);
  const lines: string[] = [];
  let current = "";
  // "RFC 9112, 6.3" stays together.
  for (const part of line.split(/(?<=[,;]) (?!\d+\.\d)/)) {
    if (current !== "" && current.length + 1 + part.length > WIDTH) {
      lines.push(current);
      current = indent + part;
    } else current += current === "" ? part : ` ${part}`;
  }
  return [...lines, current];
}
