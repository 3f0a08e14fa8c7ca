import type { ReadingInfo } from "../../../gateway/nodes/answers.ts";
import { formatNumber, formatValue } from "../values/format_value.ts";

/** Two digits per byte: "02", "01", ... An odd last digit is left out. */
export function splitHex(hex: string): string[] {
  return hex.toLowerCase().match(/[0-9a-f]{2}/g) ?? [];
}

/** The reading whose bytes hold `offset`; of nested ones the shortest. */
export function readingAt(
  readings: readonly ReadingInfo[],
  offset: number,
): ReadingInfo | undefined {
  let found: ReadingInfo | undefined;
  for (const reading of readings) {
    if (offset < reading.offset || offset >= reading.offset + reading.length) continue;
    if (!found || reading.length < found.length) found = reading;
  }
  return found;
}

/** Where a reading's bytes are: "8", "8–9"; "" when they are in no packet. */
export function byteRange({ offset, length }: ReadingInfo): string {
  if (length <= 0 || offset < 0) return "";
  return length === 1 ? String(offset) : `${offset}–${offset + length - 1}`;
}

/** A value with its unit; `null` says so in words. */
export function readingValue({ value, unit }: ReadingInfo): string {
  if (value === null) return "not available";
  const text = formatValue(value);
  return unit === "" ? text : `${text} ${unit}`;
}

/** What a raw number is multiplied by, and what is added: "× 0.01 + 500"; "" when neither. */
export function factorText({ raw, factor, addend }: ReadingInfo): string {
  if (typeof raw !== "number") return "";
  const parts = [];
  if (factor !== 1) parts.push(`× ${formatNumber(factor)}`);
  if (addend !== 0) parts.push(`${addend < 0 ? "−" : "+"} ${formatNumber(Math.abs(addend))}`);
  return parts.join(" ");
}
