/**
 * What a scenario found, and how it is printed.
 *
 * @module
 */

/** One measure, of one or both processes. */
export interface Row {
  measure: string;
  edgewire?: number;
  /** Of the program it is compared with: Mosquitto, unless the result says which. */
  other?: number;
  /** Edgewire's value by the other's, or by the one the target names. */
  ratio?: number;
  /** Digits after the point. @default 2 */
  digits?: number;
  /** What issue or contract asks for, in words. */
  target?: string;
  /** Whether the target was met; absent without a target. */
  met?: boolean;
}

/** What one scenario found. */
export interface Result {
  scenario: string;
  /** The program it is compared with. @default "Mosquitto" */
  other?: string;
  rows: Row[];
  /** What a reader must know to judge the rows. */
  notes: string[];
}

/** A row with a target. The target is missed where the value is not a number. */
export function target(row: Row, text: string, met: boolean): Row {
  return { ...row, target: text, met };
}

function format(value: number | undefined, digits: number): string {
  if (value === undefined) return "";
  if (Number.isNaN(value)) return "?";
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** A ratio in three digits, small ones also as "1/n". */
function formatRatio(ratio: number | undefined): string {
  if (ratio === undefined) return "";
  if (!Number.isFinite(ratio)) return "?";
  return ratio < 0.5 ? `${ratio.toFixed(3)} = 1/${(1 / ratio).toFixed(1)}` : ratio.toFixed(2);
}

/** Columns of numbers. */
const RIGHT = [1, 2];

/** A result as text: a table and its notes. */
export function formatResult({ scenario, other = "Mosquitto", rows, notes }: Result): string {
  const head = ["measure", "Edgewire", other, "ratio", "target", ""];
  const cells = rows.map(({ measure, edgewire, other: theirs, ratio, digits = 2, ...goal }) => [
    measure,
    format(edgewire, digits),
    format(theirs, digits),
    formatRatio(ratio),
    goal.target ?? "",
    goal.met === undefined ? "" : goal.met ? "met" : "MISSED",
  ]);
  const table = [head, ...cells];
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row.map((cell, column) =>
      RIGHT.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)
    ).join("  ").trimEnd()
  );
  const rule = "-".repeat(Math.max(...lines.map((line) => line.length)));
  return [`== ${scenario}`, lines[0], rule, ...lines.slice(1), ...notes.map((note) => `* ${note}`)]
    .join("\n") + "\n";
}

/** Bytes as megabytes (10^6), the unit of the targets. */
export function megabytes(bytes: number): number {
  return bytes / 1e6;
}

/** One line on each thing that makes a measurement doubtful. */
export function doubts(
  name: string,
  cost: { seconds: number; loadCores: number; otherCores: number },
): string[] {
  const load = `${name}: the load generator used ${cost.loadCores.toFixed(2)} cores`;
  const notes = [cost.loadCores > 0.9 ? `${load}: it may have been the bottleneck` : load];
  if (cost.otherCores > 0.15) {
    notes.push(`${name}: other programs used ${cost.otherCores.toFixed(2)} cores meanwhile`);
  }
  return notes;
}
