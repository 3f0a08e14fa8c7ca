/**
 * IPv6 header (RFC 8200, 3).
 *
 * @module
 */
import { ipv6Text } from "./address_text.ts";
import { decodeData } from "./data.ts";
import type { Dissection } from "./dissection.ts";
import {
  define,
  ether,
  hex24,
  hex32,
  ipv6,
  protocol,
  string,
  uint16,
  uint32,
  uint8,
} from "./field.ts";
import { IP_PROTOCOLS, IpProtocol } from "./ip_protocol.ts";
import { rule } from "./problem.ts";

const IPV6 = protocol("ipv6", "IPv6", "Internet Protocol Version 6");

const F = define({
  "ipv6.version": uint8("Version"),
  "ip.version": uint8("Version"),
  "ipv6.tclass": hex32("Traffic class"),
  "ipv6.tclass.dscp": uint32("Codepoint"),
  "ipv6.tclass.ecn": uint32("Congestion notification"),
  "ipv6.flow": hex24("Flow label"),
  "ipv6.plen": uint16("Payload length", { unit: " bytes" }),
  "ipv6.nxt": uint8("Next header", { names: IP_PROTOCOLS }),
  "ipv6.hlim": uint8("Hop limit"),
  "ipv6.src": ipv6("Source"),
  "ipv6.addr": ipv6("Source or destination"),
  "ipv6.src_host": string("Source host"),
  "ipv6.host": string("Source or destination host"),
  "ipv6.src_slaac_mac": ether("Source's hardware address"),
  "ipv6.dst": ipv6("Destination"),
  "ipv6.dst_host": string("Destination host"),
  "ipv6.dst_slaac_mac": ether("Destination's hardware address"),
});

const BAD_VERSION = rule("ipv6", "error", "version is not 6", "RFC 8200, 3");
const LONG = rule("ipv6", "error", "payload length is more than the frame holds", "RFC 8200, 3");
const ZERO = rule("ipv6", "note", "payload length is zero", "RFC 8200, 3; RFC 2675");

const HEADER = 40;

/** What the header says; one object serves all packets. */
export class Ipv6Header {
  next = 0;
  hopLimit = 0;
  /** Bytes behind the header; as stated, or, when stated as zero, as there are. */
  payloadLength = 0;
  /** Where the addresses stand in `d.data`. */
  addressesAt = 0;
}

/**
 * Reads the fixed header and cuts the layer to the payload length.
 *
 * @param quoted it is part of an ICMP error, which rarely holds the whole packet
 * @returns false when what follows can't be read
 */
export function decodeIpv6(d: Dissection, h: Ipv6Header, quoted: boolean): boolean {
  const at = d.pos;
  d.lengthOf(d.layer(IPV6), HEADER);
  if (d.columns) {
    d.protocolColumn = "IPv6";
    d.infoColumn = "";
  }
  const version = d.peek() >> 4;
  if (version >= 0) {
    d.put(F["ipv6.version"], version, at, 1);
    d.put(F["ip.version"], version, at, 1);
  }
  if (version !== 6 && version >= 0) {
    d.problem(BAD_VERSION, at);
    if (d.columns) d.infoColumn = `Bogus IPv6 version (${version}, must be 6)`;
    d.layerCount--;
    decodeData(d);
    return false;
  }
  const first = d.u32();
  if (d.failed !== 0) return false;
  putClass(d, first, at);
  readLength(d, h, at);
  h.next = d.u8(F["ipv6.nxt"]);
  h.hopLimit = d.u8(F["ipv6.hlim"]);
  h.addressesAt = d.pos;
  if (!readAddress(d, F["ipv6.src"], F["ipv6.src_host"])) return false;
  if (d.columns) d.sourceColumn = ipv6Text(d.data, at + 8);
  if (!readAddress(d, F["ipv6.dst"], F["ipv6.dst_host"])) return false;
  if (d.columns) d.destinationColumn = ipv6Text(d.data, at + 24);
  const { want } = d;
  if (want[F["ipv6.src_slaac_mac"]] !== 0) putHardware(d, F["ipv6.src_slaac_mac"], at + 16);
  if (want[F["ipv6.dst_slaac_mac"]] !== 0) putHardware(d, F["ipv6.dst_slaac_mac"], at + 32);
  const there = d.limit - d.pos;
  if (h.payloadLength > there) {
    if (!quoted) d.problem(LONG, at + 4);
  } else {
    d.cutTo(h.payloadLength);
  }
  return true;
}

function putClass(d: Dissection, first: number, at: number): void {
  d.put(F["ipv6.tclass"], first >>> 20 & 0xff, at, 4);
  d.push();
  d.put(F["ipv6.tclass.dscp"], first >>> 22 & 0x3f, at, 4);
  d.put(F["ipv6.tclass.ecn"], first >>> 20 & 3, at, 4);
  d.pop();
  d.put(F["ipv6.flow"], first & 0xfffff, at + 1, 3);
}

/** A zero length stands for a jumbogram (RFC 2675) or for a segment not yet cut up. */
function readLength(d: Dissection, h: Ipv6Header, at: number): void {
  const length = d.u16();
  h.payloadLength = length;
  if (length === 0) {
    const next = d.peek();
    h.payloadLength = d.limit - at - HEADER;
    if (next !== IpProtocol.HopByHop && next !== IpProtocol.NoNext) d.problem(ZERO, at + 4);
  }
  d.put(F["ipv6.plen"], length, at + 4, 2);
}

function readAddress(d: Dissection, field: number, host: number): boolean {
  const at = d.pos;
  d.bytes(16, field);
  if (d.failed !== 0) return false;
  const { data, want } = d;
  if (want[F["ipv6.addr"]] !== 0) d.putBytes(F["ipv6.addr"], at, 16);
  if (want[host] !== 0) d.putObject(host, ipv6Text(data, at));
  if (want[F["ipv6.host"]] !== 0) d.putObject(F["ipv6.host"], ipv6Text(data, at));
  return true;
}

/** Interface identifiers made of EUI-48 addresses (RFC 4291, appendix A). */
function putHardware(d: Dissection, field: number, at: number): void {
  const { data } = d;
  if ((data[at]! & 2) === 0 || data[at + 3] !== 0xff || data[at + 4] !== 0xfe) return;
  const address = new Uint8Array(6);
  address.set(data.subarray(at, at + 3));
  address.set(data.subarray(at + 5, at + 8), 3);
  address[0]! ^= 2;
  d.putObject(field, address, at, 8);
}
