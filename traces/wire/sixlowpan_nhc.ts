/**
 * 6LoWPAN compression of what follows the IPv6 header: extension headers and UDP (RFC 6282, 4).
 *
 * @module
 */
import { decodeDataWithin } from "./data.ts";
import type { Dissection } from "./dissection.ts";
import { boolean, define, hex16, hex8, none, uint16, uint8 } from "./field.ts";
import type { Ipv6Builder } from "./ipv6_builder.ts";
import { rule } from "./problem.ts";

/**
 * Reads a compressed IPv6 packet inside another one.
 *
 * @param header where the outer IPv6 header starts in `out`
 */
export type Tunnel = (
  d: Dissection,
  out: Ipv6Builder,
  header: number,
  size: number,
  depth: number,
) => number;

const UDP = 17;
const NO_NEXT_HEADER = 59;
/** Protocol numbers of the extension headers by EID (RFC 6282, 4.2). */
const EXTENSIONS: readonly number[] = [0, 43, 44, 60, 135, NO_NEXT_HEADER, NO_NEXT_HEADER, 41];
const FRAGMENT_EXTENSION = 44;
/** IPv6 in IPv6, and chains of extension headers, deeper than this are not followed. */
const DEEPEST = 16;

const F = define({
  "6lowpan.nhc.pattern": hex8("Pattern", {
    names: { 0x0e: "IPv6 extension header", 0x1e: "UDP compression header" },
  }),
  "6lowpan.nhc.ext.eid": hex8("Header ID"),
  "6lowpan.nhc.ext.nh": boolean("Next header"),
  "6lowpan.nhc.ext.next": hex8("Next header"),
  "6lowpan.nhc.ext.length": uint8("Header length"),
  "6lowpan.nhc.ext.reserved": hex8("Reserved octet"),
  "6lowpan.nhc.udp.checksum": boolean("Checksum"),
  "6lowpan.nhc.udp.ports": uint8("Ports"),
  "6lowpan.udp.src": uint16("Source port"),
  "6lowpan.udp.dst": uint16("Destination port"),
  "6lowpan.udp.checksum": hex16("UDP checksum"),
  "6lowpan.bad_ext_header_length": none("Header length is no multiple of 8"),
});

const UNKNOWN_HEADER = rule(
  "6lowpan",
  "error",
  "next header compression is not known",
  "RFC 6282, 4",
);
const UNALIGNED = rule(
  "6lowpan",
  "error",
  "extension header is not a multiple of 8 bytes and can't be padded",
  "RFC 6282, 4.2",
);

/** Protocol number of the compressed header that follows. */
export function nextHeader(d: Dissection): number {
  const byte = d.peek();
  if (byte >>> 4 === 0xe) return EXTENSIONS[byte >>> 1 & 7]!;
  return byte >>> 3 === 0x1e ? UDP : NO_NEXT_HEADER;
}

/**
 * Reads compressed next headers and what follows them (RFC 6282, 4).
 *
 * @param header where the IPv6 header they belong to starts in `out`
 * @param size length of what they stand for as far as known, in bytes, or below 0
 * @returns length of what they stand for, in bytes; -1 when it can't be rebuilt
 */
export function decodeNhc(
  d: Dissection,
  out: Ipv6Builder,
  header: number,
  tunnel: Tunnel,
  size: number,
  depth: number,
): number {
  const byte = d.peek();
  if (depth > DEEPEST) return -1;
  if (byte >>> 1 === 0x77) {
    extensionFlags(d);
    return tunnel(d, out, header, size, depth + 1);
  }
  if (byte >>> 4 === 0xe) return extension(d, out, header, tunnel, size, depth);
  if (byte >>> 3 === 0x1e) return udp(d, out, size);
  if (byte < 0) d.u8();
  else d.problem(UNKNOWN_HEADER, d.pos);
  return d.failed !== 0 ? -1 : 0;
}

function extensionFlags(d: Dissection): number {
  const at = d.pos;
  const flags = d.u8();
  d.push();
  d.put(F["6lowpan.nhc.pattern"], flags >>> 4, at, 1);
  d.put(F["6lowpan.nhc.ext.eid"], flags >>> 1 & 7, at, 1);
  d.putFlag(F["6lowpan.nhc.ext.nh"], flags, 1, at, 1);
  d.pop();
  return flags;
}

