/**
 * What a segment is, compared with those before it: retransmissions, lost segments, duplicate
 * acknowledgments, keep-alives, windows, bytes in flight, round trips.
 *
 * The names, and what each of them means, are those of Wireshark's analysis ("TCP Analysis" in its
 * user's guide); the notions are those of RFC 9293 (3.4, 3.8) and RFC 5681 (2).
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import { Flag, type TcpHeader } from "../wire/tcp.ts";
import { nanosecondsSince } from "./elapsed.ts";
import type { TcpConnection, TcpSide } from "./tcp_connection.ts";
import { acknowledge, after, append, countFlight } from "./tcp_flight.ts";
import { Finding, type TcpVerdict } from "./tcp_verdict.ts";
import type { UnackedSegments } from "./unacked_segments.ts";

/** Unacknowledged segments remembered per side. */
const MAX_UNACKED = 10_000;
/** A retransmission this soon (ns) after duplicate acknowledgments is a fast one. */
const FAST = 20_000_000;
/** Reordering within this time (ns) is supposed when the round trip is not known. */
const REORDERING = 3_000_000;
const CONTROL = Flag.Syn | Flag.Fin | Flag.Rst;

/**
 * Compares a segment with what is known of its connection and brings that up to date.
 *
 * @param h its length is known
 * @param d for the number and time of the frame
 * @param sender the side that sent it, `receiver` the other
 */
export function analyse(
  d: Dissection,
  h: TcpHeader,
  connection: TcpConnection,
  sender: TcpSide,
  receiver: TcpSide,
  segments: UnackedSegments,
  verdict: TcpVerdict,
): void {
  const { flags } = h;
  if ((flags & Flag.Ack) !== 0) receiver.flightKnown = true;
  judgeWindow(h, sender, receiver, verdict);
  const ack = h.acknowledgment;
  if (ack !== sender.lastAck) {
    sender.lastNewAckFrame = d.frame;
    sender.duplicateAcks = 0;
  }
  if (
    receiver.contiguous !== 0 && (flags & Flag.Ack) !== 0 && after(ack, receiver.contiguous)
  ) judgeUnseen(receiver, verdict);
  if (h.length > 0 || (flags & (Flag.Syn | Flag.Fin)) !== 0) {
    judgeRepetition(d, h, connection, sender, receiver, segments, verdict);
  }
  remember(d, h, sender, segments, verdict);
  if (receiver.oldest !== 0) acknowledge(ack, receiver, segments, verdict);
  if (h.length !== 0 && sender.oldest !== 0 && sender.flightKnown) {
    countFlight(h, sender, receiver, segments, verdict);
  }
}

/** Probes, keep-alives, windows and duplicate acknowledgments. */
function judgeWindow(
  h: TcpHeader,
  sender: TcpSide,
  receiver: TcpSide,
  verdict: TcpVerdict,
): void {
  const { length, sequence, window } = h;
  const inOrder = sequence === sender.next;
  if (length === 1 && inOrder && receiver.window === 0) {
    verdict.add(Finding.ZeroWindowProbe);
    return;
  }
  const control = h.flags & CONTROL;
  if (window === 0 && control === 0) verdict.add(Finding.ZeroWindow);
  if (sender.next !== 0 && after(sequence, sender.next) && (h.flags & Flag.Rst) === 0) {
    verdict.add(Finding.LostSegment);
    sender.flightKnown = false;
  }
  if (control !== 0) return;
  if (length <= 1 && sequence === (sender.next - 1 | 0)) verdict.add(Finding.KeepAlive);
  if (length > 0) {
    if (fillsWindow(h, receiver)) verdict.add(Finding.WindowFull);
    return;
  }
  if (!inOrder || h.acknowledgment !== sender.lastAck) return;
  judgeRepeatedAck(window, sender, receiver, verdict);
}

/** A segment without data that acknowledges what the one before did. */
function judgeRepeatedAck(
  window: number,
  sender: TcpSide,
  receiver: TcpSide,
  verdict: TcpVerdict,
): void {
  if (window !== sender.window) {
    if (window !== 0) verdict.add(Finding.WindowUpdate);
    return;
  }
  if (window === 0) {
    if ((receiver.lastFindings & Finding.ZeroWindowProbe) !== 0) {
      verdict.add(Finding.ZeroWindowProbeAck);
    }
    return;
  }
  if ((receiver.lastFindings & Finding.KeepAlive) !== 0) {
    verdict.add(Finding.KeepAliveAck);
    return;
  }
  sender.duplicateAcks = sender.duplicateAcks < 0 ? 1 : sender.duplicateAcks + 1;
  verdict.add(Finding.DuplicateAck);
  verdict.duplicateNumber = sender.duplicateAcks;
  verdict.duplicateFrame = sender.lastNewAckFrame;
}

