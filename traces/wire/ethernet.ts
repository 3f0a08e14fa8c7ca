/**
 * Ethernet: Ethernet II, IEEE 802.3 length frames, VLAN tags (IEEE 802.1Q and 802.1ad), and what is
 * left behind the payload (padding to 60 bytes, trailer, frame check sequence).
 *
 * IEEE 802.3-2018, clause 3; IEEE 802.1Q-2018, clause 9.
 *
 * @module
 */
import { colonText } from "./address_text.ts";
import type { Dissection } from "./dissection.ts";
import {
  boolean,
  bytes,
  define,
  ether,
  hex16,
  hex32,
  none,
  protocol,
  uint16,
  uint8,
} from "./field.ts";
import { EtherType } from "./ethertype.ts";
import { rule } from "./problem.ts";

const ETH = protocol("eth", "Ethernet", "Ethernet");
const VLAN = protocol("vlan", "VLAN", "802.1Q Virtual LAN");
const PROVIDER_VLAN = protocol("ieee8021ad", "802.1ad", "IEEE 802.1ad");

const F = define({
  "eth.dst": ether("Destination"),
  "eth.addr": ether("Address"),
  "eth.lg": boolean("Locally administered"),
  "eth.ig": boolean("Group address"),
  "eth.dst.lg": boolean("Locally administered"),
  "eth.dst.ig": boolean("Group address"),
  "eth.src": ether("Source"),
  "eth.src.lg": boolean("Locally administered"),
  "eth.src.ig": boolean("Group address"),
  "eth.type": hex16("Type"),
  "eth.len": uint16("Length", { unit: " bytes" }),
  "eth.invalid_lentype": hex16("Invalid length/type"),
  "eth.padding": bytes("Padding"),
  "eth.trailer": bytes("Trailer"),
  "eth.fcs": hex32("Frame check sequence"),
  "eth.fcs.status": uint8("Frame check sequence status"),
  "vlan.priority": uint16("Priority"),
  "vlan.dei": boolean("Drop eligible"),
  "vlan.id": uint16("VLAN identifier"),
  "vlan.etype": hex16("Type"),
  "vlan.len": uint16("Length", { unit: " bytes" }),
  "vlan.trailer": bytes("Trailer"),
  "vlan.too_many_tags": none("VLAN tags nested too deep"),
  "ieee8021ad.priority": uint16("Priority"),
  "ieee8021ad.dei": uint16("Drop eligible"),
  "ieee8021ad.id": uint16("VLAN identifier"),
  "ieee8021ad.svid": uint16("Service VLAN identifier"),
  "ieee8021ad.cvid": uint16("Customer VLAN identifier"),
});

const GROUP_SOURCE = rule("eth", "warning", "source is a group address", "IEEE 802.3, 3.2.3");
const BAD_TYPE = rule("eth", "error", "length/type is neither", "IEEE 802.3, 3.2.6");
const PAST_END = rule("eth", "error", "length goes beyond the frame", "IEEE 802.3, 3.2.6");
const MANY_TAGS = rule("vlan", "warning", "too many VLAN tags", "IEEE 802.1Q, 9");

const HEADER = 14;
/** Longest length in a length/type field (IEEE 802.3, 3.2.6). */
const MAX_LENGTH = 1500;
/** Least length/type value that is a type. */
const MIN_TYPE = 1536;
/** A frame is padded to this length, without FCS (IEEE 802.3, 4.2.3.3). */
const MIN_FRAME = 60;
/** Nested tags beyond this are not decoded. */
const MAX_TAGS = 20;
const FCS = 4;

