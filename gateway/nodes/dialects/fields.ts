/**
 * Members of other people's messages, normalised: numbers that come as text, addresses in three
 * spellings, seconds and milliseconds.
 *
 * @module
 */
import { parseDeviceAddress } from "../../../traces/sensors/bluetooth_address.ts";
import type { Json } from "./json.ts";

const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

/** A number, or text that is one (old OpenMQTTGateway: `"19.2"`); NaN for anything else. */
export function numberOf(value: Json | undefined): number {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value.length > 40 || !NUMBER.test(value)) return NaN;
  const number = Number(value);
  return Number.isFinite(number) ? number : NaN;
}

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["on", true],
  ["yes", true],
  ["1", true],
  ["false", false],
  ["off", false],
  ["no", false],
  ["0", false],
]);

/** True or false, said as such, as 0 or 1, or in words; undefined for anything else. */
export function booleanOf(value: Json | undefined): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (value === 0 || value === 1) return value === 1;
  return typeof value === "string" ? WORDS.get(value.toLowerCase()) : undefined;
}

/** Text that says something; undefined for anything else. Cut at `most` characters. */
export function wordsOf(value: Json | undefined, most = 128): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  return text === "" ? undefined : text.slice(0, most);
}

/** dBm; NaN where it is none (127 and 0 stand for unknown). A missing sign is not ours to guess. */
export function rssiOf(value: Json | undefined): number {
  const rssi = numberOf(value);
  return rssi >= -128 && rssi < 0 ? rssi : rssi > 0 && rssi <= 20 ? rssi : NaN;
}

/** A 48-bit address with colons, dashes or neither, in any case, as a number; -1: none. */
export function addressOf(value: Json | undefined): number {
  return typeof value === "string" ? parseDeviceAddress(value) ?? -1 : -1;
}

/** 9 September 2001, s: a clock that says less was never set, and counts since the node booted. */
const MIN_SECONDS = 1e9;
/** The year 5138, s. */
const MAX_SECONDS = 1e11;

/** @returns The time, ms; NaN where it lies outside the years 2001 to 5138. */
function inRange(time: number): number {
  return time >= MIN_SECONDS * 1000 && time < MAX_SECONDS * 1000 ? time : NaN;
}

/**
 * A Unix time, as a number or text, as Unix milliseconds: below 1e11 it counts seconds, above
 * milliseconds. NaN where it is none, or of a clock that was never set (before 2001).
 */
export function unixTime(value: Json | undefined): number {
  const time = numberOf(value);
  return inRange(time < MAX_SECONDS ? time * 1000 : time);
}

const ISO = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/;

/** An ISO 8601 time as Unix milliseconds; without a zone it is UTC. NaN where it is none. */
export function isoTime(value: Json | undefined): number {
  if (typeof value !== "string" || value.length > 40) return NaN;
  const match = ISO.exec(value);
  if (match === null) return NaN;
  const zoned = match[1] === undefined ? `${value}Z` : value;
  return inRange(Date.parse(zoned.replace(" ", "T")));
}

const HEX = /^(?:[0-9a-fA-F]{2})+$/;

/** Bytes in hexadecimal; undefined where it is something else, or longer than `most` bytes. */
export function bytesOf(value: Json | undefined, most: number): Uint8Array | undefined {
  if (typeof value !== "string" || value.length > 2 * most || !HEX.test(value)) return undefined;
  return Uint8Array.fromHex(value);
}
