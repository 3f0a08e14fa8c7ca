/**
 * The query of `POST /api/decode`: the options of `edgewire decode`, without the dashes. A filter may
 * not search with regular expressions (`matches`, `~`): some of them take for ever on some texts, and
 * a thread that is at it cannot be stopped.
 *
 * @module
 */
import { parseDecodeOptions, UsageError } from "../../traces/command/decode_options.ts";
import { checkNames } from "../../traces/command/decode_pipeline.ts";
import { parseFilter } from "../../traces/report/filter/parser.ts";
import type { Test } from "../../traces/report/filter/syntax.ts";
import { UnknownFieldError } from "../../traces/report/field_columns.ts";
import type { TreeSetting } from "./decode_messages.ts";

export interface DecodeQuery {
  /** Words of the command line that mean the same. */
  readonly args: readonly string[];
  /** Instead of the report that they ask for. */
  readonly tree?: TreeSetting;
  /** Whether lines of progress are wanted. */
  readonly progress: boolean;
}

/** Options with a value that have the same meaning as on the command line. */
const OPTIONS = [
  "fields",
  "filter",
  "decode-as",
  "wpan-key",
  "wpan-fcs",
  "6lowpan-context",
  "zigbee-key",
  "sensor-key",
];
const SWITCHES = ["summary", "progress"];
const FORMATS = ["ndjson", "tree"];
/** Frames of a tree, and most of them. */
const DEFAULT_ROWS = 5000;
const MAX_ROWS = 1_000_000;
/** Read before, by whoever looks who asks. */
const TOKEN = "token";

/** A query that cannot be used; the message is for the client. */
export class DecodeQueryError extends Error {
  override name = "DecodeQueryError";
}

/**
 * Reads and checks a query. In names `_` is as good as `-`; options without a value do not count.
 *
 * @throws {DecodeQueryError} with what is wrong, and where in a filter
 */
export function readDecodeQuery(query: URLSearchParams): DecodeQuery {
  const words: string[] = [];
  const switches = new Map<string, boolean>();
  const shape = { format: "ndjson", rows: "" };
  for (const [given, value] of query) {
    const name = given.replaceAll("_", "-");
    if (SWITCHES.includes(name)) switches.set(name, isOn(name, value));
    else if (name === "format" || name === "rows") shape[name] = value || shape[name];
    else if (OPTIONS.includes(name)) {
      if (value.trim() !== "") words.push(`--${name}=${value}`);
    } else if (name !== TOKEN) {
      const known = [...OPTIONS, ...SWITCHES, "format", "rows"].join(", ");
      throw new DecodeQueryError(`unknown parameter "${given}": there are ${known}`);
    }
  }
  const summary = switches.get("summary") ?? false;
  const args = ["-", "--format", ...(summary ? ["json", "--summary"] : ["ndjson"]), ...words];
  check(args);
  const progress = switches.get("progress") ?? true;
  const tree = treeOf(shape, summary || args.some((word) => word.startsWith("--fields=")));
  return { args, progress, ...(tree === undefined ? {} : { tree }) };
}

function treeOf(
  { format, rows }: { format: string; rows: string },
  other: boolean,
): TreeSetting | undefined {
  if (!FORMATS.includes(format)) {
    throw new DecodeQueryError(`format: ${FORMATS.join(" or ")}, not "${format}"`);
  }
  if (format === "tree" && !other) {
    return { choose: "first", rows: readRows(rows, DEFAULT_ROWS, MAX_ROWS) };
  }
  if (format === "tree") throw new DecodeQueryError("format=tree: leave out fields and summary");
  if (rows !== "") throw new DecodeQueryError("rows goes with format=tree");
  return undefined;
}

/** @throws {DecodeQueryError} when it is no whole number from 1 to `most` */
export function readRows(text: string, usual: number, most: number): number {
  if (text === "") return usual;
  const rows = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (rows >= 1 && rows <= most) return rows;
  throw new DecodeQueryError(`rows: a whole number from 1 to ${most}, not "${text}"`);
}

/**
 * The decoding of a trace of the gateway's own.
 *
 * @param filter Display filter; empty: everything.
 * @throws {DecodeQueryError} with what is wrong in the filter, and where
 */
export function treeQuery(filter: string, tree: TreeSetting): DecodeQuery {
  const words = filter.trim() === "" ? [] : [`--filter=${filter}`];
  const args = ["-", "--format", "ndjson", ...words];
  check(args);
  return { args, tree, progress: true };
}

function isOn(name: string, value: string): boolean {
  if (value === "" || value === "1" || value === "true") return true;
  if (value === "0" || value === "false") return false;
  throw new DecodeQueryError(`${name}: 1 or 0, not "${value}"`);
}

/** @throws {DecodeQueryError} when a filter has a regular expression */
function refuseSearch(filter: string): void {
  const at = searchAt(parseFilter(filter));
  if (at === undefined) return;
  throw new DecodeQueryError(
    `filter, column ${
      at + 1
    }: captures are decoded here without "matches": a regular expression may ` +
      "take for ever, and could not be stopped: use contains or ==, or edgewire decode",
  );
}

/** Where a regular expression is; undefined when there is none. */
function searchAt(test: Test): number | undefined {
  switch (test.kind) {
    case "matches":
      return test.at;
    case "not":
      return searchAt(test.test);
    case "logic":
      return searchAt(test.left) ?? searchAt(test.right);
    default:
      return undefined;
  }
}

/** Finds what the command would find wrong, and says it in the query's words. */
function check(args: string[]): void {
  try {
    const options = parseDecodeOptions(args);
    checkNames(options);
    if (options.filter !== undefined) refuseSearch(options.filter);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof UnknownFieldError)) throw error;
    // Behind the first line the command shows the place in the filter.
    const [message = ""] = error.message.split("\n");
    const where = error instanceof UnknownFieldError ? "fields: " : "";
    throw new DecodeQueryError(where + message.replace(/--(?=[a-z0-9])/g, ""));
  }
}
