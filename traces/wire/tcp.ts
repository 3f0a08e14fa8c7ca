/**
 * TCP header (RFC 9293, 3.1; accurate ECN: draft-ietf-tcpm-accurate-ecn, 3.1).
 *
 * Reading it and writing its fields are two steps, because relative numbers and scaled windows are
 * known only after the connection was looked up.
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import {
  boolean,
  bytes,
  define,
  hex16,
  int32,
  protocol,
  string,
  uint16,
  uint32,
  uint8,
} from "./field.ts";
import { rule } from "./problem.ts";

const TCP = protocol("tcp", "TCP", "Transmission Control Protocol");

const F = define({
  "tcp.srcport": uint16("Source port"),
  "tcp.dstport": uint16("Destination port"),
  "tcp.port": uint16("Source or destination port"),
  "tcp.stream": uint32("Stream"),
  "tcp.completeness": uint8("Completeness of the conversation"),
  "tcp.len": uint32("Segment length", { unit: " bytes" }),
  "tcp.seq": uint32("Sequence number"),
  "tcp.seq_raw": uint32("Sequence number, raw"),
  "tcp.nxtseq": uint32("Next sequence number"),
  "tcp.ack": uint32("Acknowledgment number"),
  "tcp.ack_raw": uint32("Acknowledgment number, raw"),
  "tcp.hdr_len": uint8("Header length", { unit: " bytes" }),
  "tcp.flags": hex16("Flags"),
  "tcp.flags.res": boolean("Reserved"),
  "tcp.flags.ae": boolean("Accurate ECN"),
  "tcp.flags.ace": uint8("ACE"),
  "tcp.flags.cwr": boolean("Congestion window reduced"),
  "tcp.flags.ece": boolean("ECN-Echo"),
  "tcp.flags.urg": boolean("Urgent"),
  "tcp.flags.ack": boolean("Acknowledgment"),
  "tcp.flags.push": boolean("Push"),
  "tcp.flags.reset": boolean("Reset"),
  "tcp.flags.syn": boolean("Syn"),
  "tcp.flags.fin": boolean("Fin"),
  "tcp.flags.str": string("Flags"),
  "tcp.window_size_value": uint16("Window"),
  "tcp.window_size": uint32("Window, scaled"),
  "tcp.window_size_scalefactor": int32("Window scale factor"),
  "tcp.checksum": hex16("Checksum"),
  "tcp.checksum.status": uint8("Checksum status"),
  "tcp.urgent_pointer": uint16("Urgent pointer"),
  "tcp.payload": bytes("Payload"),
});

/** The field of the segment's data. */
export const TCP_PAYLOAD = F["tcp.payload"];

const BAD_HEADER = rule("tcp", "error", "header length is less than 20 bytes", "RFC 9293, 3.1");
const SHORT = rule("tcp", "error", "segment is shorter than its header", "RFC 9293, 3.1");
const URGENT = rule("tcp", "note", "urgent pointer without the URG flag", "RFC 9293, 3.1");

export const Flag = {
  Fin: 1,
  Syn: 2,
  Rst: 4,
  Psh: 8,
  Ack: 16,
  Urg: 32,
  Ece: 64,
  Cwr: 128,
  Ae: 256,
} as const;

export const TCP_MIN_HEADER = 20;
const LETTERS = "RRRACEUAPRSF";
const NAMES = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"];

/** What the header says; one object serves all segments. */
export class TcpHeader {
  /** Where it begins in `d.data`. */
  at = 0;
  sourcePort = 0;
  destinationPort = 0;
  /** Signed, as all sequence numbers here: only differences count (RFC 9293, 3.4). */
  sequence = 0;
  acknowledgment = 0;
  /** In bytes. */
  headerLength = 0;
  /** All twelve bits. */
  flags = 0;
  /** Not scaled. */
  window = 0;
  urgent = 0;
  /** Bytes of data on the wire, or -1 when that is not known (fragment, quoted, header too long). */
  length = 0;
}