/** Reads the header. @returns what follows: an `EtherType`, or -1 for nothing that can be read */
export function decodeEthernet(d: Dissection, fcsLength = -1): number {
  const at = d.pos;
  d.lengthOf(d.layer(ETH), HEADER);
  if (!d.has(HEADER)) {
    d.skip(HEADER);
    return -1;
  }
  const { data } = d;
  const type = data[at + 12]! << 8 | data[at + 13]!;
  if (type >= MIN_TYPE && fcsLength <= 0 && !d.columns && !d.wants(ETH)) {
    if ((data[at + 6]! & 1) !== 0) d.problem(GROUP_SOURCE, at + 6);
    d.pos = at + HEADER;
    return type;
  }
  d.bytes(6, F["eth.dst"]);
  putAddress(d, at, F["eth.dst.lg"], F["eth.dst.ig"]);
  d.bytes(6, F["eth.src"]);
  putAddress(d, at + 6, F["eth.src.lg"], F["eth.src.ig"]);
  if (d.columns) {
    d.sourceColumn = colonText(data, at + 6, 6);
    d.destinationColumn = colonText(data, at, 6);
    d.protocolColumn = "Ethernet";
    d.infoColumn = "Ethernet II";
  }
  if ((data[at + 6]! & 1) !== 0) d.problem(GROUP_SOURCE, at + 6);
  if (type >= MIN_TYPE || type === 0) {
    d.u16(F["eth.type"]);
    return putTrailer(d, at, type, F["eth.trailer"], fcsLength);
  }
  if (type > MAX_LENGTH) {
    d.problem(BAD_TYPE, d.pos);
    d.u16(F["eth.invalid_lentype"]);
    return EtherType.Data;
  }
  d.u16(F["eth.len"]);
  return decodeLength(d, at, type, F["eth.trailer"], fcsLength);
}

/** Reads a VLAN tag behind its type `tag`; `start` is where the Ethernet header begins. */
export function decodeVlan(d: Dissection, tag: number, start: number): number {
  const provider = tag === EtherType.ProviderVlan;
  const at = d.pos;
  d.lengthOf(d.layer(provider ? PROVIDER_VLAN : VLAN), 4);
  if (d.columns) {
    d.protocolColumn = provider ? "802.1ad" : "VLAN";
    d.infoColumn = "";
  }
  if (tags(d) > MAX_TAGS) {
    d.putNone(F["vlan.too_many_tags"]);
    d.problem(MANY_TAGS);
    return -1;
  }
  const control = d.u16();
  if (d.failed !== 0) return -1;
  if (provider) return decodeProvider(d, at, control, start);
  d.put(F["vlan.priority"], control >> 13, at, 2);
  d.putFlag(F["vlan.dei"], control, 0x1000, at, 2);
  d.put(F["vlan.id"], control & 0xfff, at, 2);
  const type = d.peek16();
  if (type >= 0 && type <= MAX_LENGTH) {
    d.u16(F["vlan.len"]);
    return decodeLength(d, start, type, F["vlan.trailer"], 0);
  }
  d.u16(F["vlan.etype"]);
  return d.failed === 0 ? putTrailer(d, start, type, F["vlan.trailer"], 0) : -1;
}

function decodeProvider(d: Dissection, at: number, control: number, start: number): number {
  const type = d.u16();
  if (d.failed !== 0) return -1;
  const service = type === EtherType.ProviderVlan;
  d.put(F["ieee8021ad.priority"], control >> 13, at, 2);
  d.put(F["ieee8021ad.dei"], control >> 12 & 1, at, 2);
  d.put(service ? F["ieee8021ad.svid"] : F["ieee8021ad.id"], control & 0xfff, at, 2);
  if (!service) return putTrailer(d, start, type, F["eth.trailer"], 0);
  const inner = d.pos;
  const second = d.u16();
  if (d.failed !== 0) return -1;
  d.put(F["ieee8021ad.priority"], second >> 13, inner, 2);
  d.put(F["ieee8021ad.dei"], second >> 12 & 1, inner, 2);
  d.put(F["ieee8021ad.cvid"], second & 0xfff, inner, 2);
  const next = d.u16();
  return d.failed === 0 ? putTrailer(d, start, next, F["eth.trailer"], 0) : -1;
}

function tags(d: Dissection): number {
  let count = 0;
  for (let i = 0; i < d.layerCount; i++) if (d.layers[i] === VLAN) count++;
  return count;
}

