/**
 * 6LoWPAN IP header compression (RFC 6282): the fields of the compressed headers, and the IPv6 packet
 * they stand for.
 *
 * @module
 */
import { decodeDataWithin } from "./data.ts";
import type { Dissection } from "./dissection.ts";
import {
  boolean,
  define,
  frameNumber,
  hex16,
  hex24,
  hex8,
  ipv6,
  none,
  uint16,
  uint8,
} from "./field.ts";
import { IPV6_HEADER, type Ipv6Builder } from "./ipv6_builder.ts";
import { rule } from "./problem.ts";
import type { LinkIdentifiers } from "./sixlowpan.ts";

/** A prefix that compressed addresses refer to by number (RFC 6282, 3.1.1). */
export interface SixlowpanContext {
  /** 16 bytes; beyond `length` they are zero. */
  readonly prefix: Uint8Array;
  /** In bits, 0 to 128. */
  readonly length: number;
  /** Frame it was learned from, 0 when given. */
  readonly frame: number;
}

/** Finds the context of a number, 0 to 15; undefined when it isn't known. */
export type ContextOf = (id: number) => SixlowpanContext | undefined;

const NO_CONTEXT: SixlowpanContext = { prefix: new Uint8Array(16), length: 0, frame: 0 };
const LINK_LOCAL: SixlowpanContext = {
  prefix: Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  length: 10,
  frame: 0,
};

const UDP = 17;
const NO_NEXT_HEADER = 59;
/** Protocol numbers of the extension headers by EID (RFC 6282, 4.2). */
const EXTENSIONS: readonly number[] = [0, 43, 44, 60, 135, NO_NEXT_HEADER, NO_NEXT_HEADER, 41];
const FRAGMENT_EXTENSION = 44;
/** IPv6 in IPv6, and chains of extension headers, deeper than this are not followed. */
const DEEPEST = 16;

const F = define({
  "6lowpan.pattern": hex8("Pattern"),
  "6lowpan.nhc.pattern": hex8("Pattern", {
    names: { 0x0e: "IPv6 extension header", 0x1e: "UDP compression header" },
  }),
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
  "6lowpan.iphc.sctx.prefix": ipv6("Source context"),
  "6lowpan.iphc.sctx.origin": frameNumber("Origin"),
  "6lowpan.iphc.dctx.prefix": ipv6("Destination context"),
  "6lowpan.iphc.dctx.origin": frameNumber("Origin"),
  "6lowpan.nhc.ext.eid": hex8("Header ID"),
  "6lowpan.nhc.ext.nh": boolean("Next header"),
  "6lowpan.nhc.ext.next": hex8("Next header"),
  "6lowpan.nhc.ext.length": uint8("Header length"),
  "6lowpan.nhc.ext.reserved": hex8("Reserved octet"),
  "6lowpan.nhc.udp.checksum": boolean("Checksum"),
  "6lowpan.nhc.udp.ports": uint8("Ports"),
  "6lowpan.class": hex8("Traffic class"),
  "6lowpan.flow": hex24("Flow label"),
  "6lowpan.ecn": uint8("ECN"),
  "6lowpan.dscp": uint8("DSCP"),
  "6lowpan.next": hex8("Next header"),
  "6lowpan.hops": uint8("Hop limit"),
  "6lowpan.src": ipv6("Source"),
  "6lowpan.dst": ipv6("Destination"),
  "6lowpan.udp.src": uint16("Source port"),
  "6lowpan.udp.dst": uint16("Destination port"),
  "6lowpan.udp.checksum": hex16("UDP checksum"),
  "6lowpan.illegal_dest_addr_mode": none("Illegal destination address mode"),
  "6lowpan.bad_ext_header_length": none("Extension header not 8-octet aligned"),
});

