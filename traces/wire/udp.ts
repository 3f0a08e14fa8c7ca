/**
 * UDP header (RFC 768; jumbograms: RFC 2675, 4) and UDP-Lite (RFC 3828).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { bytes, define, hex16, protocol, relativeTime, uint16, uint32, uint8 } from "./field.ts";
import { rule } from "./problem.ts";

const UDP = protocol("udp", "UDP", "User Datagram Protocol");
const UDP_LITE = protocol("udplite", "UDPlite", "Lightweight User Datagram Protocol");

export const UDP_FIELDS = define({
  "udp.srcport": uint16("Source port"),
  "udp.dstport": uint16("Destination port"),
  "udp.port": uint16("Source or destination port"),
  "udp.length": uint16("Length", { unit: " bytes" }),
  "udp.checksum_coverage": uint16("Checksum coverage"),
  "udp.checksum": hex16("Checksum"),
  "udp.checksum.status": uint8("Checksum status"),
  "udp.stream": uint32("Stream"),
  "udp.time_relative": relativeTime("Time since the first datagram", { unit: " seconds" }),
  "udp.time_delta": relativeTime("Time since the datagram before", { unit: " seconds" }),
  "udp.payload": bytes("Payload"),
});
const F = UDP_FIELDS;

const SHORT = rule("udp", "error", "length is less than 8", "RFC 768");
const LONG = rule("udp", "error", "length is more than the packet holds", "RFC 768");
const NO_CHECKSUM = rule("udp", "error", "checksum is zero", "RFC 8200, 8.1");

const HEADER = 8;
/** Values of the status field: not verified, none sent, none sent though one is required. */
const UNVERIFIED = 2;
const NOT_PRESENT = 3;
const ILLEGAL = 4;

/** What the header says; one object serves all datagrams. */
export class UdpHeader {
  sourcePort = 0;
  destinationPort = 0;
  /** Header included; as stated, or as there is, for a jumbogram. */
  length = 0;
}

/**
 * Reads the header and cuts the layer to its length.
 *
 * @param partial the packet is a fragment or quoted in an error, so that lengths may not agree
 * @returns false when what follows can't be read
 */
export function decodeUdp(
  d: Dissection,
  h: UdpHeader,
  lite: boolean,
  v6: boolean,
  partial: boolean,
): boolean {
  const at = d.pos;
  if (!d.has(4)) {
    d.skip(4);
    return false;
  }
  const there = d.limit - at;
  d.lengthOf(d.layer(lite ? UDP_LITE : UDP), HEADER);
  h.sourcePort = d.u16(F["udp.srcport"]);
  h.destinationPort = d.u16(F["udp.dstport"]);
  d.put(F["udp.port"], h.sourcePort, at, 2);
  d.put(F["udp.port"], h.destinationPort, at + 2, 2);
  if (d.columns) {
    d.protocolColumn = lite ? "UDP-Lite" : "UDP";
    d.infoColumn = `${h.sourcePort} → ${h.destinationPort}`;
  }
  h.length = d.u16(lite ? F["udp.checksum_coverage"] : F["udp.length"]);
  if (lite) {
    h.length = there;
    d.put(F["udp.length"], there, at + 4, 0);
  } else if (h.length === 0 && v6) {
    h.length = there;
  }
  if (d.failed !== 0) return false;
  if (h.length < HEADER) {
    d.problem(SHORT, at + 4);
    if (d.columns) d.infoColumn += ` [BAD UDP LENGTH ${h.length} < 8]`;
    return false;
  }
  if (h.length > there && !partial) {
    d.problem(LONG, at + 4);
    if (d.columns) d.infoColumn += ` [BAD UDP LENGTH ${h.length} > IP PAYLOAD LENGTH]`;
  }
  if (d.columns) d.infoColumn += ` Len=${h.length - HEADER}`;
  const checksum = d.u16(F["udp.checksum"]);
  if (d.failed !== 0) return false;
  d.put(F["udp.checksum.status"], checksumStatus(d, checksum, v6 && !lite, partial), at + 6, 0);
  d.cutTo(h.length - HEADER);
  return true;
}

function checksumStatus(d: Dissection, checksum: number, v6: boolean, partial: boolean): number {
  if (checksum !== 0) return UNVERIFIED;
  if (!v6 || partial) return NOT_PRESENT;
  d.problem(NO_CHECKSUM, d.pos - 2);
  if (d.columns) d.infoColumn += " [ILLEGAL CHECKSUM (0)]";
  return ILLEGAL;
}
