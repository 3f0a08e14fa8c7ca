/**
 * Linux "cooked" captures, version 1 (LINKTYPE_LINUX_SLL, 113) and 2 (LINKTYPE_LINUX_SLL2, 276).
 *
 * tcpdump.org, link-layer header types.
 *
 * @module
 */
import { colonText, ipv4Text } from "./address_text.ts";
import type { Dissection } from "./dissection.ts";
import { EtherType } from "./ethertype.ts";
import { bytes, define, ether, hex16, ipv4, protocol, uint16, uint32 } from "./field.ts";

const SLL = protocol("sll", "SLL", "Linux cooked capture");

const PACKET_TYPES = {
  0: "Unicast to us",
  1: "Broadcast",
  2: "Multicast",
  3: "Unicast to another host",
  4: "Sent by us",
};

const F = define({
  "sll.pkttype": uint16("Packet type", { names: PACKET_TYPES }),
  "sll.hatype": uint16("Link-layer address type"),
  "sll.halen": uint16("Link-layer address length"),
  "sll.src.eth": ether("Source"),
  "sll.src.ipv4": ipv4("Source"),
  "sll.src.other": bytes("Source"),
  "sll.unused": bytes("Unused"),
  "sll.etype": hex16("Protocol"),
  "sll.ltype": hex16("Protocol"),
  "sll.gretype": hex16("Protocol"),
  "sll.ifindex": uint32("Interface index"),
});

const ADDRESS = 8;
/** Numbers up to this are Linux's own, not EtherTypes (linux/if_ether.h). */
const MAX_LINUX_TYPE = 1536;
const LINUX_802_2 = 4;
/** ARPHRD of GRE tunnels. */
const IPGRE = 778;

/** Reads a version 1 header. @returns the `EtherType` of what follows, -1 for nothing */
export function decodeSll(d: Dissection): number {
  const start = d.pos;
  const entry = d.layer(SLL);
  const packetType = d.u16(F["sll.pkttype"]);
  const hardware = d.u16(F["sll.hatype"]);
  columns(d, packetType);
  readAddress(d, 2);
  const next = readProtocol(d, hardware);
  d.lengthOf(entry, d.pos - start);
  return d.failed === 0 ? next : -1;
}

/** Reads a version 2 header. @returns the `EtherType` of what follows, -1 for nothing */
export function decodeSll2(d: Dissection): number {
  const start = d.pos;
  const entry = d.layer(SLL);
  const hardware = d.has(10) ? d.peek16(8) : 0;
  const next = readProtocol(d, hardware);
  d.skip(2);
  d.u32(F["sll.ifindex"]);
  d.u16(F["sll.hatype"]);
  columns(d, d.u8(F["sll.pkttype"]));
  readAddress(d, 1);
  d.lengthOf(entry, d.pos - start);
  return d.failed === 0 ? next : -1;
}

function columns(d: Dissection, packetType: number): void {
  if (!d.columns) return;
  d.protocolColumn = "SLL";
  d.infoColumn = PACKET_TYPES[packetType as keyof typeof PACKET_TYPES] ?? `Unknown (${packetType})`;
}

function readAddress(d: Dissection, lengthSize: number): void {
  const length = d.uint(lengthSize, F["sll.halen"]);
  const at = d.pos;
  const used = Math.min(length, ADDRESS);
  if (used > 0) d.bytes(used, addressField(length));
  if (used < ADDRESS) d.bytes(ADDRESS - used, F["sll.unused"]);
  if (!d.columns || d.failed !== 0) return;
  if (length === 6) d.sourceColumn = colonText(d.data, at, 6);
  else if (length === 4) d.sourceColumn = ipv4Text(d.data, at);
}

function addressField(length: number): number {
  if (length === 6) return F["sll.src.eth"];
  return length === 4 ? F["sll.src.ipv4"] : F["sll.src.other"];
}

function readProtocol(d: Dissection, hardware: number): number {
  const type = d.peek16();
  if (type <= MAX_LINUX_TYPE) {
    d.u16(F["sll.ltype"]);
    return type === LINUX_802_2 ? EtherType.Llc : EtherType.Data;
  }
  d.u16(hardware === IPGRE ? F["sll.gretype"] : F["sll.etype"]);
  return type;
}