function putAddress(d: Dissection, at: number, local: number, group: number): void {
  if (d.want[F["eth.addr"]] !== 0) d.putBytes(F["eth.addr"], at, 6);
  const first = d.data[at]!;
  d.push();
  d.putFlag(local, first, 2, at, 3);
  d.putFlag(F["eth.lg"], first, 2, at, 3);
  d.putFlag(group, first, 1, at, 3);
  d.putFlag(F["eth.ig"], first, 1, at, 3);
  d.pop();
}

/** A length/type field that is a length: LLC follows, unless it is Novell's "raw" form. */
function decodeLength(
  d: Dissection,
  start: number,
  length: number,
  trailer: number,
  fcsLength: number,
): number {
  const there = d.limit - d.pos;
  if (length > there) d.problem(PAST_END, d.pos - 2);
  else if (length < there) splitTrailer(d, start, d.pos + length, trailer, fcsLength);
  d.cutTo(length);
  return d.peek16() === 0xffff ? EtherType.Data : EtherType.Llc;
}

/** Writes what stands behind the payload, where its length is known already. */
function putTrailer(
  d: Dissection,
  start: number,
  type: number,
  trailer: number,
  fcsLength: number,
): number {
  if (wanted(d, trailer)) {
    const length = payloadLength(d, type);
    if (length >= 0) splitTrailer(d, start, d.pos + length, trailer, fcsLength);
  }
  if (fcsLength > 0) d.cutTo(Math.max(0, d.limit - d.pos - fcsLength));
  return type;
}

function wanted(d: Dissection, trailer: number): boolean {
  const { want } = d;
  return (want[trailer]! | want[F["eth.padding"]]! | want[F["eth.fcs"]]! |
    want[F["eth.fcs.status"]]!) !== 0;
}

/** Length that the payload states of itself, or -1. */
function payloadLength(d: Dissection, type: number): number {
  switch (type) {
    case EtherType.Ipv4:
      return d.peek() >> 4 === 4 && d.peek16(2) >= 20 ? d.peek16(2) : -1;
    case EtherType.Ipv6: {
      const length = d.peek16(4);
      return d.peek() >> 4 === 6 && length > 0 ? 40 + length : -1;
    }
    case EtherType.Arp:
      return d.has(8) ? 8 + 2 * (d.peek(4) + d.peek(5)) : -1;
    default:
      return -1;
  }
}

/**
 * Writes the bytes from `end` on. Zeros up to the least frame length are padding; whether the last
 * four bytes are an FCS is known from the file (`fcsLength`) or, when it is -1, supposed for frames
 * that are long enough to have one.
 */
function splitTrailer(
  d: Dissection,
  start: number,
  end: number,
  trailer: number,
  fcsLength: number,
): void {
  let at = end;
  if (at >= d.end) return;
  const total = d.limit - start;
  const unpadded = at - start;
  if (total >= MIN_FRAME && unpadded < MIN_FRAME) {
    const padding = MIN_FRAME - unpadded;
    if (at + padding <= d.end && zeros(d.data, at, padding)) {
      d.putBytes(F["eth.padding"], at, padding);
      at += padding;
    }
  }
  const left = d.limit - at;
  const checked = fcsLength === FCS || (fcsLength !== 0 && total >= 64 && left >= FCS);
  const last = checked ? Math.min(d.end, d.limit - FCS) : d.end;
  if (last > at) d.putBytes(trailer, at, last - at);
  if (checked && d.limit <= d.end && left >= FCS) putFcs(d, d.limit - FCS);
}

function putFcs(d: Dissection, at: number): void {
  const { data } = d;
  const value = data[at]! << 24 | data[at + 1]! << 16 | data[at + 2]! << 8 | data[at + 3]!;
  d.put(F["eth.fcs"], value >>> 0, at, 4);
  d.put(F["eth.fcs.status"], 2, at, 0);
}

function zeros(data: Uint8Array, at: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (data[at + i] !== 0) return false;
  return true;
}