/** What is known of the connection, for the fields. */
export class TcpView {
  /** -1 for none. */
  stream = -1;
  completeness = 0;
  /** Raw numbers that count as relative 0. */
  sequenceBase = 0;
  acknowledgmentBase = 0;
  /** Shift count of the window; -1 not known, -2 not used (RFC 7323, 2). */
  scale = -1;
  /** The ECN bits are a counter. */
  accurateEcn = false;
}

/**
 * Reads the 16 bytes that everything else needs; the cursor is then behind them.
 *
 * @param whole the packet is neither a fragment nor quoted in an error
 * @param quoted it is quoted in an error, which may hold no more than its first 8 bytes
 * @returns false when they are not there
 */
export function readTcpHeader(
  d: Dissection,
  h: TcpHeader,
  whole: boolean,
  quoted: boolean,
): boolean {
  const at = d.pos;
  h.at = at;
  d.layer(TCP);
  h.sourcePort = d.u16(F["tcp.srcport"]);
  h.destinationPort = d.u16(F["tcp.dstport"]);
  if (d.failed !== 0) return false;
  if (d.want[F["tcp.port"]] !== 0) {
    d.put(F["tcp.port"], h.sourcePort, at, 2);
    d.put(F["tcp.port"], h.destinationPort, at + 2, 2);
  }
  if (d.columns) {
    d.protocolColumn = "TCP";
    d.infoColumn = `${h.sourcePort} → ${h.destinationPort}`;
  }
  if (!d.has(12)) {
    if (quoted && d.has(4)) d.u32(F["tcp.seq"]);
    d.skip(12);
    return false;
  }
  h.sequence = d.u32() | 0;
  h.acknowledgment = d.u32() | 0;
  const word = d.u16();
  h.headerLength = (word >> 12) * 4;
  h.flags = word & 0xfff;
  h.window = d.u16();
  h.length = -1;
  if (whole) {
    const there = d.limit - at;
    if (there < h.headerLength) d.problem(SHORT, at + 12);
    else h.length = there - h.headerLength;
  }
  return true;
}

/**
 * Writes the fields of the fixed header and reads it to its end.
 *
 * @returns false when the rest can't be read
 */
export function writeTcpHeader(d: Dissection, h: TcpHeader, v: TcpView): boolean {
  const { at, flags } = h;
  if (!d.wants(TCP)) return passHeader(d, h);
  if (v.stream >= 0) {
    d.put(F["tcp.stream"], v.stream, at, 0);
    d.put(F["tcp.completeness"], v.completeness, at, 0);
  }
  if (h.length >= 0) d.put(F["tcp.len"], h.length, at, 0);
  const relative = (h.sequence - v.sequenceBase) >>> 0;
  d.put(F["tcp.seq"], relative, at + 4, 4);
  d.put(F["tcp.seq_raw"], h.sequence >>> 0, at + 4, 4);
  if (h.headerLength < TCP_MIN_HEADER) {
    d.put(F["tcp.hdr_len"], h.headerLength, at + 12, 1);
    d.problem(BAD_HEADER, at + 12);
    return false;
  }
  if (h.length >= 0) {
    const extra = (flags & (Flag.Syn | Flag.Fin)) !== 0 ? 1 : 0;
    d.put(F["tcp.nxtseq"], (relative + h.length + extra) >>> 0, at, 0);
  }
  const base = (flags & Flag.Ack) !== 0 ? v.acknowledgmentBase : 0;
  d.put(F["tcp.ack"], (h.acknowledgment - base) >>> 0, at + 8, 4);
  d.put(F["tcp.ack_raw"], h.acknowledgment >>> 0, at + 8, 4);
  d.put(F["tcp.hdr_len"], h.headerLength, at + 12, 1);
  d.put(F["tcp.flags"], flags, at + 12, 2);
  putFlags(d, flags, at, v.accurateEcn);
  putWindow(d, h, v);
  d.u16(F["tcp.checksum"]);
  if (d.failed !== 0) return false;
  d.put(F["tcp.checksum.status"], 2, at + 16, 0);
  h.urgent = d.u16(F["tcp.urgent_pointer"]);
  if (d.failed !== 0) return false;
  if (h.urgent !== 0 && (flags & Flag.Urg) === 0) d.problem(URGENT, at + 18);
  return true;
}

