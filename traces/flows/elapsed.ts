/**
 * Time from an earlier frame to the one being decoded.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";

/** Nanoseconds since a time; negative when it is later than the frame. */
export function nanosecondsSince(d: Dissection, seconds: number, nanoseconds: number): number {
  return (d.seconds - seconds) * 1e9 + d.nanoseconds - nanoseconds;
}

/** Writes how long a time is ago. */
export function putSince(
  d: Dissection,
  field: number,
  seconds: number,
  nanoseconds: number,
): void {
  if (d.want[field] === 0) return;
  let whole = d.seconds - seconds;
  let rest = d.nanoseconds - nanoseconds;
  if (whole > 0 && rest < 0) {
    whole--;
    rest += 1_000_000_000;
  } else if (whole < 0 && rest > 0) {
    whole++;
    rest -= 1_000_000_000;
  }
  d.putTime(field, whole, rest);
}
