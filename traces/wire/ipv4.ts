/**
 * IPv4 header (RFC 791). Checksums are shown, not verified: captures on the sending host mostly have
 * checksums that the network card fills in later.
 *
 * @module
 */
import { ipv4Text } from "./address_text.ts";
import type { Dissection } from "./dissection.ts";
import { boolean, define, hex16, hex8, ipv4, protocol, string, uint16, uint8 } from "./field.ts";
import { finalDestination, readIpv4Options } from "./ipv4_options.ts";
import { IP_PROTOCOLS } from "./ip_protocol.ts";
import { rule } from "./problem.ts";

const IP = protocol("ip", "IPv4", "Internet Protocol Version 4");

const F = define({
  "ip.version": uint8("Version"),
  "ip.hdr_len": uint8("Header length", { unit: " bytes" }),
  "ip.dsfield": hex8("Differentiated services"),
  "ip.dsfield.dscp": uint8("Codepoint"),
  "ip.dsfield.ecn": uint8("Congestion notification"),
  "ip.len": uint16("Total length", { unit: " bytes" }),
  "ip.id": hex16("Identification"),
  "ip.flags": hex8("Flags"),
  "ip.flags.rb": boolean("Reserved bit"),
  "ip.flags.df": boolean("Don't fragment"),
  "ip.flags.mf": boolean("More fragments"),
  "ip.frag_offset": uint16("Fragment offset"),
  "ip.ttl": uint8("Time to live"),
  "ip.proto": uint8("Protocol", { names: IP_PROTOCOLS }),
  "ip.checksum": hex16("Header checksum"),
  "ip.checksum.status": uint8("Header checksum status"),
  "ip.src": ipv4("Source"),
  "ip.addr": ipv4("Source or destination"),
  "ip.src_host": string("Source host"),
  "ip.host": string("Source or destination host"),
  "ip.dst": ipv4("Destination"),
  "ip.dst_host": string("Destination host"),
  "ip.cur_rt": ipv4("Current route"),
});

const BAD_VERSION = rule("ip", "error", "version is not 4", "RFC 791, 3.1");
const BAD_HEADER = rule("ip", "error", "header length is less than 20 bytes", "RFC 791, 3.1");
const BAD_LENGTH = rule("ip", "error", "total length is less than the header", "RFC 791, 3.1");
const LONG = rule("ip", "error", "total length is more than the frame holds", "RFC 791, 3.1");

const MIN_HEADER = 20;

/** What the header says; one object serves all packets. Addresses are words in network order. */
export class Ipv4Header {
  /** Bits 0 to 3; the rest is only good when it is 4. */
  version = 0;
  protocol = 0;
  ttl = 0;
  identification = 0;
  /** In bytes. */
  fragmentOffset = 0;
  moreFragments = false;
  source = 0;
  destination = 0;
  /** Bytes behind the header, by the total length. */
  payloadLength = 0;
}

/**
 * Reads a header with its options and cuts the layer to the total length.
 *
 * @param quoted it is part of an ICMP error, which rarely holds the whole packet
 * @returns false when what follows can't be read
 */
export function decodeIpv4(d: Dissection, h: Ipv4Header, quoted: boolean): boolean {
  const at = d.pos;
  const first = d.u8();
  const length = (first & 15) * 4;
  d.pos = at;
  const entry = d.layer(IP);
  d.lengthOf(entry, length);
  d.pos = d.failed === 0 ? at + 1 : d.end;
  if (d.columns) {
    d.protocolColumn = "IPv4";
    d.infoColumn = "";
  }
  if (d.failed !== 0) return false;
  h.version = first >> 4;
  if (h.version !== 6) d.put(F["ip.version"], h.version, at, 1);
  if (h.version !== 4) return bogus(d, BAD_VERSION, at, `Bogus IPv4 version (${h.version})`);
  d.put(F["ip.hdr_len"], length, at, 1);
  if (length < MIN_HEADER) {
    return bogus(d, BAD_HEADER, at, `Bogus IP header length (${length}, must be at least 20)`);
  }
  return readRest(d, h, at, length, quoted);
}

