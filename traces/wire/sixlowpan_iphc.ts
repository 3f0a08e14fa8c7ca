/**
 * 6LoWPAN IP header compression (RFC 6282, 3): the fields of the compressed header, and the IPv6 packet
 * it stands for.
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { boolean, define, hex16, hex24, hex8, none, uint8 } from "./field.ts";
import { IPV6_HEADER, type Ipv6Builder } from "./ipv6_builder.ts";
import { rule } from "./problem.ts";
import type { LinkIdentifiers } from "./sixlowpan.ts";
import { type ContextOf, destinationAddress, sourceAddress } from "./sixlowpan_address.ts";
import { decodeNhc, nextHeader, type Tunnel } from "./sixlowpan_nhc.ts";

/** IPv6 in IPv6 deeper than this is not followed. */
const DEEPEST = 16;

const F = define({
  "6lowpan.pattern": hex8("Pattern"),
  "6lowpan.padding": hex8("Padding"),
  "6lowpan.iphc.tf": hex16("Traffic class and flow label"),
  "6lowpan.iphc.nh": boolean("Next header"),
  "6lowpan.iphc.hlim": hex16("Hop limit", { names: { 0: "Inline", 1: "1", 2: "64", 3: "255" } }),
  "6lowpan.iphc.cid": boolean("Context identifier extension"),
  "6lowpan.iphc.sac": boolean("Source address compression"),
  "6lowpan.iphc.sam": hex16("Source address mode"),
  "6lowpan.iphc.m": boolean("Multicast address compression"),
  "6lowpan.iphc.dac": boolean("Destination address compression"),
  "6lowpan.iphc.dam": hex16("Destination address mode"),
  "6lowpan.iphc.sci": hex8("Source context identifier"),
  "6lowpan.iphc.dci": hex8("Destination context identifier"),
  "6lowpan.class": hex8("Traffic class"),
  "6lowpan.flow": hex24("Flow label"),
  "6lowpan.ecn": uint8("ECN"),
  "6lowpan.dscp": uint8("DSCP"),
  "6lowpan.next": hex8("Next header"),
  "6lowpan.hops": uint8("Hop limit"),
  "6lowpan.illegal_dest_addr_mode": none("Destination address mode is reserved"),
});

const RESERVED_MODE = rule(
  "6lowpan",
  "error",
  "destination address mode is reserved",
  "RFC 6282, 3.1.1",
);

/**
 * Reads an IPHC header with all that follows and appends the IPv6 packet it stands for to `out`.
 *
 * @param size length of the whole datagram as a fragment header says, in bytes, or below 0
 * @returns length of the packet as it was before, in bytes; -1 when it can't be rebuilt
 */
export function decodeIphc(
  d: Dissection,
  out: Ipv6Builder,
  link: LinkIdentifiers,
  contextOf: ContextOf,
  size: number,
  depth = 0,
): number {
  const at = d.pos;
  const flags = d.u16();
  const start = out.grow(IPV6_HEADER);
  if (d.failed !== 0 || start < 0 || depth > DEEPEST) return -1;
  const depthBefore = d.depth;
  d.push();
  putFlags(d, flags, at);
  let contexts = 0;
  if ((flags & 0x80) !== 0) {
    contexts = d.u8();
    d.put(F["6lowpan.iphc.sci"], contexts >>> 4, at + 2, 1);
    d.put(F["6lowpan.iphc.dci"], contexts & 0xf, at + 2, 1);
  }
  d.depth = depthBefore;
  trafficClass(d, out, start, flags >>> 11 & 3);
  if ((flags & 0x0400) === 0) out.bytes[start + 6] = d.u8(F["6lowpan.next"]);
  const hops = flags >>> 8 & 3;
  out.bytes[start + 7] = hops === 0
    ? d.u8(F["6lowpan.hops"])
    : hops === 1
    ? 1
    : hops === 2
    ? 64
    : 255;
  sourceAddress(d, out, start + 8, flags, contextOf, contexts >>> 4, link.source);
  if (!destinationAddress(d, out, start + 24, flags, contextOf, contexts & 0xf, link.destination)) {
    d.putNone(F["6lowpan.illegal_dest_addr_mode"], at, 2);
    d.problem(RESERVED_MODE, at);
    return -1;
  }
  if (d.failed !== 0) return -1;
  let payload: number;
  if ((flags & 0x0400) !== 0) {
    out.bytes[start + 6] = nextHeader(d);
    payload = decodeNhc(d, out, start, tunnelWith(contextOf), size - IPV6_HEADER, depth);
  } else {
    payload = size < 0 ? d.limit - d.pos : size - IPV6_HEADER;
    out.append(d.data, d.pos, d.end);
  }
  if (payload < 0) return -1;
  out.put16(start + 4, payload);
  return payload + IPV6_HEADER;
}

