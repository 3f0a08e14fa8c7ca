/**
 * Holds what the linker made against the budget, a table of `README.md`:
 *
 *     | What      | Budget | Measured |
 *     | --------- | -----: | -------: |
 *     | `text`    | 14,000 |   11,648 |
 *
 * @module
 */

/** What the tools say of an image. */
export interface Measured {
  /** Output of `size -A -d`. */
  size: string;
  /** Output of `nm -S`. */
  symbols: string;
}

export interface Sizes {
  /** Code and constants, bytes. */
  text: number;
  data: number;
  /** All that is zero at the start, the stack aside. */
  bss: number;
  /** The one object that a node is. */
  ew_node: number;
}

/** Reads the sizes of sections and of the symbol `node`. */
export function readSizes({ size, symbols }: Measured): Sizes {
  const sections = new Map<string, number>();
  for (const [, name, bytes] of size.matchAll(/^(\.\S+)\s+(\d+)\s+\d+\s*$/gm)) {
    sections.set(name!, Number(bytes));
  }
  const sum = (pattern: RegExp) =>
    [...sections].reduce((total, [name, bytes]) => total + (pattern.test(name) ? bytes : 0), 0);
  const node = /^[0-9a-f]+ ([0-9a-f]+) \w node$/m.exec(symbols)?.[1] ?? "0";
  return {
    text: sum(/^\.(init|text|rodata)/),
    data: sum(/^\.(data|sdata)/),
    bss: sum(/^\.(bss|sbss)/),
    ew_node: parseInt(node, 16),
  };
}

/** Reads the budget. @throws {Error} when a row is missing */
function readBudget(readme: string, name: string): number {
  const row = new RegExp(`^\\| \`${name}\`\\s*\\|\\s*([\\d,]+)\\s*\\|`, "m").exec(readme);
  if (row === null) throw new Error(`read the budget in README.md: no row for ${name}`);
  return Number(row[1]!.replaceAll(",", ""));
}

/** @returns a line per size, and those over the budget */
export function checkSizes(
  measured: Measured,
  readme: string,
): { lines: string[]; over: string[] } {
  const lines: string[] = [];
  const over: string[] = [];
  for (const [name, bytes] of Object.entries(readSizes(measured))) {
    const budget = readBudget(readme, name);
    const line = `${name} ${bytes} of ${budget} bytes`;
    lines.push(`core for rv32imac: ${line}`);
    if (bytes > budget || (bytes === 0 && name !== "data")) over.push(line);
  }
  return { lines, over };
}