function extension(
  d: Dissection,
  out: Ipv6Builder,
  header: number,
  tunnel: Tunnel,
  size: number,
  depth: number,
): number {
  const kind = nextHeader(d);
  const compressed = (extensionFlags(d) & 1) !== 0;
  const fragment = kind === FRAGMENT_EXTENSION;
  d.push();
  let next = compressed ? 0 : d.u8(F["6lowpan.nhc.ext.next"]);
  const content = fragment ? 7 : d.u8(F["6lowpan.nhc.ext.length"]);
  if (fragment) d.put(F["6lowpan.nhc.ext.reserved"], Math.max(d.peek(), 0), d.pos, 1);
  const own = fragment ? 1 : 2;
  const length = own + content + 7 & ~7;
  const at = out.grow(length);
  const contentAt = d.pos;
  if (d.failed === 0 && at >= 0 && !d.has(content)) return cutExtension(d, out, at, own, next);
  if (d.failed === 0) {
    d.narrow(content);
    if (fragment) d.skip(1);
    decodeDataWithin(d);
    d.widen();
  }
  d.pop();
  if (d.failed !== 0 || at < 0) return -1;
  if (compressed) next = nextHeader(d);
  out.bytes[at] = next;
  if (!fragment) out.bytes[at + 1] = (length >>> 3) - 1;
  for (let i = 0; i < content; i++) out.bytes[at + own + i] = d.data[contentAt + i]!;
  pad(d, out, at + own + content, at + length, kind, contentAt);
  if (compressed) {
    const rest = decodeNhc(d, out, header, tunnel, size - length, depth + 1);
    return rest < 0 ? -1 : length + rest;
  }
  if (next === NO_NEXT_HEADER) return length;
  const rest = size < 0 ? d.limit - d.pos : size - length;
  out.append(d.data, d.pos, d.end);
  return length + rest;
}

/** An extension header that ends with the frame: what there is of it. */
function cutExtension(
  d: Dissection,
  out: Ipv6Builder,
  at: number,
  own: number,
  next: number,
): number {
  const length = out.length - at;
  out.bytes[at] = next;
  if (own === 2) out.bytes[at + 1] = (length >>> 3) - 1;
  out.length = at + own;
  out.append(d.data, d.pos, d.end);
  decodeDataWithin(d);
  d.pop();
  return length;
}

/** Fills an options header up to 8 bytes with Pad1 or PadN (RFC 6282, 4.2). */
function pad(
  d: Dissection,
  out: Ipv6Builder,
  from: number,
  to: number,
  kind: number,
  at: number,
): void {
  const padding = to - from;
  if (padding === 0) return;
  if (kind !== 0 && kind !== 60) {
    d.problem(UNALIGNED, at);
    d.putNone(F["6lowpan.bad_ext_header_length"], at);
  }
  if (padding === 1) return;
  out.bytes[from] = 1;
  out.bytes[from + 1] = padding - 2;
}

/** A UDP header with ports and checksum compressed (RFC 6282, 4.3), and its payload. */
function udp(d: Dissection, out: Ipv6Builder, size: number): number {
  const at = d.pos;
  const flags = d.u8();
  d.push();
  d.put(F["6lowpan.nhc.pattern"], flags >>> 3, at, 1);
  d.putFlag(F["6lowpan.nhc.udp.checksum"], flags, 0x04, at, 1);
  d.put(F["6lowpan.nhc.udp.ports"], flags & 3, at, 1);
  d.pop();
  const mode = flags & 3;
  const portsAt = d.pos;
  let source: number;
  let destination: number;
  if (mode === 3) {
    const both = d.u8();
    source = 0xf0b0 + (both >>> 4);
    destination = 0xf0b0 + (both & 0xf);
  } else {
    source = mode === 2 ? 0xf000 + d.u8() : d.u16();
    destination = mode === 1 ? 0xf000 + d.u8() : d.u16();
  }
  if (d.failed !== 0) return -1;
  d.put(F["6lowpan.udp.src"], source, portsAt, mode === 0 || mode === 1 ? 2 : 1);
  d.put(F["6lowpan.udp.dst"], destination, d.pos - (mode === 0 || mode === 2 ? 2 : 1), 2);
  // An elided checksum is shown as all ones: it was never sent.
  const checksum = (flags & 0x04) !== 0 ? 0xffff : d.u16(F["6lowpan.udp.checksum"]);
  if (d.failed !== 0) return -1;
  const length = size < 0 ? d.limit - d.pos + 8 : size;
  const header = out.grow(8);
  if (header < 0) return -1;
  out.put16(header, source);
  out.put16(header + 2, destination);
  out.put16(header + 4, length);
  out.put16(header + 6, checksum);
  out.append(d.data, d.pos, d.end);
  return length;
}