/** As `writeTcpHeader`, when nobody wants a field of it. */
function passHeader(d: Dissection, h: TcpHeader): boolean {
  if (h.headerLength < TCP_MIN_HEADER) {
    d.problem(BAD_HEADER, h.at + 12);
    return false;
  }
  d.skip(2);
  h.urgent = d.u16();
  if (d.failed !== 0) return false;
  if (h.urgent !== 0 && (h.flags & Flag.Urg) === 0) d.problem(URGENT, h.at + 18);
  return true;
}

/** Whether somebody wants a field of TCP. */
export function wantsTcp(d: Dissection): boolean {
  return d.wants(TCP);
}

/** The window as fields give it: scaled, except in segments with SYN (RFC 7323, 2.2). */
export function scaledWindow(h: TcpHeader, v: TcpView): number {
  const scaled = v.scale > 0 && (h.flags & Flag.Syn) === 0 && h.length >= 0;
  return scaled ? h.window * 2 ** v.scale : h.window;
}

function putWindow(d: Dissection, h: TcpHeader, v: TcpView): void {
  const at = h.at + 14;
  d.put(F["tcp.window_size_value"], h.window, at, 2);
  d.put(F["tcp.window_size"], scaledWindow(h, v), at, 2);
  if ((h.flags & Flag.Syn) !== 0 || v.stream < 0) return;
  d.put(F["tcp.window_size_scalefactor"], v.scale < 0 ? v.scale : 1 << v.scale, at, 2);
}

function putFlags(d: Dissection, flags: number, at: number, accurate: boolean): void {
  d.push();
  d.putFlag(F["tcp.flags.res"], flags, 0xe00, at + 12, 1);
  if (accurate) {
    d.put(F["tcp.flags.ace"], aceOf(flags), at + 12, 2);
  } else {
    d.putFlag(F["tcp.flags.ae"], flags, Flag.Ae, at + 12, 1);
    d.putFlag(F["tcp.flags.cwr"], flags, Flag.Cwr, at + 13, 1);
    d.putFlag(F["tcp.flags.ece"], flags, Flag.Ece, at + 13, 1);
  }
  d.putFlag(F["tcp.flags.urg"], flags, Flag.Urg, at + 13, 1);
  d.putFlag(F["tcp.flags.ack"], flags, Flag.Ack, at + 13, 1);
  d.putFlag(F["tcp.flags.push"], flags, Flag.Psh, at + 13, 1);
  d.putFlag(F["tcp.flags.reset"], flags, Flag.Rst, at + 13, 1);
  d.putFlag(F["tcp.flags.syn"], flags, Flag.Syn, at + 13, 1);
  d.putFlag(F["tcp.flags.fin"], flags, Flag.Fin, at + 13, 1);
  const text = F["tcp.flags.str"];
  if (d.want[text] !== 0) d.putObject(text, flagLetters(flags, accurate), at + 12, 2);
  d.pop();
}

/** The counter in the ECN bits (draft-ietf-tcpm-accurate-ecn, 3.2.2). */
function aceOf(flags: number): number {
  return flags >> 6 & 7;
}

/** One letter per flag, a dot where it is not set. */
function flagLetters(flags: number, accurate: boolean): string {
  let text = "";
  for (let i = 0; i < 12; i++) {
    if (accurate && i >= 3 && i <= 5) text += i === 4 ? aceOf(flags) : "-";
    else text += (flags >> (11 - i) & 1) !== 0 ? LETTERS[i] : "·";
  }
  return text;
}

/** The flags by name, as "SYN, ACK". */
export function flagNames(flags: number, accurate = false): string {
  const names: string[] = [];
  for (let i = 0; i < (accurate ? 6 : 9); i++) {
    if ((flags >> i & 1) !== 0) names.push(NAMES[i]!);
  }
  if (accurate) names.push(`ACE=${aceOf(flags)}`);
  if ((flags & 0xe00) !== 0) names.push("Reserved");
  return names.length === 0 ? "<None>" : names.join(", ");
}
