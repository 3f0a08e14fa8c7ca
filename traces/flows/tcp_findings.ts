/**
 * Fields of a TCP segment that come from what is known of its connection: times, and the findings of
 * the analysis with the rules they stand for.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import { define, frameNumber, none, relativeTime, uint32 } from "../wire/field.ts";
import { type Rule, rule } from "../wire/problem.ts";
import { putSince } from "./elapsed.ts";
import type { TcpConnection } from "./tcp_connection.ts";
import { Finding, type TcpVerdict } from "./tcp_verdict.ts";

const seconds = { unit: " seconds" };
const F = define({
  "tcp.time_relative": relativeTime("Time since the first segment", seconds),
  "tcp.time_delta": relativeTime("Time since the segment before", seconds),
  "tcp.analysis": none("Analysis"),
  "tcp.analysis.acks_frame": frameNumber("Acknowledges the segment in frame"),
  "tcp.analysis.ack_rtt": relativeTime("Time since that segment", seconds),
  "tcp.analysis.initial_rtt": relativeTime("Initial round trip", seconds),
  "tcp.analysis.bytes_in_flight": uint32("Bytes in flight"),
  "tcp.analysis.push_bytes_sent": uint32("Bytes since the last PSH"),
  "tcp.analysis.flags": none("Findings"),
  "tcp.analysis.rto": relativeTime("Time since the first transmission", seconds),
  "tcp.analysis.rto_frame": frameNumber("First transmission in frame"),
  "tcp.analysis.duplicate_ack_num": uint32("Number of the duplicate"),
  "tcp.analysis.duplicate_ack_frame": frameNumber("Duplicate of the one in frame"),
  // Only a second pass could tell; as in tshark with one pass it stays empty.
});

/** One finding: its bit, field, prefix of the info column, and rule. */
interface Shown {
  readonly finding: number;
  readonly field: number;
  readonly info: string;
  readonly rule: Rule;
}

const fields = define({
  "tcp.analysis.reused_ports": none("Ports used again"),
  "tcp.analysis.retransmission": none("Retransmission"),
  "tcp.analysis.fast_retransmission": none("Fast retransmission"),
  "tcp.analysis.spurious_retransmission": none("Spurious retransmission"),
  "tcp.analysis.out_of_order": none("Out of order"),
  "tcp.analysis.lost_segment": none("Segment before not captured"),
  "tcp.analysis.ack_lost_segment": none("Acknowledges what was not captured"),
  "tcp.analysis.window_update": none("Window update"),
  "tcp.analysis.window_full": none("Window full"),
  "tcp.analysis.keep_alive": none("Keep-alive"),
  "tcp.analysis.keep_alive_ack": none("Keep-alive acknowledgment"),
  "tcp.analysis.duplicate_ack": none("Duplicate acknowledgment"),
  "tcp.analysis.zero_window_probe": none("Zero window probe"),
  "tcp.analysis.zero_window": none("Zero window"),
  "tcp.analysis.zero_window_probe_ack": none("Zero window probe acknowledgment"),
});

function shown(finding: keyof typeof Finding, field: number, info: string, r: Rule): Shown {
  return { finding: Finding[finding], field, info, rule: r };
}

const tell = (severity: "note" | "warning", text: string, clause: string): Rule =>
  rule("tcp", severity, text, clause);

