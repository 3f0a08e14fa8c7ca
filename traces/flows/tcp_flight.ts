/**
 * Segments in flight: sent, and not yet acknowledged (RFC 9293, 3.4).
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import { Flag, type TcpHeader } from "../wire/tcp.ts";
import type { TcpSide } from "./tcp_connection.ts";
import type { TcpVerdict } from "./tcp_verdict.ts";
import type { UnackedSegments } from "./unacked_segments.ts";

/** More in flight than this can't be true. */
const MAX_IN_FLIGHT = 2_000_000_000;

/** Whether `a` comes after `b`. */
export function after(a: number, b: number): boolean {
  return (b - a | 0) < 0;
}

/** Remembers a segment until it is acknowledged. */
export function append(
  d: Dissection,
  sender: TcpSide,
  segments: UnackedSegments,
  sequence: number,
  end: number,
): void {
  const at = segments.add(sequence, end, d.frame, d.seconds, d.nanoseconds);
  if (at === 0) return;
  const newest = sender.newest;
  if (newest === 0) {
    sender.oldest = at;
    sender.ordered = true;
  } else {
    segments.next[newest] = at;
    if (after(segments.end[newest]!, sequence)) sender.ordered = false;
  }
  sender.newest = at;
  sender.unacked++;
}

/** Takes out of the queue of `side` what `ack` acknowledges. */
export function acknowledge(
  ack: number,
  side: TcpSide,
  segments: UnackedSegments,
  verdict: TcpVerdict,
): void {
  const { next, sequence, end } = segments;
  let before = 0;
  let at = side.oldest;
  while (at !== 0) {
    const following = next[at]!;
    const last = end[at]!;
    if (ack === last && verdict.ackedFrame === 0) {
      verdict.present = true;
      verdict.ackedFrame = segments.frame[at]!;
      verdict.ackedSeconds = segments.seconds[at]!;
      verdict.ackedNanoseconds = segments.nanoseconds[at]!;
    }
    if (after(last, ack)) {
      if (after(ack, sequence[at]!)) sequence[at] = ack;
      if (side.ordered) return;
      before = at;
    } else {
      if (before === 0) side.oldest = following;
      else next[before] = following;
      if (following === 0) side.newest = before;
      side.unacked--;
      segments.release(at);
    }
    at = following;
  }
}

/** Bytes sent and not acknowledged, and bytes since the last PSH. */
export function countFlight(
  h: TcpHeader,
  sender: TcpSide,
  receiver: TcpSide,
  segments: UnackedSegments,
  verdict: TcpVerdict,
): void {
  const { base } = sender;
  let first = (segments.sequence[sender.oldest]! - base) >>> 0;
  let last = (segments.end[sender.newest]! - base) >>> 0;
  if (!sender.ordered || first > last) {
    for (let at = sender.oldest; at !== 0; at = segments.next[at]!) {
      first = Math.min(first, (segments.sequence[at]! - base) >>> 0);
      last = Math.max(last, (segments.end[at]! - base) >>> 0);
    }
  }
  const inFlight = (last - first - receiver.sackBytes) >>> 0;
  verdict.present = true;
  if (inFlight > 0 && inFlight < MAX_IN_FLIGHT) {
    verdict.bytesInFlight = inFlight - ((h.flags & (Flag.Syn | Flag.Fin)) !== 0 ? 1 : 0);
  }
  sender.pushBytes = sender.pushedLast ? h.length : sender.pushBytes + h.length;
  sender.pushedLast = (h.flags & Flag.Psh) !== 0;
  verdict.pushBytes = sender.pushBytes;
}
