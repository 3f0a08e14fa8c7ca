/**
 * The Time column: seconds since the first frame.
 *
 * @module
 */
import type { CaptureFrame } from "../files/capture_frame.ts";

export class RelativeTime {
  #first: { seconds: number; nanoseconds: number } | undefined = undefined;

  /**
   * Seconds since the first frame that had a time, with as many decimals as the frame's interface
   * counts. Empty for a frame without time.
   */
  text(frame: CaptureFrame): string {
    if (!frame.hasTime) return "";
    this.#first ??= { seconds: frame.seconds, nanoseconds: frame.nanoseconds };
    let seconds = frame.seconds - this.#first.seconds;
    let nanos = frame.nanoseconds - this.#first.nanoseconds;
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
}
