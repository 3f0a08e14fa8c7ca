/**
 * Names that stand for several fields, as `ip.addr` for source and destination. Wireshark writes
 * such fields a second time and hides them; here they are only names.
 *
 * @module
 */
import { allFields, type Field, fieldNamed } from "../wire/field.ts";

const ALIASES: Readonly<Record<string, readonly string[]>> = {
  "eth.addr": ["eth.dst", "eth.src"],
  "ip.addr": ["ip.src", "ip.dst"],
  "ip.host": ["ip.src", "ip.dst"],
  "ipv6.addr": ["ipv6.src", "ipv6.dst"],
  "ipv6.host": ["ipv6.src", "ipv6.dst"],
  "tcp.port": ["tcp.srcport", "tcp.dstport"],
  "udp.port": ["udp.srcport", "udp.dstport"],
  "wpan.addr16": ["wpan.dst16", "wpan.src16"],
  "wpan.addr64": ["wpan.dst64", "wpan.src64"],
  "zbee_nwk.addr": ["zbee_nwk.dst", "zbee_nwk.src"],
  "zbee_nwk.addr64": ["zbee_nwk.dst64", "zbee_nwk.src64"],
};

/** The fields that a name stands for, in the order of the frame; none when nobody writes it. */
export function fieldsNamed(name: string): readonly Field[] {
  const field = fieldNamed(name);
  if (field !== undefined) return [field];
  const parts = ALIASES[name] ?? [];
  return parts.map((part) => fieldNamed(part)).filter((part) => part !== undefined);
}

/** A known name close to one that is not known, if there is one. */
export function similarName(name: string): string | undefined {
  const lower = name.toLowerCase();
  const names = [...allFields().slice(1).map((field) => field.name), ...Object.keys(ALIASES)];
  let best: string | undefined;
  let least = Math.max(2, Math.floor(lower.length / 3)) + 1;
  for (const candidate of names) {
    if (Math.abs(candidate.length - lower.length) >= least) continue;
    const distance = editDistance(lower, candidate, least);
    if (distance < least && fieldsNamed(candidate).length > 0) {
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
