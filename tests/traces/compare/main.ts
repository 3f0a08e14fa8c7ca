/**
 * `deno task compare-tshark FILE...`: decodes captures with both programs and says where they differ
 * and how far they agree.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { compareCaptures, fieldsToCompare } from "./compare_captures.ts";
import type { Comparison } from "./comparison.ts";
import { EXCEPTIONS } from "./exceptions.ts";
import { OUT_OF_SCOPE } from "./out_of_scope.ts";

const USAGE = `Usage: deno task compare-tshark [options] FILE...

  --all          compare all fields that both programs know, not only the promised ones
  --most N       print at most N differences (default 200)
  --quiet        print no differences, only the sums`;

function printDifferences({ differences }: Comparison, most: number) {
  for (const { file, frame, field, ours, theirs } of differences.slice(0, most)) {
    console.log(`${file} ${frame} ${field}: ours ${shown(ours)}, tshark ${shown(theirs)}`);
  }
  const more = differences.length - most;
  if (more > 0 && most > 0) console.log(`... and ${more} more`);
}

function shown(value: string): string {
  if (value === "") return "none";
  return value.length > 120 ? `${value.slice(0, 120)}... (${value.length} characters)` : value;
}

function printSums(
  { byProtocol, exceptions, differences, skipped }: Comparison,
  lacking: readonly string[],
) {
  let equal = 0;
  let compared = 0;
  for (const [protocol, sum] of [...byProtocol].sort(([a], [b]) => a < b ? -1 : 1)) {
    console.log(`${protocol.padEnd(16)}${agreement(sum.equal, sum.compared)}`);
    equal += sum.equal;
    compared += sum.compared;
  }
  console.log(`${"all".padEnd(16)}${agreement(equal, compared)}`);
  for (const { name, because } of EXCEPTIONS) {
    const count = exceptions.get(name);
    if (count !== undefined) console.log(`exception ${name}: ${count} values (${because})`);
  }
  for (const { name, because } of OUT_OF_SCOPE) {
    const count = exceptions.get(name);
    if (count !== undefined) console.log(`not compared, ${name}: ${count} values (${because})`);
  }
  for (const file of skipped) console.log(`not compared, no capture to one of both: ${file}`);
  if (lacking.length > 0) console.log(`fields not decoded: ${lacking.join(" ")}`);
  console.log(`${differences.length} differences`);
}

function agreement(equal: number, compared: number): string {
  const share = compared === 0 ? 100 : Math.floor(10_000 * equal / compared) / 100;
  return `${String(equal).padStart(9)} of ${String(compared).padStart(9)} equal (${share} %)`;
}

async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      all: { type: "boolean" },
      most: { type: "string", default: "200" },
      quiet: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help || positionals.length === 0) {
    console.error(USAGE);
    return values.help ? 0 : 2;
  }
  const { fields, lacking } = await fieldsToCompare(values.all);
  const comparison = await compareCaptures(positionals, fields);
  printDifferences(comparison, values.quiet ? 0 : Number(values.most));
  printSums(comparison, lacking);
  return comparison.differences.length === 0 ? 0 : 1;
}

if (import.meta.main) {
  try {
    Deno.exit(await run(Deno.args));
  } catch (error) {
    console.error(error instanceof TypeError ? `${error.message}\n\n${USAGE}` : error);
    Deno.exit(2);
  }
}
