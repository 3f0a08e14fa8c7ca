/**
 * The query of `POST /api/decode`: the options of `edgewire decode`, without the dashes.
 *
 * @module
 */
import { parseDecodeOptions, UsageError } from "../../traces/command/decode_options.ts";
import { checkNames } from "../../traces/command/decode_pipeline.ts";
import { UnknownFieldError } from "../../traces/report/field_columns.ts";

export interface DecodeQuery {
  /** Words of the command line that mean the same. */
  readonly args: readonly string[];
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
  for (const [given, value] of query) {
    const name = given.replaceAll("_", "-");
    if (SWITCHES.includes(name)) switches.set(name, isOn(name, value));
    else if (OPTIONS.includes(name)) {
      if (value.trim() !== "") words.push(`--${name}=${value}`);
    } else if (name !== TOKEN) {
      const known = [...OPTIONS, ...SWITCHES].join(", ");
      throw new DecodeQueryError(`unknown parameter "${given}": there are ${known}`);
    }
  }
  const summary = switches.get("summary") ?? false;
  const args = ["-", "--format", ...(summary ? ["json", "--summary"] : ["ndjson"]), ...words];
  check(args);
  return { args, progress: switches.get("progress") ?? true };
}

function isOn(name: string, value: string): boolean {
  if (value === "" || value === "1" || value === "true") return true;
  if (value === "0" || value === "false") return false;
  throw new DecodeQueryError(`${name}: 1 or 0, not "${value}"`);
}

/** Finds what the command would find wrong, and says it in the query's words. */
function check(args: string[]): void {
  try {
    checkNames(parseDecodeOptions(args));
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof UnknownFieldError)) throw error;
    // Behind the first line the command shows the place in the filter.
    const [message = ""] = error.message.split("\n");
    const where = error instanceof UnknownFieldError ? "fields: " : "";
    throw new DecodeQueryError(where + message.replace(/--(?=[a-z0-9])/g, ""));
  }
}
