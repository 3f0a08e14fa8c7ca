/**
 * BSD loopback (LINKTYPE_NULL, 0: address family in the byte order of the capturing host; and
 * LINKTYPE_LOOP, 108: always big-endian), and raw IP (LINKTYPE_RAW and its BSD numbers).
 *
 * tcpdump.org, link-layer header types.
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { EtherType } from "./ethertype.ts";
import { define, hex16, protocol, uint32 } from "./field.ts";

const NULL = protocol("null", "Null", "Null/Loopback");
const RAW = protocol("raw", "Raw", "Raw packet data");

const FAMILIES = {
  2: "IP",
  7: "OSI",
  16: "AppleTalk",
  23: "IPX",
  24: "IPv6",
  28: "IPv6",
  30: "IPv6",
};

const F = define({
  "null.family": uint32("Family", { names: FAMILIES }),
  "null.type": hex16("Type"),
});

/** Numbers above this are EtherTypes, not address families. */
const MAX_FAMILY = 1500;

/** Reads the header. @returns the `EtherType` of what follows, -1 for nothing */
export function decodeNull(d: Dissection, bigEndian: boolean): number {
  const at = d.pos;
  d.lengthOf(d.layer(NULL), 4);
  columns(d, "Null/Loopback");
  const value = d.u32le();
  if (d.failed !== 0) return -1;
  const family = bigEndian ? swap32(value) : familyOf(value);
  if (family > MAX_FAMILY && !bigEndian) {
    d.put(F["null.type"], family & 0xffff, at, 4);
    return family & 0xffff;
  }
  d.put(F["null.family"], family, at, 4);
  switch (family) {
    case 2:
      return EtherType.Ipv4;
    case 24:
    case 28:
    case 30:
      return EtherType.Ipv6;
    default:
      return EtherType.Data;
  }
}

/**
 * The family in a header read as little-endian: families are small, so the bytes tell the order;
 * IRIX writes 16 bits of family, then 16 bits of zero.
 */
function familyOf(value: number): number {
  if (value >>> 16 !== 0) {
    if (value >>> 24 === 0 && (value & 0xff0000) < 0x60000) return value >>> 16;
    return swap32(value);
  }
  if ((value & 0xff) === 0 && (value & 0xff00) < 0x600) return value >> 8;
  return value;
}

function swap32(value: number): number {
  return (value << 24 | (value & 0xff00) << 8 | value >>> 8 & 0xff00 | value >>> 24) >>> 0;
}

/** Enters a raw IP packet. @returns what follows: IPv4, IPv6 or data; -1 for nothing */
export function decodeRawIp(d: Dissection): number {
  d.layer(RAW);
  columns(d, "Raw packet data");
  if (!d.has(2)) {
    d.skip(2);
    return -1;
  }
  const version = d.peek() >> 4;
  if (version === 4) return EtherType.Ipv4;
  return version === 6 ? EtherType.Ipv6 : EtherType.Data;
}

function columns(d: Dissection, info: string): void {
  if (!d.columns) return;
  d.sourceColumn = d.destinationColumn = d.protocolColumn = "N/A";
  d.infoColumn = info;
}
