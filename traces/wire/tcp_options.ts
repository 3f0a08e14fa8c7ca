/**
 * Options of the TCP header (RFC 9293, 3.2; RFC 7323; RFC 2018; RFC 2883; RFC 7413).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { bytes, define, hex16, none, uint16, uint32, uint8 } from "./field.ts";
import { rule } from "./problem.ts";
import { Flag, wantsTcp } from "./tcp.ts";

const KINDS = {
  0: "End of option list",
  1: "No operation",
  2: "Maximum segment size",
  3: "Window scale",
  4: "SACK permitted",
  5: "SACK",
  8: "Timestamps",
  19: "MD5 signature",
  28: "User timeout",
  29: "Authentication",
  30: "Multipath TCP",
  34: "Fast open",
  253: "Experimental",
  254: "Experimental",
};

const F = define({
  "tcp.options": bytes("Options"),
  "tcp.option_kind": uint8("Kind", { names: KINDS }),
  "tcp.option_len": uint8("Length"),
  "tcp.options.mss_val": uint16("Maximum segment size", { unit: " bytes" }),
  "tcp.options.wscale.shift": uint8("Shift count"),
  "tcp.options.wscale.multiplier": uint16("Multiplier"),
  "tcp.options.sack_le": uint32("Left edge"),
  "tcp.options.sack_re": uint32("Right edge"),
  "tcp.options.sack.count": uint8("Number of blocks"),
  "tcp.options.sack.dsack_le": uint32("Left edge of what came twice"),
  "tcp.options.sack.dsack_re": uint32("Right edge of what came twice"),
  "tcp.options.timestamp.tsval": uint32("Timestamp value"),
  "tcp.options.timestamp.tsecr": uint32("Timestamp echo reply"),
  "tcp.options.tfo.request": none("Fast open cookie request"),
  "tcp.options.tfo.cookie": bytes("Fast open cookie"),
  "tcp.options.experimental.exid": hex16("Experiment identifier"),
  "tcp.options.experimental.data": bytes("Data"),
  "tcp.options.md5.digest": bytes("MD5 digest"),
  "tcp.options.unknown.payload": bytes("Payload"),
});

const BAD_LENGTH = rule("tcp", "error", "option goes beyond the header", "RFC 9293, 3.2");
const BAD_SIZE = rule("tcp", "error", "option has a wrong length", "RFC 9293, 3.2");
const BAD_SHIFT = rule("tcp", "warning", "window scale is more than 14", "RFC 7323, 2.3");
const LATE_MSS = rule("tcp", "warning", "MSS option in a segment without SYN", "RFC 9293, 3.7.1");

const Kind = {
  End: 0,
  NoOperation: 1,
  MaximumSegment: 2,
  WindowScale: 3,
  SackPermitted: 4,
  Sack: 5,
  Timestamps: 8,
  Md5: 19,
  FastOpen: 34,
  Experiment1: 253,
  Experiment2: 254,
};

/** Kinds and length of options that align timestamps to four bytes. */
const NOP_NOP = 0x0101;
const TIMESTAMPS = 0x080a;
/** Identifiers in experimental options (RFC 6994) that stand for options of their own. */
const EXPERIMENT_FAST_OPEN = 0xf989;
/** Shift counts above this count as this (RFC 7323, 2.3). */
const MAX_SHIFT = 14;
/** Blocks beyond this don't count in what is in flight. */
const COUNTED_BLOCKS = 3;

/** What the options say that the connection needs; one object serves all segments. */
export class TcpOptions {
  /** -1 when not there. */
  windowScale = -1;
  /** Whether there was a SACK option, and how many bytes its blocks cover. */
  hasSack = false;
  sackBytes = 0;
  /** Of the first two blocks, relative; `blocks` says how many there are. */
  blocks = 0;
  left0 = 0;
  right0 = 0;
  left1 = 0;
  right1 = 0;
  /** A fast open cookie, or the request of one. */
  fastOpen = false;
}

