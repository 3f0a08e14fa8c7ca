/**
 * IPv6 extension headers: hop-by-hop and destination options, routing, fragment (RFC 8200, 4), and
 * the first fields of the mobility header (RFC 6275, 6.1).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import {
  boolean,
  bytes,
  define,
  hex16,
  hex32,
  hex8,
  ipv6,
  none,
  protocol,
  uint16,
  uint32,
  uint8,
} from "./field.ts";
import { IP_PROTOCOLS } from "./ip_protocol.ts";
import { rule } from "./problem.ts";

const HOP_BY_HOP = protocol("ipv6.hopopts", "IPv6 Hop-by-Hop", "IPv6 Hop-by-Hop Options");
const DESTINATION = protocol("ipv6.dstopts", "IPv6 Destination", "IPv6 Destination Options");
const ROUTING = protocol("ipv6.routing", "IPv6 Routing", "IPv6 Routing Header");
const FRAGMENT = protocol("ipv6.fraghdr", "IPv6 Fragment", "IPv6 Fragment Header");
const MOBILITY = protocol("mipv6", "MIPv6", "Mobile IPv6");

const names = { names: IP_PROTOCOLS };
const F = define({
  "ipv6.hopopts.nxt": uint8("Next header", names),
  "ipv6.hopopts.len": uint8("Length"),
  "ipv6.hopopts.len_oct": uint16("Length", { unit: " bytes" }),
  "ipv6.dstopts.nxt": uint8("Next header", names),
  "ipv6.dstopts.len": uint8("Length"),
  "ipv6.dstopts.len_oct": uint16("Length", { unit: " bytes" }),
  "ipv6.opt": none("Option"),
  "ipv6.opt.type": hex8("Type"),
  "ipv6.opt.length": uint8("Length"),
  "ipv6.opt.pad1": none("Pad1"),
  "ipv6.opt.padn": bytes("PadN"),
  "ipv6.opt.router_alert": uint16("Router alert"),
  "ipv6.opt.jumbo": uint32("Jumbo payload length", { unit: " bytes" }),
  "ipv6.opt.mipv6.home_address": ipv6("Home address"),
  "ipv6.opt.unknown": bytes("Unknown option"),
  "ipv6.routing.nxt": uint8("Next header", names),
  "ipv6.routing.len": uint8("Length"),
  "ipv6.routing.len_oct": uint16("Length", { unit: " bytes" }),
  "ipv6.routing.type": uint8("Type"),
  "ipv6.routing.segleft": uint8("Segments left"),
  "ipv6.routing.src.reserved": bytes("Reserved"),
  "ipv6.routing.src.addr": ipv6("Address"),
  "ipv6.routing.mipv6.reserved": bytes("Reserved"),
  "ipv6.routing.mipv6.home_address": ipv6("Home address"),
  "ipv6.routing.unknown_data": bytes("Data of the type"),
  "ipv6.fraghdr.nxt": uint8("Next header", names),
  "ipv6.fraghdr.reserved_octet": hex8("Reserved"),
  "ipv6.fraghdr.offset": uint16("Offset"),
  "ipv6.fraghdr.reserved_bits": uint16("Reserved"),
  "ipv6.fraghdr.more": boolean("More fragments"),
  "ipv6.fraghdr.ident": hex32("Identification"),
  "mip6.proto": uint8("Payload protocol", names),
  "mip6.hlen": uint8("Header length"),
  "mip6.mhtype": uint8("Mobility header type"),
  "mip6.reserved": hex8("Reserved"),
  "mip6.csum": hex16("Checksum"),
});

const OPTION_LONG = rule("ipv6", "error", "option goes beyond its header", "RFC 8200, 4.2");
const DEPRECATED = rule("ipv6", "warning", "routing header of type 0 is deprecated", "RFC 5095, 3");

const Option = { Pad1: 0, PadN: 1, RouterAlert: 5, Jumbo: 0xc2, HomeAddress: 0xc9 };

/** What extension headers change for what follows; one object serves all packets. */
export class Ipv6Chain {
  /** Where in `d.data` the address stands that the sender is known by, -1 for the header's. */
  sourceAt = -1;
  /** Where in `d.data` the address stands to which a route leads, -1 for the header's. */
  destinationAt = -1;
  fragmentOffset = 0;
  moreFragments = false;
  identification = 0;
}

/** Reads an options header. @returns the next header, -1 when it can't be read */
export function decodeOptions(d: Dissection, hopByHop: boolean, chain: Ipv6Chain): number {
  const at = d.pos;
  const entry = d.layer(hopByHop ? HOP_BY_HOP : DESTINATION);
  const next = d.u8(hopByHop ? F["ipv6.hopopts.nxt"] : F["ipv6.dstopts.nxt"]);
  const units = d.u8(hopByHop ? F["ipv6.hopopts.len"] : F["ipv6.dstopts.len"]);
  if (d.failed !== 0) return -1;
  const length = (units + 1) * 8;
  d.put(hopByHop ? F["ipv6.hopopts.len_oct"] : F["ipv6.dstopts.len_oct"], length, at + 1, 1);
  d.lengthOf(entry, length);
  const end = at + length;
  while (d.pos < end && d.failed === 0) readOption(d, end, chain);
  return d.failed === 0 ? next : -1;
}

