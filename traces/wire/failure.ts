/**
 * How a layer that could not be read to its end is shown: as Wireshark's `_ws.short` (the capture
 * kept fewer bytes than there were) or `_ws.malformed` (the bytes contradict themselves).
 *
 * @module
 */
import { type Dissection, Failure } from "./dissection.ts";
import { fieldOf, protocol } from "./field.ts";
import { rule } from "./problem.ts";

const SHORT = protocol("_ws.short", "Short", "Packet cut short by the capture");
const MALFORMED = protocol("_ws.malformed", "Malformed", "Malformed packet");

const CUT = rule("frame", "note", "the capture kept only the beginning of this frame");
const ENDS_EARLY = rule("frame", "error", "the packet ends before what it announces");

/**
 * If the dissection failed: says so, and clears it, so that what follows can be read. As in
 * Wireshark the field is in the tree, but not among the layers of `frame.protocols`.
 */
export function conclude(d: Dissection): void {
  if (d.failed === Failure.None) return;
  const cut = d.failed === Failure.Cut;
  d.failed = Failure.None;
  const depth = d.depth;
  d.depth = 0;
  d.putNone(cut ? SHORT : MALFORMED, d.pos);
  d.depth = depth;
  if (d.columns) d.infoColumn += cut ? " [cut short by the capture]" : " [malformed]";
  const innermost = d.layers[d.layerCount - 1];
  if (cut || innermost === undefined) d.problem(cut ? CUT : ENDS_EARLY, d.pos);
  else d.problem(ENDS_EARLY, d.pos, fieldOf(innermost).name);
}
