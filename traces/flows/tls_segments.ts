/**
 * How messages that several TLS records make up are shown.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import { bytes, define, frameNumber, none, uint32 } from "../wire/field.ts";
import type { Assembly } from "./assembly.ts";

const F = define({
  "tls.segments": none("Reassembled TLS segments"),
  "tls.segment": frameNumber("TLS segment"),
  "tls.segment.count": uint32("Segment count"),
  "tls.segment.data": bytes("TLS segment data"),
  "tls.reassembled.length": uint32("Reassembled PDU length"),
  "tls.reassembled.data": bytes("Reassembled PDU data"),
});

/** Decrypted bytes, `length` of them at `offset` of the source, that are part of a longer message. */
export function putSegment(d: Dissection, offset: number, length: number): void {
  d.putBytes(F["tls.segment.data"], d.sources[d.source]!.start + offset, length);
}

/** Shows a message put together from decrypted records. */
export const SEGMENTS: Assembly = {
  name: "Reassembled TLS",
  joined(d: Dissection, frames: readonly number[]): void {
    const length = d.limit - d.pos;
    const depth = d.depth;
    d.depth = 0;
    d.putNone(F["tls.segments"], d.pos, length);
    d.depth = 1;
    if (d.want[F["tls.segment"]] !== 0) {
      for (const frame of frames) d.put(F["tls.segment"], frame, d.pos, 0);
    }
    d.put(F["tls.segment.count"], frames.length, d.pos, 0);
    d.put(F["tls.reassembled.length"], length, d.pos, 0);
    d.putBytes(F["tls.reassembled.data"], d.pos, d.end - d.pos);
    d.depth = depth;
  },
};
