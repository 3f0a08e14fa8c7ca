/**
 * The URL of an Eddystone-URL frame. github.com/google/eddystone, eddystone-url/README.md.
 *
 * @module
 */
import { rule } from "../wire/problem.ts";
import { other } from "./measure.ts";
import { decodeRuuviUrl, RUUVI_URL } from "./ruuvi_url.ts";
import type { SensorCursor } from "./sensor_cursor.ts";
import type { SensorReport } from "./sensor_report.ts";

const LENGTH = rule(
  "eddystone",
  "error",
  "encoded URL is not 1 to 17 bytes",
  "Eddystone-URL, Frame Specification",
);
const SCHEME = rule(
  "eddystone",
  "error",
  "URL scheme prefix is not in use",
  "Eddystone-URL, URL Scheme Prefix",
);
const RESERVED = rule(
  "eddystone",
  "error",
  "URL has a byte that is reserved",
  "Eddystone-URL, HTTP URL encoding",
);

const MAX_BYTES = 17;
const SCHEMES: readonly string[] = ["http://www.", "https://www.", "http://", "https://"];
/** Text of the bytes 0 to 13. */
const EXPANSIONS: readonly string[] = [
  ...[".com/", ".org/", ".edu/", ".net/", ".info/", ".biz/", ".gov/"],
  ...[".com", ".org", ".edu", ".net", ".info", ".biz", ".gov"],
];

const URL_TEXT = other(
  "url",
  "text",
  "Eddystone-URL, bytes 2 on: scheme prefix, then characters and expansions",
);

/** Decodes scheme and URL, at which the cursor stands. Bytes that are reserved make it no URL. */
export function decodeEddystoneUrl(cursor: SensorCursor, report: SensorReport): void {
  const start = cursor.pos;
  const length = cursor.left - 1;
  const code = cursor.u8();
  if (length < 1) return report.problem(LENGTH, start, "no URL");
  const scheme = SCHEMES[code];
  if (scheme === undefined) return report.problem(SCHEME, start, `prefix ${code}`);
  if (length > MAX_BYTES) report.problem(LENGTH, start + 1, `${length} bytes`);
  let url = scheme;
  let fragment = -1;
  while (cursor.left > 0) {
    const byte = cursor.u8();
    if (byte > 0x20 && byte < 0x7f) url += String.fromCharCode(byte);
    else if (byte < EXPANSIONS.length) url += EXPANSIONS[byte]!;
    else return report.problem(RESERVED, cursor.pos - 1, `0x${byte.toString(16).padStart(2, "0")}`);
    if (fragment < 0 && url === RUUVI_URL) fragment = cursor.pos;
  }
  report.add(URL_TEXT, url, url, start, length + 1);
  if (fragment < 0) return;
  cursor.pos = fragment;
  decodeRuuviUrl(cursor, report);
}
