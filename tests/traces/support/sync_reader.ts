/**
 * Reads a small capture that is in memory at once: the parsers without the reader around them, for
 * tests that read millions.
 *
 * @module
 */
import { CaptureFrame } from "../../../traces/files/capture_frame.ts";
import { fileKind } from "../../../traces/files/file_kind.ts";
import { pcapInterface, PcapParser } from "../../../traces/files/pcap.ts";
import { readPcapLayout } from "../../../traces/files/pcap_layout.ts";
import { PcapngParser } from "../../../traces/files/pcapng.ts";

/** Hands out the frames of `bytes`, as far as they can be read. */
export function readSync(bytes: Uint8Array, onFrame: (frame: CaptureFrame) => void): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const frame = new CaptureFrame();
  const kind = fileKind(bytes, view, 0, bytes.length);
  if (kind === "pcapng") {
    new PcapngParser(frame, onFrame, {}).parse(bytes, view, 0, bytes.length);
  } else if (kind === "pcap") {
    const layout = readPcapLayout(view, 0, bytes.length, true);
    if (layout === undefined || typeof layout === "string") return;
    const parser = new PcapParser(layout, pcapInterface(layout), frame, onFrame);
    parser.parse(bytes, view, layout.fileHeader, bytes.length);
  }
}
