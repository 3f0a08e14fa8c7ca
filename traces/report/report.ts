/**
 * What every report of frames is: it says which fields it needs, is given each frame once it is
 * decoded, and writes into a buffer that its caller empties.
 *
 * @module
 */
import type { CaptureFrame } from "../files/capture_frame.ts";
import type { Dissection } from "../wire/dissection.ts";
import { allFields } from "../wire/field.ts";
import { isHidden } from "./field_names.ts";

/** One form of report. The caller takes what is in the buffer between calls, and clears it. */
export interface Report {
  /** Marks the fields and columns it needs. Called once, before `begin`. */
  want(d: Dissection): void;
  /** What comes before the first frame. */
  begin(): void;
  /** One frame, decoded. */
  frame(d: Dissection, frame: CaptureFrame): void;
  /** What comes after the last frame, also when the capture ended early. */
  end(): void;
}

/** Marks all fields that any decoder writes, but for those that say the same twice. */
export function wantAll(d: Dissection): void {
  for (const { id, name } of allFields()) if (id !== 0 && !isHidden(name)) d.want[id] = 1;
}