/** Whether data reaches exactly to the end of the window that the receiver offers. */
function fillsWindow(h: TcpHeader, receiver: TcpSide): boolean {
  if (receiver.scale === -1) return false;
  const shift = receiver.beforeFirstAck || receiver.scale < 0 ? 0 : receiver.scale;
  const edge = receiver.lastAck + (receiver.window << shift) | 0;
  return (h.sequence + h.length | 0) === edge;
}

/** An acknowledgment of what was not captured; told once per gap. */
function judgeUnseen(receiver: TcpSide, verdict: TcpVerdict): void {
  verdict.present = true;
  if (after(receiver.next, receiver.contiguous)) {
    receiver.contiguous = receiver.next;
    verdict.add(Finding.AckLostSegment);
    return;
  }
  if (receiver.duplicateAcks === 0) verdict.add(Finding.AckLostSegment);
  receiver.duplicateAcks = -1;
}

/** Data, SYN or FIN whose numbers were seen before: sent again, or out of order. */
function judgeRepetition(
  d: Dissection,
  h: TcpHeader,
  connection: TcpConnection,
  sender: TcpSide,
  receiver: TcpSide,
  segments: UnackedSegments,
  verdict: TcpVerdict,
): void {
  if ((verdict.findings & Finding.KeepAlive) !== 0) return;
  const { sequence, length } = h;
  const end = sequence + length | 0;
  if (length > 0 && receiver.lastAck !== 0 && !after(end, receiver.lastAck)) {
    verdict.add(Finding.SpuriousRetransmission);
    return;
  }
  if (sender.next === 0 || !after(sender.next, sequence)) return;
  // One byte before: a zero window probe may have been the one that was sent before.
  if (length > 1 && (sender.next - 1 | 0) === sequence) return;
  const duplicates = receiver.duplicateAcks;
  const sinceAck = nanosecondsSince(d, receiver.lastAckSeconds, receiver.lastAckNanoseconds);
  if (
    (duplicates >= 2 || duplicates < 0) && receiver.lastAck === sequence && sinceAck >= 0 &&
    sinceAck < FAST
  ) {
    verdict.add(Finding.FastRetransmission);
    return;
  }
  const sinceNext = nanosecondsSince(d, sender.nextSeconds, sender.nextNanoseconds);
  const rtt = connection.rttSeconds * 1e9 + connection.rttNanoseconds;
  const reordering = rtt === 0 ? REORDERING : rtt;
  const extra = (h.flags & (Flag.Syn | Flag.Fin)) !== 0 ? 1 : 0;
  if (sinceNext >= 0 && sinceNext < reordering && sender.next !== (end + extra | 0)) {
    verdict.add(Finding.OutOfOrder);
    return;
  }
  verdict.add(Finding.Retransmission);
  const oldest = sender.oldest;
  const known = oldest !== 0;
  verdict.rtoFrame = known ? segments.frame[oldest]! : sender.nextFrame;
  verdict.rtoSeconds = known ? segments.seconds[oldest]! : sender.nextSeconds;
  verdict.rtoNanoseconds = known ? segments.nanoseconds[oldest]! : sender.nextNanoseconds;
}

function remember(
  d: Dissection,
  h: TcpHeader,
  sender: TcpSide,
  segments: UnackedSegments,
  verdict: TcpVerdict,
): void {
  const { sequence } = h;
  let end = sequence + h.length | 0;
  const control = (h.flags & (Flag.Syn | Flag.Fin)) !== 0;
  if ((h.length > 0 || control) && sender.unacked < MAX_UNACKED) {
    if (control) end = end + 1 | 0;
    append(d, sender, segments, sequence, end);
  }
  const probe = (verdict.findings & Finding.ZeroWindowProbe) !== 0;
  if (!probe && (sender.next === 0 || after(end, sender.next))) {
    sender.next = end;
    sender.nextFrame = d.frame;
    sender.nextSeconds = d.seconds;
    sender.nextNanoseconds = d.nanoseconds;
  }
  if (!probe && (sender.contiguous === 0 || sequence === sender.contiguous)) {
    sender.contiguous = sender.next;
  }
  sender.window = h.window;
  sender.lastAck = h.acknowledgment;
  sender.lastAckSeconds = d.seconds;
  sender.lastAckNanoseconds = d.nanoseconds;
  sender.lastFindings = verdict.findings;
}
