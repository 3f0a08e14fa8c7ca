/**
 * Fields that show how a message in several TCP segments was put together.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import { boolean, bytes, define, frameNumber, none, string, uint32 } from "../wire/field.ts";

const F = define({
  "tcp.segment_data": bytes("Segment data"),
  "tcp.reset_cause": string("Reset cause"),
  "tcp.segments": none("Segments"),
  "tcp.segment": frameNumber("Segment in frame"),
  "tcp.segment.overlap": boolean("Overlaps"),
  "tcp.segment.count": uint32("Segments"),
  "tcp.reassembled_in": frameNumber("Reassembled in frame"),
  "tcp.reassembled.length": uint32("Reassembled length", { unit: " bytes" }),
  "tcp.reassembled.data": bytes("Reassembled data"),
});

/** Bytes of this frame that are shown as part of a message in several segments, or as sent again. */
export function putSegmentData(d: Dissection, at: number, length: number): void {
  const { depth } = d;
  d.depth = 1;
  d.putBytes(F["tcp.segment_data"], at, length);
  d.depth = depth;
}

/** Data in a segment with RST is a text (RFC 9293, 3.5.2). */
export function putResetCause(d: Dissection): void {
  d.text(d.end - d.pos, F["tcp.reset_cause"]);
}

/**
 * Of the joined bytes only the first `used` are shown in this frame: segments behind them are taken
 * back. `from` is the first entry that `putSegments` wrote.
 */
export function splitSegments(d: Dissection, from: number, used: number): void {
  const { tree } = d;
  const source = tree.source[from];
  let left = 0;
  for (let i = from; i < tree.count && tree.source[i] === source; i++) {
    if (tree.id[i] === F["tcp.segment.count"]) {
      tree.num[i] = left;
      return;
    }
    if (tree.id[i] !== F["tcp.segment"]) continue;
    if (tree.offset[i]! >= used) tree.remove(i--);
    else left++;
  }
}

/** Writes how the joined bytes, which are the current source, came together. */
export function putSegments(
  d: Dissection,
  frames: readonly number[],
  offsets: readonly number[],
  lengths: readonly number[],
): void {
  const { depth } = d;
  const kept = d.end - d.pos;
  d.depth = 0;
  d.putNone(F["tcp.segments"], d.pos, kept);
  d.depth = 1;
  let covered = 0;
  for (let i = 0; i < frames.length; i++) {
    const offset = offsets[i]!;
    d.put(F["tcp.segment"], frames[i]!, d.pos + offset, lengths[i]!);
    if (offset < covered) {
      d.push();
      d.put(F["tcp.segment.overlap"], 1);
      d.pop();
    }
    covered = Math.max(covered, offset + lengths[i]!);
  }
  d.put(F["tcp.segment.count"], frames.length, d.pos, 0);
  d.put(F["tcp.reassembled.length"], d.limit - d.pos, d.pos, 0);
  d.putBytes(F["tcp.reassembled.data"], d.pos, kept);
  d.depth = depth;
}