/**
 * Reads the options in the next `length` bytes.
 *
 * @param acknowledgment of the segment, raw
 * @param base the raw number that counts as relative 0 in SACK edges
 */
export function readTcpOptions(
  d: Dissection,
  o: TcpOptions,
  length: number,
  flags: number,
  acknowledgment: number,
  base: number,
): void {
  o.windowScale = -1;
  o.hasSack = false;
  o.sackBytes = 0;
  o.fastOpen = false;
  const start = d.pos;
  const end = start + length;
  if (onlyTimestamps(d, length)) {
    d.pos = end;
    return;
  }
  if (d.want[F["tcp.options"]] !== 0) {
    d.putBytes(F["tcp.options"], start, Math.min(length, d.end - start));
  }
  d.push();
  let ended = false;
  while (d.pos < end && d.failed === 0) {
    const kind = d.peek();
    if (ended && kind > 0) break;
    if (kind === Kind.NoOperation || kind === Kind.End) {
      d.u8(F["tcp.option_kind"]);
      ended = kind === Kind.End;
      continue;
    }
    if (!readOption(d, o, kind, end, flags, acknowledgment, base)) break;
  }
  d.pop();
  if (d.failed === 0) {
    d.pos = start;
    d.skip(length);
  }
}

/** The options of most segments: nothing but timestamps (RFC 7323, appendix A), not wanted. */
function onlyTimestamps(d: Dissection, length: number): boolean {
  return length === 12 && !d.columns && d.peek16() === NOP_NOP && d.peek16(2) === TIMESTAMPS &&
    d.has(12) && !wantsTcp(d);
}

/** @returns false when reading options must end here */
function readOption(
  d: Dissection,
  o: TcpOptions,
  kind: number,
  end: number,
  flags: number,
  acknowledgment: number,
  base: number,
): boolean {
  const at = d.pos;
  if (at + 1 >= end) {
    if (kind >= 0) d.problem(BAD_LENGTH, at);
    else d.skip(1);
    return false;
  }
  if (!d.has(2)) {
    d.skip(2);
    return false;
  }
  const size = d.peek(1);
  if (size < 2 || at + size > end) {
    d.problem(BAD_LENGTH, at);
    return false;
  }
  d.u8(F["tcp.option_kind"]);
  d.u8(F["tcp.option_len"]);
  switch (kind) {
    case Kind.Timestamps:
      if (fits(d, size, 10)) readTimestamps(d);
      break;
    case Kind.Sack:
      readSack(d, o, size - 2, acknowledgment, base);
      break;
    case Kind.MaximumSegment:
      if ((flags & Flag.Syn) === 0) d.problem(LATE_MSS, at);
      if (fits(d, size, 4)) readMaximumSegment(d);
      break;
    case Kind.WindowScale:
      if (fits(d, size, 3)) readWindowScale(d, o);
      break;
    case Kind.SackPermitted:
      if (fits(d, size, 2) && d.columns) d.infoColumn += " SACK_PERM";
      break;
    case Kind.FastOpen:
      readFastOpen(d, o, size - 2);
      break;
    case Kind.Experiment1:
    case Kind.Experiment2:
      readExperiment(d, o, size - 2);
      break;
    case Kind.Md5:
      if (fits(d, size, 18)) d.bytes(16, F["tcp.options.md5.digest"]);
      break;
    default:
      if (size > 2) d.bytes(size - 2, F["tcp.options.unknown.payload"]);
  }
  if (d.failed !== 0) return false;
  d.pos = at;
  d.skip(size);
  return true;
}

function fits(d: Dissection, size: number, wanted: number): boolean {
  if (size === wanted) return true;
  d.problem(BAD_SIZE, d.pos - 1);
  return false;
}