function readOption(d: Dissection, end: number, chain: Ipv6Chain): void {
  const entry = d.putNone(F["ipv6.opt"]);
  const start = d.pos;
  d.push();
  const type = d.u8(F["ipv6.opt.type"]);
  if (type === Option.Pad1) {
    d.putNone(F["ipv6.opt.pad1"], start, 1);
  } else {
    const length = d.u8(F["ipv6.opt.length"]);
    const valueEnd = d.pos + length;
    if (valueEnd > end && d.failed === 0) d.problem(OPTION_LONG, start);
    readOptionValue(d, type, length, chain);
    if (d.failed === 0 && d.pos < valueEnd) d.skip(valueEnd - d.pos);
  }
  d.pop();
  d.lengthOf(entry, d.pos - start);
}

function readOptionValue(d: Dissection, type: number, length: number, chain: Ipv6Chain): void {
  switch (type) {
    case Option.PadN:
      if (length > 0) return d.bytes(length, F["ipv6.opt.padn"]);
      return d.putObject(F["ipv6.opt.padn"], "<none>");
    case Option.RouterAlert:
      d.u16(F["ipv6.opt.router_alert"]);
      return;
    case Option.Jumbo:
      d.u32(F["ipv6.opt.jumbo"]);
      return;
    case Option.HomeAddress:
      if (d.has(16)) chain.sourceAt = d.pos;
      return d.bytes(16, F["ipv6.opt.mipv6.home_address"]);
    default:
      return d.bytes(length, F["ipv6.opt.unknown"]);
  }
}

/** Reads a routing header. @returns the next header, -1 when it can't be read */
export function decodeRouting(d: Dissection, chain: Ipv6Chain): number {
  const at = d.pos;
  const entry = d.layer(ROUTING);
  const next = d.u8(F["ipv6.routing.nxt"]);
  const units = d.u8(F["ipv6.routing.len"]);
  if (d.failed !== 0) return -1;
  const length = (units + 1) * 8;
  d.put(F["ipv6.routing.len_oct"], length, at + 1, 1);
  d.lengthOf(entry, length);
  const type = d.u8(F["ipv6.routing.type"]);
  const left = d.u8(F["ipv6.routing.segleft"]);
  if (d.failed !== 0) return -1;
  d.narrow(length - 4);
  if (type === 0) readSourceRoute(d, units >> 1, left, chain);
  else if (type === 2) readHomeRoute(d, left, chain);
  else d.bytes(length - 4, F["ipv6.routing.unknown_data"]);
  d.widen();
  d.pos = d.failed === 0 ? at + length : d.end;
  return d.failed === 0 ? next : -1;
}

function readSourceRoute(d: Dissection, count: number, left: number, chain: Ipv6Chain): void {
  d.problem(DEPRECATED, d.pos - 2);
  d.bytes(4, F["ipv6.routing.src.reserved"]);
  for (let i = 0; i < count && d.failed === 0; i++) {
    if (i === count - 1 && left > 0 && d.has(16)) chain.destinationAt = d.pos;
    d.bytes(16, F["ipv6.routing.src.addr"]);
  }
}

function readHomeRoute(d: Dissection, left: number, chain: Ipv6Chain): void {
  d.bytes(4, F["ipv6.routing.mipv6.reserved"]);
  if (left > 0 && d.has(16)) chain.destinationAt = d.pos;
  d.bytes(16, F["ipv6.routing.mipv6.home_address"]);
}

/** Reads a fragment header. @returns the next header, -1 when it can't be read */
export function decodeFragment(d: Dissection, chain: Ipv6Chain): number {
  if (!d.has(8)) {
    d.skip(8);
    return -1;
  }
  d.lengthOf(d.layer(FRAGMENT), 8);
  const next = d.u8(F["ipv6.fraghdr.nxt"]);
  d.u8(F["ipv6.fraghdr.reserved_octet"]);
  const at = d.pos;
  const word = d.u16();
  d.put(F["ipv6.fraghdr.offset"], word >> 3, at, 2);
  d.put(F["ipv6.fraghdr.reserved_bits"], word >> 1 & 3, at, 2);
  d.put(F["ipv6.fraghdr.more"], word & 1, at, 2);
  chain.fragmentOffset = word & 0xfff8;
  chain.moreFragments = (word & 1) !== 0;
  chain.identification = d.u32(F["ipv6.fraghdr.ident"]);
  if (d.columns) {
    const more = chain.moreFragments ? "y" : "n";
    const ident = chain.identification.toString(16).padStart(8, "0");
    d.infoColumn =
      `IPv6 fragment (off=${chain.fragmentOffset} more=${more} ident=0x${ident} nxt=${next})`;
  }
  return next;
}

/** Reads the first fields of a mobility header; nothing follows it. */
export function decodeMobility(d: Dissection): void {
  const at = d.pos;
  const entry = d.layer(MOBILITY);
  if (d.columns) {
    d.protocolColumn = "MIPv6";
    d.infoColumn = "";
  }
  d.u8(F["mip6.proto"]);
  const units = d.u8(F["mip6.hlen"]);
  d.u8(F["mip6.mhtype"]);
  d.u8(F["mip6.reserved"]);
  d.u16(F["mip6.csum"]);
  d.lengthOf(entry, (units + 1) * 8);
  d.skip(Math.max(0, at + (units + 1) * 8 - d.pos));
}
