/**
 * Field trees made by hand, for tests of reports.
 *
 * @module
 */
import { CaptureFrame } from "../../../traces/files/capture_frame.ts";
import { Dissection } from "../../../traces/wire/dissection.ts";
import { allFields } from "../../../traces/wire/field.ts";

/** A dissection of `bytes`, all of whose fields are wanted; `fill` writes them. */
export function treeOf(bytes: Uint8Array, fill: (d: Dissection) => void): Dissection {
  const d = new Dissection(allFields().length);
  d.want.fill(1, 1);
  d.columns = true;
  d.begin(bytes, 0, bytes.length, bytes.length);
  fill(d);
  return d;
}

/** A frame that holds `bytes`, number 1 at `seconds`. */
export function frameOf(bytes: Uint8Array, seconds = 0, nanoseconds = 0): CaptureFrame {
  const frame = new CaptureFrame();
  frame.number = 1;
  frame.seconds = seconds;
  frame.nanoseconds = nanoseconds;
  frame.data = bytes;
  frame.capturedLength = frame.length = bytes.length;
  frame.linkType = 1;
  return frame;
}