const RESERVED_MODE = rule(
  "6lowpan",
  "error",
  "destination address mode is reserved",
  "RFC 6282, 3.1.1",
);
const UNKNOWN_CONTEXT = rule(
  "6lowpan",
  "note",
  "address refers to a context that is not known; its prefix is shown as zeros",
  "RFC 6282, 3.1.1",
);
const UNKNOWN_HEADER = rule("6lowpan", "error", "next header compression is not known", "RFC 6282, 4");
const UNALIGNED = rule(
  "6lowpan",
  "error",
  "extension header is not a multiple of 8 bytes and can't be padded",
  "RFC 6282, 4.2",
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
  out.bytes[start + 7] = hops === 0 ? d.u8(F["6lowpan.hops"]) : hops === 1 ? 1 : hops === 2 ? 64 : 255;
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
    payload = decodeNhc(d, out, start, contextOf, size - IPV6_HEADER, depth);
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

/** Bytes that an address mode has inline: full, 64 bits, 16 bits, none. */
const INLINE: readonly number[] = [16, 8, 2, 0];

function sourceAddress(
  d: Dissection,
  out: Ipv6Builder,
  to: number,
  flags: number,
  contextOf: ContextOf,
  contextId: number,
  identifier: Uint8Array,
): void {
  const at = d.pos;
  const mode = flags >>> 4 & 3;
  const stateful = (flags & 0x40) !== 0;
  let context = stateful ? contextOf(contextId) : LINK_LOCAL;
  if (mode === 0) {
    context = NO_CONTEXT;
    if (!stateful) inline(d, out, to, 16);
  } else {
    unicast(d, out, to, mode, identifier);
  }
  if (context === undefined) d.problem(UNKNOWN_CONTEXT, at);
  finish(d, out, to, at, context ?? NO_CONTEXT, F["6lowpan.src"]);
  putContext(
    d,
    context ?? NO_CONTEXT,
    F["6lowpan.iphc.sctx.prefix"],
    F["6lowpan.iphc.sctx.origin"],
  );
}

/** Returns false when the mode is reserved. */
function destinationAddress(
  d: Dissection,
  out: Ipv6Builder,
  to: number,
  flags: number,
  contextOf: ContextOf,
  contextId: number,
  identifier: Uint8Array,
): boolean {
  const at = d.pos;
  const mode = flags & 3;
  const stateful = (flags & 0x04) !== 0;
  const group = (flags & 0x08) !== 0;
  const context = stateful ? contextOf(contextId) : LINK_LOCAL;
  let prefix: SixlowpanContext = NO_CONTEXT;
  if (stateful && (group ? mode !== 0 : mode === 0)) return false;
  if (group) {
    if (stateful) prefixMulticast(d, out, to, context ?? NO_CONTEXT);
    else multicast(d, out, to, mode);
  } else if (mode === 0) {
    inline(d, out, to, 16);
  } else {
    prefix = context ?? NO_CONTEXT;
    unicast(d, out, to, mode, identifier);
  }
  if (context === undefined) d.problem(UNKNOWN_CONTEXT, at);
  finish(d, out, to, at, prefix, F["6lowpan.dst"]);
  // A full address inline has no context; a multicast one shows the context its flags name.
  const shown = group ? context ?? NO_CONTEXT : prefix;
  putContext(d, shown, F["6lowpan.iphc.dctx.prefix"], F["6lowpan.iphc.dctx.origin"]);
  return true;
}

/** Copies `length` bytes to the end of the address at `to`. */
function inline(d: Dissection, out: Ipv6Builder, to: number, length: number): void {
  const at = d.pos;
  d.skip(length);
  if (d.failed !== 0) return;
  for (let i = 0; i < length; i++) out.bytes[to + 16 - length + i] = d.data[at + i]!;
}

function unicast(
  d: Dissection,
  out: Ipv6Builder,
  to: number,
  mode: number,
  identifier: Uint8Array,
): void {
  if (mode === 3) {
    out.bytes.set(identifier, to + 8);
    return;
  }
  if (mode === 2) {
    out.bytes[to + 11] = 0xff;
    out.bytes[to + 12] = 0xfe;
  }
  inline(d, out, to, INLINE[mode]!);
}

/** Full, ffXX::00XX:XXXX:XXXX, ffXX::00XX:XXXX or ff02::00XX. */
function multicast(d: Dissection, out: Ipv6Builder, to: number, mode: number): void {
  if (mode === 0) return inline(d, out, to, 16);
  out.bytes[to] = 0xff;
  out.bytes[to + 1] = mode === 3 ? 0x02 : d.u8();
  inline(d, out, to, mode === 1 ? 5 : mode === 2 ? 3 : 1);
}

/** ffXX:XXLL:PPPP:PPPP:PPPP:PPPP:XXXX:XXXX (RFC 3306). */
function prefixMulticast(
  d: Dissection,
  out: Ipv6Builder,
  to: number,
  context: SixlowpanContext,
): void {
  out.bytes[to] = 0xff;
  out.bytes[to + 1] = d.u8();
  out.bytes[to + 2] = d.u8();
  out.bytes[to + 3] = Math.min(context.length, 64);
  for (let i = 0; i < 8; i++) out.bytes[to + 4 + i] = context.prefix[i]!;
  inline(d, out, to, 4);
}

/** Lays the context's bits over the address, and writes it as a field. */
function finish(
  d: Dissection,
  out: Ipv6Builder,
  to: number,
  at: number,
  context: SixlowpanContext,
  field: number,
): void {
  if (d.failed !== 0) return;
  const { bytes } = out;
  const whole = context.length >>> 3;
  for (let i = 0; i < whole; i++) bytes[to + i] = context.prefix[i]!;
  const rest = context.length & 7;
  if (rest !== 0) {
    const mask = 0xff00 >>> rest & 0xff;
    bytes[to + whole] = bytes[to + whole]! & ~mask | context.prefix[whole]! & mask;
  }
  if (d.want[field] !== 0) d.putObject(field, bytes.slice(to, to + 16), at, d.pos - at);
}

function putContext(d: Dissection, context: SixlowpanContext, prefix: number, origin: number): void {
  if (context.length === 0 || d.failed !== 0) return;
  if (d.want[prefix] !== 0) d.putObject(prefix, context.prefix, d.pos, 0);
  if (context.frame !== 0) d.put(origin, context.frame, d.pos, 0);
}

/** Protocol number of the compressed header that follows. */
function nextHeader(d: Dissection): number {
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
function decodeNhc(
  d: Dissection,
  out: Ipv6Builder,
  header: number,
  contextOf: ContextOf,
  size: number,
  depth: number,
): number {
  const byte = d.peek();
  if (depth > DEEPEST) return -1;
  if (byte >>> 1 === 0x77) {
    extensionFlags(d);
    const inner = {
      source: out.bytes.slice(header + 16, header + 24),
      destination: out.bytes.slice(header + 32, header + 40),
    };
    return decodeIphc(d, out, inner, contextOf, size, depth + 1);
  }
  if (byte >>> 4 === 0xe) return extension(d, out, header, contextOf, size, depth);
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
  contextOf: ContextOf,
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
    const rest = decodeNhc(d, out, header, contextOf, size - length, depth + 1);
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
