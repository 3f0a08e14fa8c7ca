/**
 * The Time column: seconds since the first frame of the capture.
 *
 * @module
 */
import type { CaptureFrame } from "../files/capture_frame.ts";
import type { Dissection } from "../wire/dissection.ts";

/** As many decimals as the frame's interface counts. Empty for a frame without time. */
export function relativeTime(d: Dissection, frame: CaptureFrame): string {
  if (!frame.hasTime) return "";
  let seconds = frame.seconds - d.firstSeconds;
  let nanos = frame.nanoseconds - d.firstNanoseconds;
  const negative = seconds < 0 || (seconds === 0 && nanos < 0);
  if (negative) {
    seconds = -seconds;
    nanos = -nanos;
  }
  if (nanos < 0) {
    seconds--;
    nanos += 1_000_000_000;
  }
  const places = frame.interface?.timeDigits ?? 6;
  const digits = String(nanos).padStart(9, "0").slice(0, places);
  return `${negative ? "-" : ""}${seconds}${places === 0 ? "" : "."}${digits}`;
}
