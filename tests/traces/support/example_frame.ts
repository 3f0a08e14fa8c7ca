/**
 * A small frame with everything a report shows: layers, repeats, names, two sources, a problem.
 *
 * @module
 */
import type { CaptureFrame } from "../../../traces/files/capture_frame.ts";
import { ByteWriter } from "../../../traces/report/byte_writer.ts";
import type { Report } from "../../../traces/report/report.ts";
import { Dissection } from "../../../traces/wire/dissection.ts";
import {
  allFields,
  boolean,
  define,
  ipv4,
  protocol,
  string,
  uint16,
  uint8,
} from "../../../traces/wire/field.ts";
import { rule } from "../../../traces/wire/problem.ts";
import { frameOf } from "./tree_of.ts";

const LOWER = protocol("edgewire.lower", "LOWER", "Lower layer");
const UPPER = protocol("edgewire.upper", "UPPER", "Upper layer");
const F = define({
  "edgewire.lower.src": ipv4("Source address"),
  "edgewire.lower.port": uint16("Port"),
  "edgewire.lower.wait": uint8("Wait", { unit: " ms" }),
  "edgewire.upper.kind": uint8("Kind", { names: { 3: "Publish" } }),
  "edgewire.upper.retain": boolean("Retain"),
  "edgewire.upper.text": string("Text"),
});
const BROKEN = rule("upper", "warning", "text is odd", "Example 1, 2.3");

const BYTES = Uint8Array.from([10, 0, 0, 1, 0x07, 0x5b, 0x30, 0x39, 3, 1, 0x68, 0x69]);
const UNMASKED = new TextEncoder().encode('a,"b"\n</script>\x1b[31m');

function decode(d: Dissection, frame: CaptureFrame): void {
  d.begin(frame.data, frame.start, frame.capturedLength, frame.length);
  d.frame = frame.number;
  d.sourceColumn = "10.0.0.1";
  d.destinationColumn = "10.0.0.2";
  d.lengthOf(d.layer(LOWER), 8);
  d.bytes(4, F["edgewire.lower.src"]);
  d.u16(F["edgewire.lower.port"]);
  d.u16(F["edgewire.lower.port"]);
  d.put(F["edgewire.lower.wait"], 5, d.pos, 0);
  d.layer(UPPER);
  d.u8(F["edgewire.upper.kind"]);
  d.push();
  d.u8(F["edgewire.upper.retain"]);
  d.pop();
  d.problem(BROKEN, d.pos, "two letters");
  d.text(2, F["edgewire.upper.text"]);
  d.enter("Unmasked data", UNMASKED, 0, UNMASKED.length);
  d.text(UNMASKED.length, F["edgewire.upper.text"]);
  d.leave();
  if (d.columns) d.infoColumn = "Publish\n[hi]";
}

const FIRST_SECOND = 1_700_000_000;

/** What a report writes for `count` frames, one millisecond apart. */
export function reported(make: (writer: ByteWriter) => Report, count = 1): string {
  const d = new Dissection(allFields().length);
  const writer = new ByteWriter(16);
  const report = make(writer);
  report.want(d);
  d.firstSeconds = FIRST_SECOND;
  report.begin();
  for (let i = 0; i < count; i++) {
    const frame = frameOf(BYTES, FIRST_SECOND + Math.floor(i / 1000), i % 1000 * 1_000_000);
    frame.number = i + 1;
    decode(d, frame);
    report.frame(d, frame);
  }
  report.end();
  return new TextDecoder().decode(writer.written);
}