function putFlags(d: Dissection, flags: number, at: number): void {
  d.put(F["6lowpan.pattern"], flags >>> 13, at, 1);
  d.put(F["6lowpan.iphc.tf"], flags >>> 11 & 3, at, 2);
  d.putFlag(F["6lowpan.iphc.nh"], flags, 0x0400, at, 2);
  d.put(F["6lowpan.iphc.hlim"], flags >>> 8 & 3, at, 2);
  d.putFlag(F["6lowpan.iphc.cid"], flags, 0x80, at, 2);
  d.putFlag(F["6lowpan.iphc.sac"], flags, 0x40, at, 2);
  d.put(F["6lowpan.iphc.sam"], flags >>> 4 & 3, at, 2);
  d.putFlag(F["6lowpan.iphc.m"], flags, 0x08, at, 2);
  d.putFlag(F["6lowpan.iphc.dac"], flags, 0x04, at, 2);
  d.put(F["6lowpan.iphc.dam"], flags & 3, at, 2);
}

/** Version, traffic class and flow label, in 0 to 4 bytes (RFC 6282, 3.1.1, TF). */
function trafficClass(d: Dissection, out: Ipv6Builder, start: number, mode: number): void {
  const at = d.pos;
  let ecn = 0;
  let dscp = 0;
  let label = 0;
  if (mode === 0 || mode === 2) {
    const first = d.u8();
    ecn = first >>> 6;
    dscp = first & 0x3f;
    label = mode === 0 ? d.u24() : 0;
  } else if (mode === 1) {
    label = d.u24();
    ecn = label >>> 22;
  }
  if (d.failed !== 0) return;
  if (mode !== 3) d.put(F["6lowpan.ecn"], ecn, at, 1);
  if (mode === 0 || mode === 2) d.put(F["6lowpan.dscp"], dscp, at, 1);
  if (ecn !== 0 || dscp !== 0) d.put(F["6lowpan.class"], dscp << 2 | ecn, at, 0);
  if (mode < 2) {
    const padding = mode === 0 ? label >>> 20 : label >>> 20 & 3;
    d.put(F["6lowpan.padding"], padding, d.pos - 3, 1);
    label &= 0xfffff;
    d.put(F["6lowpan.flow"], label, d.pos - 3, 3);
  }
  const { bytes } = out;
  bytes[start] = 0x60 | dscp >>> 2;
  bytes[start + 1] = (dscp & 3) << 6 | ecn << 4 | label >>> 16;
  bytes[start + 2] = label >>> 8;
  bytes[start + 3] = label;
}

/** Addresses of a packet inside another one are compressed against those of the outer one. */
function tunnelWith(contextOf: ContextOf): Tunnel {
  return (d, out, header, size, depth) => {
    const outer = {
      source: out.bytes.slice(header + 16, header + 24),
      destination: out.bytes.slice(header + 32, header + 40),
    };
    return decodeIphc(d, out, outer, contextOf, size, depth);
  };
}