/** In the order in which Wireshark lists them. */
const SHOWN: readonly Shown[] = [
  shown(
    "ReusedPorts",
    fields["tcp.analysis.reused_ports"],
    "TCP Port numbers reused",
    tell("note", "ports are used again by a new connection", "RFC 9293, 3.4.1"),
  ),
  shown(
    "Retransmission",
    fields["tcp.analysis.retransmission"],
    "TCP Retransmission",
    tell("note", "segment is sent again", "RFC 9293, 3.8.1"),
  ),
  shown(
    "FastRetransmission",
    fields["tcp.analysis.fast_retransmission"],
    "TCP Fast Retransmission",
    tell("note", "segment is sent again after duplicate acknowledgments", "RFC 5681, 3.2"),
  ),
  shown(
    "SpuriousRetransmission",
    fields["tcp.analysis.spurious_retransmission"],
    "TCP Spurious Retransmission",
    tell("note", "segment is sent again though it was acknowledged", "RFC 5682, 1"),
  ),
  shown(
    "OutOfOrder",
    fields["tcp.analysis.out_of_order"],
    "TCP Out-Of-Order",
    tell("warning", "segment is out of order", "RFC 9293, 3.10.7.4"),
  ),
  shown(
    "LostSegment",
    fields["tcp.analysis.lost_segment"],
    "TCP Previous segment not captured",
    tell("warning", "a segment before this one was not captured", "RFC 9293, 3.4"),
  ),
  shown(
    "AckLostSegment",
    fields["tcp.analysis.ack_lost_segment"],
    "TCP ACKed unseen segment",
    tell("warning", "acknowledges a segment that was not captured", "RFC 9293, 3.4"),
  ),
  shown(
    "WindowUpdate",
    fields["tcp.analysis.window_update"],
    "TCP Window Update",
    tell("note", "window update", "RFC 9293, 3.8.6"),
  ),
  shown(
    "WindowFull",
    fields["tcp.analysis.window_full"],
    "TCP Window Full",
    tell("warning", "the receiver's window is full", "RFC 9293, 3.8.6"),
  ),
  shown(
    "KeepAlive",
    fields["tcp.analysis.keep_alive"],
    "TCP Keep-Alive",
    tell("note", "keep-alive", "RFC 9293, 3.8.4"),
  ),
  shown(
    "KeepAliveAck",
    fields["tcp.analysis.keep_alive_ack"],
    "TCP Keep-Alive ACK",
    tell("note", "acknowledgment of a keep-alive", "RFC 9293, 3.8.4"),
  ),
  shown(
    "DuplicateAck",
    fields["tcp.analysis.duplicate_ack"],
    "TCP Dup ACK",
    tell("note", "duplicate acknowledgment", "RFC 5681, 2"),
  ),
  shown(
    "ZeroWindowProbe",
    fields["tcp.analysis.zero_window_probe"],
    "TCP ZeroWindowProbe",
    tell("note", "zero window probe", "RFC 9293, 3.8.6.1"),
  ),
  shown(
    "ZeroWindow",
    fields["tcp.analysis.zero_window"],
    "TCP ZeroWindow",
    tell("warning", "the window is closed", "RFC 9293, 3.8.6"),
  ),
  shown(
    "ZeroWindowProbeAck",
    fields["tcp.analysis.zero_window_probe_ack"],
    "TCP ZeroWindowProbeAck",
    tell("note", "acknowledgment of a zero window probe", "RFC 9293, 3.8.6.1"),
  ),
];

const ANY_RETRANSMISSION = Finding.FastRetransmission | Finding.SpuriousRetransmission;

/** Writes the times since the first segment and since the one before, whose time is given. */
export function putSegmentTimes(
  d: Dissection,
  c: TcpConnection,
  seconds: number,
  nanoseconds: number,
): void {
  putSince(d, F["tcp.time_relative"], c.startSeconds, c.startNanoseconds);
  putSince(d, F["tcp.time_delta"], seconds, nanoseconds);
}

/** Writes what the analysis found. */
export function putVerdict(d: Dissection, v: TcpVerdict, c: TcpConnection): void {
  d.putNone(F["tcp.analysis"]);
  d.push();
  if (v.ackedFrame !== 0) {
    d.put(F["tcp.analysis.acks_frame"], v.ackedFrame);
    if (v.ackedSeconds !== d.seconds || v.ackedNanoseconds !== d.nanoseconds) {
      putSince(d, F["tcp.analysis.ack_rtt"], v.ackedSeconds, v.ackedNanoseconds);
    }
  }
  if (c.rttSeconds !== 0 || c.rttNanoseconds !== 0) {
    d.putTime(F["tcp.analysis.initial_rtt"], c.rttSeconds, c.rttNanoseconds);
  }
  if (v.bytesInFlight !== 0) {
    d.put(F["tcp.analysis.bytes_in_flight"], v.bytesInFlight);
    d.put(F["tcp.analysis.push_bytes_sent"], v.pushBytes);
  }
  if (v.findings !== 0) putFindings(d, v);
  d.pop();
}

function putFindings(d: Dissection, v: TcpVerdict): void {
  d.putNone(F["tcp.analysis.flags"]);
  d.push();
  for (const { finding, field, rule: broken, info } of SHOWN) {
    if ((v.findings & finding) === 0) continue;
    d.putNone(field);
    if ((finding & ANY_RETRANSMISSION) !== 0) {
      d.putNone(fields["tcp.analysis.retransmission"]);
    }
    d.problem(broken);
    if (finding === Finding.Retransmission) putTimeout(d, v);
    if (finding === Finding.DuplicateAck) {
      d.put(F["tcp.analysis.duplicate_ack_num"], v.duplicateNumber);
      d.put(F["tcp.analysis.duplicate_ack_frame"], v.duplicateFrame);
      d.putNone(field);
    }
    if (d.columns) prefix(d, v, finding, info);
  }
  d.pop();
}

function putTimeout(d: Dissection, v: TcpVerdict): void {
  if (v.rtoSeconds === d.seconds && v.rtoNanoseconds === d.nanoseconds) return;
  putSince(d, F["tcp.analysis.rto"], v.rtoSeconds, v.rtoNanoseconds);
  d.put(F["tcp.analysis.rto_frame"], v.rtoFrame);
}

function prefix(d: Dissection, v: TcpVerdict, finding: number, info: string): void {
  const number = finding === Finding.DuplicateAck
    ? ` ${v.duplicateFrame}#${v.duplicateNumber}`
    : "";
  d.infoColumn = `[${info}${number}] ${d.infoColumn}`;
}
