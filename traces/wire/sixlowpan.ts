/**
 * 6LoWPAN headers that need no state: recognition, mesh, broadcast, fragment headers, page switch and
 * routing headers (RFC 4944, RFC 8025, RFC 8138, RFC 8931).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { boolean, define, hex16, hex32, hex64, hex8, protocol, uint16, uint8 } from "./field.ts";
import type { WpanFrame } from "./wpan_frame.ts";
import { WpanAddress } from "./wpan_frame.ts";

const SIXLOWPAN = protocol(
  "6lowpan",
  "6LoWPAN",
  "IPv6 over Low power Wireless Personal Area Networks",
);

/** Dispatch values by their leading bits (RFC 4944, 5.1; RFC 6282, 2; RFC 8931, 5). */
const PATTERNS: Readonly<Record<number, string>> = {
  0x02: "Mesh",
  0x03: "IP header compression",
  0x18: "First fragment",
  0x1c: "Fragment",
  0x41: "Uncompressed IPv6",
  0x42: "Header compression",
  0x50: "Broadcast",
  0x74: "Recoverable fragment",
  0x75: "Recoverable fragment acknowledgment",
};

export const F = define({
  "6lowpan.pattern": hex8("Pattern", { names: PATTERNS }),
  "6lowpan.bcast.seqnum": uint8("Sequence number"),
  "6lowpan.mesh.v": boolean("V"),
  "6lowpan.mesh.f": boolean("D"),
  "6lowpan.mesh.hops": uint8("Hops left"),
  "6lowpan.mesh.hops8": uint8("Deep Hops left"),
  "6lowpan.mesh.orig16": hex16("Originator"),
  "6lowpan.mesh.orig64": hex64("Originator"),
  "6lowpan.mesh.dest16": hex16("Destination"),
  "6lowpan.mesh.dest64": hex64("Destination"),
  "6lowpan.frag.size": uint16("Datagram size"),
  "6lowpan.frag.tag": hex16("Datagram tag"),
  "6lowpan.frag.offset": uint8("Datagram offset"),
  "6lowpan.rfrag.congestion": boolean("Congestion"),
  "6lowpan.rfrag.ack_requested": boolean("Ack requested"),
  "6lowpan.rfrag.tag": uint8("Datagram tag"),
  "6lowpan.rfrag.sequence": uint16("Fragment sequence"),
  "6lowpan.rfrag.size": uint16("Fragment size"),
  "6lowpan.rfrag.datagram_size": uint16("Datagram size"),
  "6lowpan.rfrag.offset": uint16("Fragment offset"),
  "6lowpan.rfrag.ack_bitmask": hex32("Fragment ACK bitmask"),
  "6lowpan.pagenb": hex16("Page Number"),
  "6lowpan.routingheader": hex8("Routing Header 6lo"),
  "6lowpan.rhtype": hex16("6loRH Type"),
});

/** Interface identifiers that follow from the link-layer addresses. */
export interface LinkIdentifiers {
  /** 8 bytes. */
  readonly source: Uint8Array;
  /** 8 bytes. */
  readonly destination: Uint8Array;
}

/** What a fragment header said (RFC 4944, 5.3; RFC 8931, 5.1). */
export interface FragmentHeader {
  /** Length of the whole datagram in bytes, 0 when this fragment doesn't tell. */
  size: number;
  tag: number;
  /** Where the fragment goes, in bytes. */
  offset: number;
  /** Length of the fragment in bytes, 0 when it is what is left. */
  length: number;
  first: boolean;
}

export function startSixlowpan(d: Dissection): void {
  d.layer(SIXLOWPAN);
  if (d.columns) d.protocolColumn = "6LoWPAN";
}

/** Whether the bytes begin like 6LoWPAN. Reads nothing. */
export function isSixlowpan(d: Dissection): boolean {
  let ahead = 0;
  for (;;) {
    const byte = d.peek(ahead);
    if (byte < 0) return false;
    if (byte === 0x41 || byte === 0x42 || byte >>> 5 === 3) return true;
    if (byte >>> 1 === 0x74 || byte >>> 1 === 0x75 || byte >>> 3 === 0x1c) return true;
    if (byte === 0x50) {
      ahead += 2;
    } else if (byte >>> 6 === 2) {
      ahead += 1 + ((byte & 0x20) !== 0 ? 2 : 8) + ((byte & 0x10) !== 0 ? 2 : 8);
      if ((byte & 0x0f) === 0x0f) ahead++;
    } else if (byte >>> 3 === 0x18) {
      ahead += 4;
    } else {
      return false;
    }
  }
}

/** Interface identifiers of a frame's own addresses (RFC 4944, 6; RFC 6282, 3.2.2). */
export function identifiersOf(frame: WpanFrame, link: LinkIdentifiers): void {
  identifier(link.source, frame.sourceMode, frame.source16, frame.source64Hi, frame.source64Lo);
  identifier(
    link.destination,
    frame.destinationMode,
    frame.destination16,
    frame.destination64Hi,
    frame.destination64Lo,
  );
}

function identifier(id: Uint8Array, mode: number, short: number, hi: number, lo: number): void {
  if (mode !== WpanAddress.Extended) return shortIdentifier(id, short);
  for (let i = 0; i < 4; i++) {
    id[i] = hi >>> 24 - 8 * i;
    id[4 + i] = lo >>> 24 - 8 * i;
  }
  id[0] = id[0]! ^ 0x02;
}

function shortIdentifier(id: Uint8Array, short: number): void {
  id.fill(0);
  id[3] = 0xff;
  id[4] = 0xfe;
  id[6] = short >>> 8;
  id[7] = short;
}

