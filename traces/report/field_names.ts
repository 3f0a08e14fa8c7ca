/**
 * Names of fields: those that reports of everything leave out, and those close to a name that is
 * not known.
 *
 * @module
 */
import { allFields } from "../wire/field.ts";

/**
 * Fields that say a second time what others say, for filters and `--fields`; Wireshark hides them
 * from its tree. Problems have a place of their own in reports.
 */
const HIDDEN: ReadonlySet<string> = new Set([
  "eth.addr",
  "eth.ig",
  "eth.lg",
  "ip.addr",
  "ip.src_host",
  "ip.dst_host",
  "ip.host",
  "ipv6.addr",
  "ipv6.src_host",
  "ipv6.dst_host",
  "ipv6.host",
  "tcp.port",
  "udp.port",
  "wpan.addr16",
  "wpan.addr64",
  "zbee_nwk.addr",
  "zbee_nwk.addr64",
  "_ws.expert",
  "_ws.expert.message",
  "_ws.expert.severity",
]);

/** Whether a field is shown only where it is asked for. */
export function isHidden(name: string): boolean {
  return HIDDEN.has(name);
}

/** Parts of a reading: its line of text says them, other reports have them one by one. */
const IN_WORDS =
  /^edgewire\.sensor\.(?:name|value|text|unit|raw|factor|addend|offset|length|rule)$/;

/** Whether text leaves a field out, because the line above it says the same. */
export function isInWords(name: string): boolean {
  return IN_WORDS.test(name);
}

/** A known name close to one that is not known, if there is one. */
export function similarName(name: string): string | undefined {
  const lower = name.toLowerCase();
  let best: string | undefined;
  let least = Math.max(2, Math.floor(lower.length / 3)) + 1;
  for (const { name: candidate } of allFields().slice(1)) {
    if (Math.abs(candidate.length - lower.length) >= least) continue;
    const distance = editDistance(lower, candidate, least);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Letters to insert, remove or replace; counting stops at `limit`. */
function editDistance(from: string, to: string, limit: number): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    if (Math.min(...next) >= limit) return limit;
    row = next;
  }
  return row[to.length]!;
}
