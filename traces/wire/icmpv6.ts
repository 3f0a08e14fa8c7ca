/**
 * ICMPv6 (RFC 4443) and neighbour discovery (RFC 4861), in brief.
 *
 * @module
 */
import { ipv6Text } from "./address_text.ts";
import { addChecksum } from "./checksum.ts";
import { decodeData } from "./data.ts";
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
import { hexText } from "./hex_text.ts";
import { rule } from "./problem.ts";

const ICMPV6 = protocol("icmpv6", "ICMPv6", "Internet Control Message Protocol v6");

const TYPES: Readonly<Record<number, string>> = {
  1: "Destination Unreachable",
  2: "Packet Too Big",
  3: "Time Exceeded",
  4: "Parameter Problem",
  128: "Echo (ping) request",
  129: "Echo (ping) reply",
  130: "Multicast Listener Query",
  131: "Multicast Listener Report",
  132: "Multicast Listener Done",
  133: "Router Solicitation",
  134: "Router Advertisement",
  135: "Neighbor Solicitation",
  136: "Neighbor Advertisement",
  137: "Redirect",
  139: "Node Information Query",
  140: "Node Information Reply",
  143: "Multicast Listener Report Message v2",
  155: "RPL Control",
};

const OPTIONS = {
  1: "Source link-layer address",
  2: "Target link-layer address",
  3: "Prefix information",
  4: "Redirected header",
  5: "MTU",
  25: "Recursive DNS server",
};

const F = define({
  "icmpv6.type": uint8("Type", { names: TYPES }),
  "icmpv6.code": uint8("Code"),
  "icmpv6.checksum": hex16("Checksum"),
  "icmpv6.checksum.status": uint8("Checksum status"),
  "icmpv6.echo.identifier": hex16("Identifier"),
  "icmpv6.echo.sequence_number": uint16("Sequence"),
  "icmpv6.reserved": bytes("Reserved"),
  "icmpv6.mtu": uint32("MTU", { unit: " bytes" }),
  "icmpv6.nd.ra.cur_hop_limit": uint8("Hop limit"),
  "icmpv6.nd.ra.flag": hex8("Flags"),
  "icmpv6.nd.ra.flag.m": boolean("Managed addresses"),
  "icmpv6.nd.ra.flag.o": boolean("Other configuration"),
  "icmpv6.nd.ra.router_lifetime": uint16("Router lifetime", { unit: " seconds" }),
  "icmpv6.nd.ra.reachable_time": uint32("Reachable time", { unit: " ms" }),
  "icmpv6.nd.ra.retrans_timer": uint32("Retransmission timer", { unit: " ms" }),
  "icmpv6.nd.ns.target_address": ipv6("Target"),
  "icmpv6.nd.na.flag": hex32("Flags"),
  "icmpv6.nd.na.flag.r": boolean("Router"),
  "icmpv6.nd.na.flag.s": boolean("Solicited"),
  "icmpv6.nd.na.flag.o": boolean("Override"),
  "icmpv6.nd.na.target_address": ipv6("Target"),
  "icmpv6.nd.rd.target_address": ipv6("Target"),
  "icmpv6.opt": none("Option"),
  "icmpv6.opt.type": uint8("Type", { names: OPTIONS }),
  "icmpv6.opt.length": uint8("Length", { unit: " units of 8 bytes" }),
});

const BAD_CHECKSUM = rule("icmpv6", "error", "checksum is wrong", "RFC 4443, 2.3");
const BAD_OPTION = rule("icmpv6", "error", "option has length zero", "RFC 4861, 4.6");

const ICMPV6_NUMBER = 58;

const Type = {
  PacketTooBig: 2,
  LastError: 4,
  Echo: 128,
  EchoReply: 129,
  RouterSolicitation: 133,
  RouterAdvertisement: 134,
  NeighborSolicitation: 135,
  NeighborAdvertisement: 136,
  Redirect: 137,
};

const CONTEXT_OPTION = 34;

/** Is told of a context for compressed addresses: its number, its prefix, 16 bytes, and bits of that. */
export type ContextListener = (
  d: Dissection,
  id: number,
  prefix: Uint8Array,
  length: number,
) => void;

/**
 * Reads a message.
 *
 * @param addresses where in `packet` source and destination stand, for the checksum; -1 when it
 *   can't be verified
 * @returns true when the cursor stands before the packet that an error message quotes
 */
export function decodeIcmpv6(
  d: Dissection,
  packet: Uint8Array,
  addresses: number,
  contexts?: ContextListener,
): boolean {
  const at = d.pos;
  d.layer(ICMPV6);
  const type = d.u8(F["icmpv6.type"]);
  d.u8(F["icmpv6.code"]);
  if (d.columns) {
    d.protocolColumn = "ICMPv6";
    d.infoColumn = TYPES[type] ?? `Unknown (${type})`;
  }
  d.u16(F["icmpv6.checksum"]);
  if (d.failed !== 0) return false;
  verify(d, at, packet, d.end === d.limit ? addresses : -1);
  if (type >= 1 && type <= Type.LastError) {
    if (type === Type.PacketTooBig) d.u32(F["icmpv6.mtu"]);
    else d.bytes(4, F["icmpv6.reserved"]);
    return d.failed === 0;
  }
  readMessage(d, type, contexts);
  return false;
}

