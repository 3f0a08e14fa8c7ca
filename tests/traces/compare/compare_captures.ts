/**
 * Compares captures with tshark, two at a time.
 *
 * @module
 */
import { ComparedFile } from "./compared_file.ts";
import { Comparison } from "./comparison.ts";
import { HINT_FIELDS, hintsFrom } from "./hints.ts";
import { oracleFields } from "./oracle_fields.ts";
import { namedFields, sharedFields } from "./named_fields.ts";
import { OtherFormat, ownFields } from "./own_fields.ts";
import { keysFor } from "./keys.ts";
import { tsharkFields } from "./tshark_run.ts";

/** tshark is one process each, with one thread. */
const AT_ONCE = 2;

/** Asked of tshark alone: they say where it gave up. */
const ORACLE_ONLY = ["_ws.malformed.expert"];
/** tshark knows no frames of such a file. */
const UNKNOWN_LINK = /network type \d+ unknown or unsupported/;

/** The fields to compare, those that are needed to know what is compared among them. */
export async function fieldsToCompare(
  all = false,
): Promise<{ fields: readonly string[]; lacking: readonly string[] }> {
  const oracle = await oracleFields();
  const { compared, lacking } = namedFields(oracle);
  const wanted = all ? sharedFields(oracle) : compared;
  return { fields: [...new Set([...wanted, ...HINT_FIELDS])], lacking };
}

/** @param files paths */
export async function compareCaptures(
  files: readonly string[],
  fields: readonly string[],
): Promise<Comparison> {
  const comparison = new Comparison();
  const queue = files.values();
  const work = async () => {
    for (const path of queue) {
      const file = await compareCapture(path, fields);
      if (file === undefined) comparison.skipped.push(path);
      else comparison.add(file);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  comparison.skipped.sort();
  comparison.differences.sort((a, b) => a.file < b.file ? -1 : a.file > b.file ? 1 : 0);
  return comparison;
}

/** undefined for a file that is neither pcap nor pcapng, or of a link type that tshark refuses. */
async function compareCapture(
  path: string,
  fields: readonly string[],
): Promise<ComparedFile | undefined> {
  const keys = await keysFor(path);
  const own = await ownFields(path, fields, keys).catch((error) => {
    if (error instanceof OtherFormat) return undefined;
    throw error;
  });
  if (own === undefined) return undefined;
  const hints = hintsFrom(own, fields, keys.preferences);
  const oracle = await tsharkFields(path, [...fields, ...ORACLE_ONLY], hints);
  if (UNKNOWN_LINK.test(oracle.complaint)) return undefined;
  const name = path.slice(path.lastIndexOf("/") + 1);
  return new ComparedFile(name, fields, ORACLE_ONLY, own, oracle);
}