/** The mesh addressing header (RFC 4944, 5.2); `link` gets the identifiers of its addresses. */
export function decodeMesh(d: Dissection, link: LinkIdentifiers): void {
  const at = d.pos;
  const header = d.u8();
  if (d.failed !== 0) return;
  d.push();
  d.put(F["6lowpan.pattern"], header >>> 6, at, 1);
  d.putFlag(F["6lowpan.mesh.v"], header, 0x20, at, 1);
  d.putFlag(F["6lowpan.mesh.f"], header, 0x10, at, 1);
  d.put(F["6lowpan.mesh.hops"], header & 0xf, at, 1);
  if ((header & 0xf) === 0xf) d.u8(F["6lowpan.mesh.hops8"]);
  const wideSource = (header & 0x20) === 0;
  meshAddress(
    d,
    wideSource ? F["6lowpan.mesh.orig64"] : F["6lowpan.mesh.orig16"],
    wideSource,
    link.source,
  );
  const wide = (header & 0x10) === 0;
  meshAddress(
    d,
    wide ? F["6lowpan.mesh.dest64"] : F["6lowpan.mesh.dest16"],
    wide,
    link.destination,
  );
  d.pop();
}

function meshAddress(d: Dissection, field: number, wide: boolean, id: Uint8Array): void {
  const at = d.pos;
  if (!wide) return shortIdentifier(id, d.u16(field));
  d.uint(8, field);
  if (d.failed !== 0) return;
  for (let i = 0; i < 8; i++) id[i] = d.data[at + i]!;
  id[0] = id[0]! ^ 0x02;
}

/** The broadcast header LOWPAN_BC0 (RFC 4944, 11.1). */
export function decodeBroadcast(d: Dissection): void {
  d.push();
  d.u8(F["6lowpan.pattern"]);
  d.u8(F["6lowpan.bcast.seqnum"]);
  d.pop();
}

/** FRAG1 or FRAGN (RFC 4944, 5.3). */
export function decodeFragmentHeader(d: Dissection, header: FragmentHeader): void {
  const at = d.pos;
  const value = d.u16();
  header.size = value & 0x7ff;
  header.first = value >>> 11 === 0x18;
  d.push();
  if (d.failed === 0) {
    d.put(F["6lowpan.pattern"], value >>> 11, at, 1);
    d.put(F["6lowpan.frag.size"], header.size, at, 2);
  }
  header.tag = d.u16(F["6lowpan.frag.tag"]);
  header.offset = 0;
  header.length = 0;
  if (!header.first) {
    const offsetAt = d.pos;
    header.offset = d.u8() * 8;
    if (d.failed === 0) d.put(F["6lowpan.frag.offset"], header.offset, offsetAt, 1);
  }
  d.pop();
}

/** RFRAG (RFC 8931, 5.1); size and offset are of the compressed datagram. */
export function decodeRecoverableHeader(d: Dissection, header: FragmentHeader): void {
  const at = d.pos;
  const dispatch = d.u8();
  if (d.failed !== 0) return;
  d.push();
  d.put(F["6lowpan.pattern"], dispatch >>> 1, at, 1);
  d.putFlag(F["6lowpan.rfrag.congestion"], dispatch, 1, at, 1);
  header.tag = d.u8(F["6lowpan.rfrag.tag"]);
  const value = d.u16();
  if (d.failed === 0) {
    d.putFlag(F["6lowpan.rfrag.ack_requested"], value, 0x8000, at + 2, 2);
    d.put(F["6lowpan.rfrag.sequence"], value >>> 10 & 0x1f, at + 2, 2);
    d.put(F["6lowpan.rfrag.size"], value & 0x3ff, at + 2, 2);
  }
  header.first = (value >>> 10 & 0x1f) === 0;
  header.length = value & 0x3ff;
  header.size = header.first ? d.u16(F["6lowpan.rfrag.datagram_size"]) : 0;
  header.offset = header.first ? 0 : d.u16(F["6lowpan.rfrag.offset"]);
  d.pop();
}

/** RFRAG-ACK (RFC 8931, 5.2): nothing follows it. */
export function decodeRecoverableAck(d: Dissection): void {
  const at = d.pos;
  const dispatch = d.u8();
  if (d.failed !== 0) return;
  d.push();
  d.put(F["6lowpan.pattern"], dispatch >>> 1, at, 1);
  d.putFlag(F["6lowpan.rfrag.congestion"], dispatch, 1, at, 1);
  d.u8(F["6lowpan.rfrag.tag"]);
  d.u32(F["6lowpan.rfrag.ack_bitmask"]);
  d.pop();
}

/** The page switch and the routing headers behind it (RFC 8025; RFC 8138), in brief. */
export function decodePage(d: Dissection): void {
  const at = d.pos;
  d.put(F["6lowpan.pagenb"], d.u8() & 0xf, at, 1);
  while (d.failed === 0 && d.has(2)) {
    const here = d.pos;
    const header = d.peek16();
    const kind = header >>> 13;
    if (kind !== 4 && kind !== 5) return;
    d.put(F["6lowpan.routingheader"], kind, here, 1);
    d.put(F["6lowpan.rhtype"], header & 0xff, here, 2);
    d.skip(2);
    d.skip(routingLength(header));
  }
}

/** Bytes behind the first two of a routing header (RFC 8138, 4 to 7). */
function routingLength(header: number): number {
  const type = header & 0xff;
  const size = header >>> 8 & 0x1f;
  if (header >>> 13 === 5) return type === 15 ? (size + 1) * 4 : size;
  if (type <= 4) return (size + 1) * (1 << type);
  return ((size & 0x02) !== 0 ? 0 : 1) + ((size & 0x01) !== 0 ? 1 : 2);
}
