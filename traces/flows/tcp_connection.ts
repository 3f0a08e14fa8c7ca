/**
 * What is remembered of a TCP connection. Sequence numbers are signed 32-bit numbers; only their
 * differences count (RFC 9293, 3.4).
 *
 * @module
 */
import { Conversation, type Side } from "./conversation.ts";
import type { Endpoints } from "./endpoints.ts";
import type { HeldSegments } from "./held_segments.ts";
import type { PduStream } from "./pdu_stream.ts";
import type { UnackedSegments } from "./unacked_segments.ts";

/** Bits of `tcp.completeness`. */
export const Completeness = {
  Syn: 1,
  SynAck: 2,
  Ack: 4,
  Data: 8,
  Fin: 16,
  Rst: 32,
} as const;

/** Window that no segment can state: none seen yet. */
const NO_WINDOW = -1;

/** One direction. */
export class TcpSide {
  /** Raw number that counts as relative 0. */
  base = 0;
  baseKnown = false;
  /** Last window, not scaled. */
  window = NO_WINDOW;
  /** Shift count; -1 not known, -2 scaling is not used. */
  scale = -1;
  /** Until the first segment with ACK after a SYN, windows are not scaled. */
  beforeFirstAck = false;
  /** Findings of this side's last segment, `Finding` bits. */
  lastFindings = 0;

  /** Behind the highest segment seen; 0 is none yet. */
  next = 0;
  nextFrame = 0;
  nextSeconds = 0;
  nextNanoseconds = 0;
  /** Behind the last byte without a gap before it; 0 is none yet. */
  contiguous = 0;
  lastAck = 0;
  lastAckSeconds = 0;
  lastAckNanoseconds = 0;
  /** Frame of the last acknowledgment that was not a duplicate. */
  lastNewAckFrame = 0;
  /** Duplicates since; -1 after a segment was acknowledged that was not captured. */
  duplicateAcks = 0;
  /** Bytes that the last segment's SACK blocks cover. */
  sackBytes = 0;

  /** False from a lost segment on until the other side acknowledges something. */
  flightKnown = true;
  pushBytes = 0;
  pushedLast = false;
  /** Queue in `UnackedSegments`: oldest, newest, how many, whether in sequence order. */
  oldest = 0;
  newest = 0;
  unacked = 0;
  ordered = true;

  /** Frame of the first segment, 0 when this side was never seen. */
  firstFrame = 0;
  /** Number of the next byte for the stream. */
  expected = 0;
  expecting = false;
  /** SYNs with different numbers were seen: only data tells which one holds. */
  restarted = false;
  stream: PduStream | undefined = undefined;
  held: HeldSegments | undefined = undefined;
  /** A FIN was seen; it stands at `finAt`. `ended` when the stream got there. */
  finSeen = false;
  finAt = 0;
  ended = false;
}

export class TcpConnection extends Conversation {
  readonly side0: TcpSide = new TcpSide();
  readonly side1: TcpSide = new TcpSide();
  /** Bits of `Completeness`. */
  completeness = 0;
  /** Time of the first frame, of the last, and of the last SYN (0 when none was seen). */
  startSeconds = 0;
  startNanoseconds = 0;
  previousSeconds = 0;
  previousNanoseconds = 0;
  synSeconds = 0;
  synNanoseconds = 0;
  /** From SYN to the first acknowledgment, 0 when not known. */
  rttSeconds = 0;
  rttNanoseconds = 0;
  /** SYN, SYN+ACK (bits 0 and 1) negotiated accurate ECN. */
  accurateEcn = 0;

  constructor(index: number, e: Endpoints, seconds: number, nanoseconds: number) {
    super(index, "tcp", e);
    this.startSeconds = this.previousSeconds = seconds;
    this.startNanoseconds = this.previousNanoseconds = nanoseconds;
  }

  sideOf(side: Side): TcpSide {
    return side === 0 ? this.side0 : this.side1;
  }

  /** It is forgotten: gives back what it holds in shared tables. */
  release(segments: UnackedSegments): void {
    releaseSide(this.side0, segments);
    releaseSide(this.side1, segments);
    this.protocol?.release?.();
  }
}

function releaseSide(side: TcpSide, segments: UnackedSegments): void {
  while (side.oldest !== 0) {
    const next = segments.next[side.oldest]!;
    segments.release(side.oldest);
    side.oldest = next;
  }
  side.stream?.discard();
  side.stream = undefined;
  side.held?.clear();
  side.held = undefined;
}