function readRest(
  d: Dissection,
  h: Ipv4Header,
  at: number,
  headerLength: number,
  quoted: boolean,
): boolean {
  const wanted = d.columns || d.wants(IP);
  const services = d.u8(F["ip.dsfield"]);
  if (wanted) putServices(d, services, at + 1);
  let total = d.peek16();
  if (total === 0) {
    // Segments that the network card cuts up later are captured before their length is set.
    total = d.limit - at;
    d.put(F["ip.len"], total, at + 2, 2);
    d.pos += 2;
  } else {
    d.u16(F["ip.len"]);
    if (d.failed === 0 && total < headerLength) {
      const info = `Bogus IP length (${total}, less than header length ${headerLength})`;
      return bogus(d, BAD_LENGTH, at + 2, info);
    }
  }
  if (total > d.limit - at) {
    if (!quoted) d.problem(LONG, at + 2);
  } else {
    d.cutTo(at + total - d.pos);
  }
  h.payloadLength = total - headerLength;
  h.identification = d.u16(F["ip.id"]);
  const fragment = d.u16();
  h.fragmentOffset = (fragment & 0x1fff) * 8;
  h.moreFragments = (fragment & 0x2000) !== 0;
  if (wanted && d.failed === 0) putFragment(d, fragment, at + 6);
  h.ttl = d.u8(F["ip.ttl"]);
  h.protocol = d.u8(F["ip.proto"]);
  d.u16(F["ip.checksum"]);
  if (d.failed !== 0) return false;
  if (wanted) d.put(F["ip.checksum.status"], 2, at + 10, 0);
  h.source = d.u32(F["ip.src"]) | 0;
  h.destination = d.u32() | 0;
  if (d.failed !== 0) return false;
  if (wanted) putSource(d, at + 12);
  if (headerLength !== MIN_HEADER) return readOptions(d, h, at, headerLength);
  if (wanted) putDestination(d, at + 16, at + 16);
  return true;
}

function readOptions(d: Dissection, h: Ipv4Header, at: number, headerLength: number): boolean {
  const length = headerLength - MIN_HEADER;
  if (!d.has(length)) {
    d.skip(length);
    return false;
  }
  const { data } = d;
  const destination = finalDestination(data, d.pos, length) || at + 16;
  h.destination = data[destination]! << 24 | data[destination + 1]! << 16 |
    data[destination + 2]! << 8 | data[destination + 3]!;
  putDestination(d, at + 16, destination);
  d.narrow(length);
  readIpv4Options(d);
  const { failed } = d;
  d.widen();
  return failed === 0;
}

function putServices(d: Dissection, services: number, at: number): void {
  d.push();
  d.put(F["ip.dsfield.dscp"], services >> 2, at, 1);
  d.put(F["ip.dsfield.ecn"], services & 3, at, 1);
  d.pop();
}

function putFragment(d: Dissection, fragment: number, at: number): void {
  const flags = F["ip.flags"];
  d.put(flags, fragment >> 13, at, 1);
  d.push();
  d.put(F["ip.flags.rb"], fragment >> 15, at, 1);
  d.put(F["ip.flags.df"], fragment >> 14 & 1, at, 1);
  d.put(F["ip.flags.mf"], fragment >> 13 & 1, at, 1);
  d.pop();
  d.put(F["ip.frag_offset"], fragment & 0x1fff, at, 2);
}

/** Fields derived from the source address, and its column. */
function putSource(d: Dissection, source: number): void {
  const { data, want } = d;
  if (want[F["ip.addr"]] !== 0) d.putBytes(F["ip.addr"], source, 4);
  if (want[F["ip.src_host"]] !== 0) d.putObject(F["ip.src_host"], ipv4Text(data, source));
  if (want[F["ip.host"]] !== 0) d.putObject(F["ip.host"], ipv4Text(data, source));
  if (d.columns) d.sourceColumn = ipv4Text(data, source);
}

/** `stated` is where the header has a destination, `destination` where the final one stands. */
function putDestination(d: Dissection, stated: number, destination: number): void {
  const { data, want } = d;
  if (d.columns) d.destinationColumn = ipv4Text(data, destination);
  if (destination !== stated) d.putBytes(F["ip.cur_rt"], stated, 4);
  d.putBytes(F["ip.dst"], destination, 4);
  if (want[F["ip.addr"]] !== 0) d.putBytes(F["ip.addr"], destination, 4);
  if (want[F["ip.dst_host"]] !== 0) d.putObject(F["ip.dst_host"], ipv4Text(data, destination));
  if (want[F["ip.host"]] !== 0) d.putObject(F["ip.host"], ipv4Text(data, destination));
}

function bogus(d: Dissection, problem: typeof BAD_VERSION, at: number, info: string): false {
  d.problem(problem, at);
  if (d.columns) d.infoColumn = info;
  return false;
}
