/**
 * An interface for frames that come from no file, but are heard live.
 *
 * @module
 */
import type { CaptureInterface } from "../files/capture_frame.ts";

/**
 * Makes the interface of one receiver, for `CaptureFrame.interface`.
 *
 * @param id tells receivers apart, 0 to 65535; never that of another receiver while one decoder runs
 * @param label for reports: "kitchen, BLE"
 * @param linkType LINKTYPE number; the frame's own counts
 */
export function liveInterface(id: number, label: string, linkType: number): CaptureInterface {
  return {
    id,
    section: 0,
    implied: false,
    linkType,
    snapLength: 0,
    name: label,
    label,
    comments: [],
    pseudoHeaderLength: 0,
    timeDigits: 6,
    options: [],
  };
}
