/**
 * Texts in MQTT packets: what strings, topic names and topic filters may hold.
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { type Rule, rule } from "./problem.ts";
import { invalidUtf8 } from "./utf8.ts";

const NOT_UTF8 = rule(
  "mqtt",
  "error",
  "a string is not well-formed UTF-8",
  "MQTT 5, 1.5.4 [MQTT-1.5.4-1]; MQTT 3.1.1, 1.5.3 [MQTT-1.5.3-1]",
);
const HAS_NULL = rule(
  "mqtt",
  "error",
  "a string contains U+0000",
  "MQTT 5, 1.5.4 [MQTT-1.5.4-2]; MQTT 3.1.1, 1.5.3 [MQTT-1.5.3-2]",
);
const WILDCARD = rule(
  "mqtt",
  "error",
  "a topic name contains a wildcard character",
  "MQTT 5, 3.3.2.1 [MQTT-3.3.2-2]; MQTT 3.1.1, 3.3.2.1 [MQTT-3.3.2-2]",
);
const RESPONSE_WILDCARD = rule(
  "mqtt",
  "error",
  "the response topic contains a wildcard character",
  "MQTT 5, 3.3.2.3.5 [MQTT-3.3.2-14]",
);
const HASH = rule(
  "mqtt",
  "error",
  "the wildcard # in a topic filter is not a level of its own at the end",
  "MQTT 5, 4.7.1.2 [MQTT-4.7.1-1]; MQTT 3.1.1, 4.7.1.2 [MQTT-4.7.1-2]",
);
const PLUS = rule(
  "mqtt",
  "error",
  "the wildcard + in a topic filter is not a level of its own",
  "MQTT 5, 4.7.1.3 [MQTT-4.7.1-2]; MQTT 3.1.1, 4.7.1.3 [MQTT-4.7.1-3]",
);

const SLASH = 0x2f;

/** Checks `d.data[at, end)` as a UTF-8 encoded string. */
export function checkString(d: Dissection, at: number, end: number): void {
  const data = d.data;
  let seen = 0;
  for (let i = at; i < end; i++) {
    const byte = data[i]!;
    if (byte === 0) {
      d.problem(HAS_NULL, i);
      break;
    }
    seen |= byte;
  }
  if (seen > 0x7f) {
    const wrong = invalidUtf8(data, at, end);
    if (wrong >= 0) d.problem(NOT_UTF8, wrong);
  }
}

/** As `checkString`, for the name of a topic. */
export function checkTopicName(d: Dissection, at: number, end: number): void {
  noWildcard(d, at, end, WILDCARD);
}

/** As `checkString`, for a topic to answer to. */
export function checkResponseTopic(d: Dissection, at: number, end: number): void {
  noWildcard(d, at, end, RESPONSE_WILDCARD);
}

function noWildcard(d: Dissection, at: number, end: number, broken: Rule): void {
  const data = d.data;
  let odd = -1;
  for (let i = at; i < end; i++) {
    const byte = data[i]!;
    if (byte - 0x24 >>> 0 < 0x5b && byte !== 0x2b) continue;
    if (byte === 0x23 || byte === 0x2b) {
      d.problem(broken, i);
    } else if (odd < 0 && (byte === 0 || byte > 0x7f)) {
      odd = i;
    }
  }
  if (odd >= 0) checkString(d, odd, end);
}

/** As `checkString`, for a topic filter. */
export function checkTopicFilter(d: Dissection, at: number, end: number): void {
  const data = d.data;
  checkString(d, at, end);
  for (let i = at; i < end; i++) {
    const byte = data[i]!;
    if (byte !== 0x23 && byte !== 0x2b) continue;
    const starts = i === at || data[i - 1] === SLASH;
    if (byte === 0x23) {
      if (!starts || i + 1 !== end) d.problem(HASH, i);
    } else if (!starts || i + 1 < end && data[i + 1] !== SLASH) {
      d.problem(PLUS, i);
    }
  }
}

/** Whether the filter at `data[at, end)` is of a shared subscription (MQTT 5, 4.8.2). */
export function isShared(data: Uint8Array, at: number, end: number): boolean {
  const prefix = "$share/";
  if (end - at < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) {
    if (data[at + i] !== prefix.charCodeAt(i)) return false;
  }
  return true;
}
