/**
 * Times, rates and sizes as people read them.
 *
 * @module
 */
import { grouped } from "./text_table.ts";

/** A duration with three significant digits: "1.23 ms", "45.6 s". */
export function durationText(seconds: number): string {
  if (seconds === 0) return "0";
  // From 999.5 on three digits would be 1000.
  if (seconds < 999.5e-9) return `${(seconds * 1e9).toPrecision(3)} ns`;
  if (seconds < 999.5e-6) return `${(seconds * 1e6).toPrecision(3)} us`;
  if (seconds < 999.5e-3) return `${(seconds * 1e3).toPrecision(3)} ms`;
  return seconds < 999.5 ? `${seconds.toPrecision(3)} s` : `${Math.round(seconds)} s`;
}

/** A point in time as ISO 8601 in UTC with microseconds; "-" when it is not a time. */
export function timeText(seconds: number): string {
  // A double holds today's time to a quarter of a microsecond: rounding finds the one meant.
  const rounded = Math.round(seconds * 1e6);
  const whole = Math.floor(rounded / 1e6);
  const date = new Date(whole * 1000);
  if (Number.isNaN(date.getTime())) return "-";
  const micros = rounded - whole * 1e6;
  return `${date.toISOString().slice(0, 19)}.${String(micros).padStart(6, "0")}Z`;
}

/** Events per second over a span, with three significant digits; "-" for a span of nothing. */
export function rateText(count: number, seconds: number): string {
  if (!(seconds > 0)) return "-";
  const rate = count / seconds;
  return rate < 1000 ? rate.toPrecision(3) : grouped(Math.round(rate));
}