function readTimestamps(d: Dissection): void {
  const value = d.u32(F["tcp.options.timestamp.tsval"]);
  const echo = d.u32(F["tcp.options.timestamp.tsecr"]);
  if (d.columns) d.infoColumn += ` TSval=${value} TSecr=${echo}`;
}

function readMaximumSegment(d: Dissection): void {
  const size = d.u16(F["tcp.options.mss_val"]);
  if (d.columns) d.infoColumn += ` MSS=${size}`;
}

function readWindowScale(d: Dissection, o: TcpOptions): void {
  const at = d.pos;
  const stated = d.u8(F["tcp.options.wscale.shift"]);
  if (d.failed !== 0) return;
  if (stated > MAX_SHIFT) d.problem(BAD_SHIFT, at);
  const shift = Math.min(stated, MAX_SHIFT);
  d.put(F["tcp.options.wscale.multiplier"], 1 << shift, at, 1);
  o.windowScale = shift;
  if (d.columns) d.infoColumn += ` WS=${1 << shift}`;
}

function readSack(
  d: Dissection,
  o: TcpOptions,
  length: number,
  acknowledgment: number,
  base: number,
): void {
  const start = d.pos;
  o.hasSack = true;
  o.sackBytes = 0;
  o.blocks = 0;
  let left = length;
  while (left >= 4 && d.failed === 0) {
    const leftEdge = edge(d, F["tcp.options.sack_le"], base);
    left -= 4;
    if (left < 4) break;
    const rightEdge = edge(d, F["tcp.options.sack_re"], base);
    left -= 4;
    if (d.failed !== 0) return;
    keepBlock(o, leftEdge, rightEdge);
    if (d.columns) d.infoColumn += ` SLE=${leftEdge} SRE=${rightEdge}`;
  }
  if (left > 0) d.problem(BAD_SIZE, start - 1);
  d.put(F["tcp.options.sack.count"], o.blocks, start, 0);
  if (!cameTwice(o, acknowledgment - base)) return;
  d.put(F["tcp.options.sack.dsack_le"], o.left0, start, 4);
  d.put(F["tcp.options.sack.dsack_re"], o.right0, start + 4, 4);
}

function edge(d: Dissection, field: number, base: number): number {
  const at = d.pos;
  const relative = (d.u32() - base) >>> 0;
  if (d.failed === 0) d.put(field, relative, at, 4);
  return relative;
}

function keepBlock(o: TcpOptions, left: number, right: number): void {
  if (o.blocks === 0) {
    o.left0 = left;
    o.right0 = right;
  } else if (o.blocks === 1) {
    o.left1 = left;
    o.right1 = right;
  }
  if (o.blocks < COUNTED_BLOCKS) o.sackBytes = (o.sackBytes + right - left) >>> 0;
  o.blocks++;
}

/** The first block tells of data received twice (RFC 2883, 4). */
function cameTwice(o: TcpOptions, acknowledgment: number): boolean {
  if (o.blocks === 0) return false;
  if (((acknowledgment - o.right0) | 0) >= 0) return true;
  return o.blocks > 1 && ((o.left1 - o.right0) | 0) < 0 && ((o.right0 - o.right1) | 0) <= 0;
}

function readFastOpen(d: Dissection, o: TcpOptions, length: number): void {
  o.fastOpen = true;
  if (length === 0) d.putNone(F["tcp.options.tfo.request"]);
  else d.bytes(length, F["tcp.options.tfo.cookie"]);
  if (d.columns) d.infoColumn += length === 0 ? " TFO=R" : " TFO=C";
}

function readExperiment(d: Dissection, o: TcpOptions, length: number): void {
  if (length < 2) return;
  const identifier = d.u16(F["tcp.options.experimental.exid"]);
  if (identifier === EXPERIMENT_FAST_OPEN) readFastOpen(d, o, length - 2);
  else if (length > 2) d.bytes(length - 2, F["tcp.options.experimental.data"]);
}