function readMessage(d: Dissection, type: number, contexts: ContextListener | undefined): void {
  switch (type) {
    case Type.Echo:
    case Type.EchoReply:
      return readEcho(d);
    case Type.RouterSolicitation:
      d.bytes(4, F["icmpv6.reserved"]);
      return readOptions(d);
    case Type.RouterAdvertisement:
      readRouterAdvertisement(d);
      return readOptions(d, contexts);
    case Type.NeighborSolicitation:
      d.bytes(4, F["icmpv6.reserved"]);
      target(d, "for", F["icmpv6.nd.ns.target_address"]);
      return readOptions(d);
    case Type.NeighborAdvertisement:
      readNeighborFlags(d);
      target(d, "", F["icmpv6.nd.na.target_address"]);
      return readOptions(d);
    case Type.Redirect:
      d.bytes(4, F["icmpv6.reserved"]);
      d.bytes(16, F["icmpv6.nd.rd.target_address"]);
      d.skip(16);
      return readOptions(d);
  }
}

function readEcho(d: Dissection): void {
  const identifier = d.u16(F["icmpv6.echo.identifier"]);
  const sequence = d.u16(F["icmpv6.echo.sequence_number"]);
  if (d.columns) {
    d.infoColumn += ` id=${hexText(identifier, 4)}, seq=${sequence}`;
  }
  if (d.failed === 0) decodeData(d);
}

function readRouterAdvertisement(d: Dissection): void {
  d.u8(F["icmpv6.nd.ra.cur_hop_limit"]);
  const at = d.pos;
  const flags = d.u8(F["icmpv6.nd.ra.flag"]);
  d.push();
  d.putFlag(F["icmpv6.nd.ra.flag.m"], flags, 0x80, at, 1);
  d.putFlag(F["icmpv6.nd.ra.flag.o"], flags, 0x40, at, 1);
  d.pop();
  d.u16(F["icmpv6.nd.ra.router_lifetime"]);
  d.u32(F["icmpv6.nd.ra.reachable_time"]);
  d.u32(F["icmpv6.nd.ra.retrans_timer"]);
}

function readNeighborFlags(d: Dissection): void {
  const at = d.pos;
  const flags = d.u32(F["icmpv6.nd.na.flag"]) >>> 24;
  d.push();
  d.putFlag(F["icmpv6.nd.na.flag.r"], flags, 0x80, at, 4);
  d.putFlag(F["icmpv6.nd.na.flag.s"], flags, 0x40, at, 4);
  d.putFlag(F["icmpv6.nd.na.flag.o"], flags, 0x20, at, 4);
  d.pop();
}

function target(d: Dissection, word: string, field: number): void {
  const at = d.pos;
  d.bytes(16, field);
  if (!d.columns || d.failed !== 0) return;
  d.infoColumn += `${word === "" ? "" : ` ${word}`} ${ipv6Text(d.data, at)}`;
}

function readOptions(d: Dissection, contexts?: ContextListener): void {
  while (d.pos < d.end && d.failed === 0) {
    const at = d.pos;
    const entry = d.putNone(F["icmpv6.opt"]);
    d.push();
    const type = d.u8(F["icmpv6.opt.type"]);
    const units = d.u8(F["icmpv6.opt.length"]);
    if (units === 0) {
      if (d.failed === 0) d.problem(BAD_OPTION, at);
      d.pos = d.end;
    } else {
      d.skip(units * 8 - 2);
      if (type === CONTEXT_OPTION && d.failed === 0) readContext(d, at, units, contexts);
    }
    d.pop();
    d.lengthOf(entry, d.pos - at);
  }
}

/** 6LoWPAN context option (RFC 6775, 4.2). */
function readContext(
  d: Dissection,
  at: number,
  units: number,
  contexts: ContextListener | undefined,
): void {
  if (contexts === undefined || units > 3) return;
  const prefix = new Uint8Array(16);
  prefix.set(d.data.subarray(at + 8, d.pos));
  contexts(d, d.data[at + 3]! & 0xf, prefix, d.data[at + 2]!);
}

/** The pseudo header of RFC 8200, 8.1 counts in. */
function verify(d: Dissection, at: number, packet: Uint8Array, addresses: number): void {
  let status = 2;
  if (addresses >= 0) {
    const length = d.end - at;
    const pseudo = addChecksum(packet, addresses, 32, (length >>> 16) + (length & 0xffff));
    const good = addChecksum(d.data, at, length, pseudo + ICMPV6_NUMBER) === 0xffff;
    if (!good) d.problem(BAD_CHECKSUM, at + 2);
    status = good ? 1 : 0;
  }
  d.put(F["icmpv6.checksum.status"], status, at + 2, 0);
}
