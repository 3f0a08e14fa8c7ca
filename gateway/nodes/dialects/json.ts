/**
 * JSON as other people's nodes send it, read with care: it may be anything, and nothing throws.
 *
 * @module
 */

/** A value; whole numbers beyond 2^53, and numbers beyond a double's range, are text with all digits. */
export type Json = null | boolean | number | string | Json[] | JsonObject;

export interface JsonObject {
  readonly [member: string]: Json;
}

/** Objects and arrays within each other, at most. */
const MAX_DEPTH = 32;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Where a number may be one that a double does not hold: 16 digits, or three of exponent. */
const LARGE = /(?:^|[[:,])\s*-?(?:\d{16}|\d[\d.]*[eE]\+?\d{3})/;

/** @returns The text; `null` if the bytes are not UTF-8. A byte order mark is left out. */
export function textOf(payload: Uint8Array): string | null {
  try {
    return utf8.decode(payload);
  } catch {
    return null;
  }
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? String(value);
  return !Number.isFinite(value) || /^-?\d+$/.test(source) ? source : value;
}

function isDeeper(value: Json, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  for (const key in value) {
    if (isDeeper((value as JsonObject)[key] as Json, depth - 1)) return true;
  }
  return false;
}

/** @returns The value; undefined if the text is not JSON, or nested too deeply. */
export function parseJson(text: string): Json | undefined {
  try {
    const value = LARGE.test(text)
      ? JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown)
      : JSON.parse(text);
    return isDeeper(value, MAX_DEPTH) ? undefined : value;
  } catch {
    return undefined;
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @returns The object; text saying what it is instead. */
export function parseObject(payload: Uint8Array): JsonObject | string {
  const text = textOf(payload);
  if (text === null) return "not UTF-8";
  const value = parseJson(text);
  if (value === undefined) return text === "" ? "empty" : "not JSON";
  return isObject(value) ? value : "not a JSON object";
}
