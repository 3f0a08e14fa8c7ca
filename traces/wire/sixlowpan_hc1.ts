/**
 * 6LoWPAN header compression HC1 with HC_UDP (RFC 4944, 10; replaced by IPHC, but still met).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { boolean, define, hex16, hex24, hex8, ipv6, none, uint16, uint8 } from "./field.ts";
import { IPV6_HEADER, type Ipv6Builder } from "./ipv6_builder.ts";
import { rule } from "./problem.ts";
import type { LinkIdentifiers } from "./sixlowpan.ts";

const F = define({
  "6lowpan.pattern": hex8("Pattern"),
  "6lowpan.hc1.encoding": hex8("HC1 Encoding"),
  "6lowpan.hc1.src_prefix": boolean("Source prefix"),
  "6lowpan.hc1.src_ifc": boolean("Source interface"),
  "6lowpan.hc1.dst_prefix": boolean("Destination prefix"),
  "6lowpan.hc1.dst_ifc": boolean("Destination interface"),
  "6lowpan.hc1.class": boolean("Traffic class and flow label"),
  "6lowpan.hc1.next": hex8("Next header", {
    names: { 0: "Inline", 1: "UDP", 2: "ICMP", 3: "TCP" },
  }),
  "6lowpan.hc1.more": boolean("More HC bits"),
  "6lowpan.hc2.udp.encoding": hex8("HC_UDP Encoding"),
  "6lowpan.hc2.udp.src": boolean("Source port"),
  "6lowpan.hc2.udp.dst": boolean("Destination port"),
  "6lowpan.hc2.udp.length": boolean("Length"),
  "6lowpan.class": hex8("Traffic class"),
  "6lowpan.flow": hex24("Flow label"),
  "6lowpan.next": hex8("Next header"),
  "6lowpan.hops": uint8("Hop limit"),
  "6lowpan.src": ipv6("Source"),
  "6lowpan.dst": ipv6("Destination"),
  "6lowpan.udp.src": uint16("Source port"),
  "6lowpan.udp.dst": uint16("Destination port"),
  "6lowpan.udp.length": uint16("UDP length"),
  "6lowpan.udp.checksum": hex16("UDP checksum"),
  "6lowpan.hc1_more_bits": none("HC1 more bits expected for illegal next header type"),
});

const MORE_BITS = rule(
  "6lowpan",
  "error",
  "HC2 encoding announced for a header that has none",
  "RFC 4944, 10.1",
);

const NEXT: readonly number[] = [0, 17, 58, 6];

/** Position in bits within the layer; fields of HC1 need not start at a byte. */
class Bits {
  at = 0;
  readonly #d: Dissection;
  readonly #start: number;

  constructor(d: Dissection) {
    this.#d = d;
    this.#start = d.pos;
  }

  /** The next `count` bits (1 to 24) as a number; fails the dissection behind the end. */
  read(count: number): number {
    const d = this.#d;
    const end = this.#start + Math.ceil((this.at + count) / 8);
    if (end > d.end) {
      d.pos = this.#start;
      d.skip(end - this.#start);
      return 0;
    }
    let value = 0;
    for (let i = 0; i < count; i++, this.at++) {
      const byte = d.data[this.#start + (this.at >>> 3)]!;
      value = value << 1 | byte >>> 7 - (this.at & 7) & 1;
    }
    return value;
  }

  /** Byte that holds the next bit. */
  get byte(): number {
    return this.#start + (this.at >>> 3);
  }

  /** Byte at which what is not bit-packed goes on. */
  get aligned(): number {
    return this.#start + Math.ceil(this.at / 8);
  }
}

/** Reads HC1 and what follows. Parameters and result as for `decodeIphc`. */
export function decodeHc1(
  d: Dissection,
  out: Ipv6Builder,
  link: LinkIdentifiers,
  size: number,
): number {
  const at = d.pos;
  d.push();
  d.u8(F["6lowpan.pattern"]);
  const encoding = d.u8(F["6lowpan.hc1.encoding"]);
  if (d.failed !== 0) return -1;
  putEncoding(d, encoding, at + 1);
  d.pop();
  const kind = encoding >>> 1 & 3;
  const compressedUdp = (encoding & 1) !== 0;
  if (compressedUdp && kind !== 1) {
    d.problem(MORE_BITS, at + 1);
    d.putNone(F["6lowpan.hc1_more_bits"], at, 2);
    return -1;
  }
  const udpEncoding = compressedUdp ? udpEncodingOf(d) : 0;
  const bits = new Bits(d);
  const start = out.grow(IPV6_HEADER);
  if (d.failed !== 0 || start < 0) return -1;
  out.bytes[start + 7] = field(d, bits, 8, F["6lowpan.hops"]);
  address(d, bits, out, start + 8, encoding >>> 6, link.source, F["6lowpan.src"]);
  address(d, bits, out, start + 24, encoding >>> 4 & 3, link.destination, F["6lowpan.dst"]);
  let trafficClass = 0;
  let label = 0;
  if ((encoding & 0x08) === 0) {
    trafficClass = field(d, bits, 8, F["6lowpan.class"]);
    label = field(d, bits, 20, F["6lowpan.flow"]);
  }
  out.bytes[start] = 0x60 | trafficClass >>> 4;
  out.bytes[start + 1] = (trafficClass & 0xf) << 4 | label >>> 16;
  out.put16(start + 2, label);
  out.bytes[start + 6] = kind === 0 ? field(d, bits, 8, F["6lowpan.next"]) : NEXT[kind]!;
  if (d.failed !== 0) return -1;
  const payload = compressedUdp ? udp(d, bits, out, udpEncoding, size) : rest(d, bits, out, size);
  if (payload < 0) return -1;
  out.put16(start + 4, payload);
  return payload + IPV6_HEADER;
}

function putEncoding(d: Dissection, encoding: number, at: number): void {
  d.push();
  d.putFlag(F["6lowpan.hc1.src_prefix"], encoding, 0x80, at, 1);
  d.putFlag(F["6lowpan.hc1.src_ifc"], encoding, 0x40, at, 1);
  d.putFlag(F["6lowpan.hc1.dst_prefix"], encoding, 0x20, at, 1);
  d.putFlag(F["6lowpan.hc1.dst_ifc"], encoding, 0x10, at, 1);
  d.putFlag(F["6lowpan.hc1.class"], encoding, 0x08, at, 1);
  d.put(F["6lowpan.hc1.next"], encoding >>> 1 & 3, at, 1);
  d.putFlag(F["6lowpan.hc1.more"], encoding, 0x01, at, 1);
  d.pop();
}

function udpEncodingOf(d: Dissection): number {
  const at = d.pos;
  const encoding = d.u8(F["6lowpan.hc2.udp.encoding"]);
  if (d.failed !== 0) return 0;
  d.push();
  d.putFlag(F["6lowpan.hc2.udp.src"], encoding, 0x80, at, 1);
  d.putFlag(F["6lowpan.hc2.udp.dst"], encoding, 0x40, at, 1);
  d.putFlag(F["6lowpan.hc2.udp.length"], encoding, 0x20, at, 1);
  d.pop();
  return encoding;
}

function field(d: Dissection, bits: Bits, count: number, id: number): number {
  const at = bits.byte;
  const value = bits.read(count);
  if (d.failed === 0) d.put(id, value, at, bits.aligned - at);
  return value;
}

/** `mode`: bit 1 the prefix is link-local, bit 0 the interface identifier is the link's. */
function address(
  d: Dissection,
  bits: Bits,
  out: Ipv6Builder,
  to: number,
  mode: number,
  identifier: Uint8Array,
  id: number,
): void {
  const at = bits.byte;
  if ((mode & 2) !== 0) {
    out.bytes[to] = 0xfe;
    out.bytes[to + 1] = 0x80;
  } else {
    for (let i = 0; i < 8; i++) out.bytes[to + i] = bits.read(8);
  }
  if ((mode & 1) !== 0) out.bytes.set(identifier, to + 8);
  else for (let i = 8; i < 16; i++) out.bytes[to + i] = bits.read(8);
  if (d.failed !== 0 || d.want[id] === 0) return;
  d.putObject(id, out.bytes.slice(to, to + 16), at, bits.aligned - at);
}

function udp(d: Dissection, bits: Bits, out: Ipv6Builder, encoding: number, size: number): number {
  const source = port(d, bits, (encoding & 0x80) !== 0, F["6lowpan.udp.src"]);
  const destination = port(d, bits, (encoding & 0x40) !== 0, F["6lowpan.udp.dst"]);
  let length = -1;
  if ((encoding & 0x20) === 0) length = field(d, bits, 16, F["6lowpan.udp.length"]);
  else if (size >= 0) length = size - IPV6_HEADER;
  const checksum = field(d, bits, 16, F["6lowpan.udp.checksum"]);
  if (d.failed !== 0) return -1;
  d.pos = bits.aligned;
  if ((encoding & 0x20) !== 0 && size < 0) length = d.limit - d.pos + 8;
  const header = out.grow(8);
  if (length < 0 || header < 0) return -1;
  out.put16(header, source);
  out.put16(header + 2, destination);
  out.put16(header + 4, length);
  out.put16(header + 6, checksum);
  out.append(d.data, d.pos, d.end);
  return length;
}

/** 16 bits, or 4 bits above 61616 (RFC 4944, 10.2). */
function port(d: Dissection, bits: Bits, compressed: boolean, id: number): number {
  if (!compressed) return field(d, bits, 16, id);
  const at = bits.byte;
  const value = 0xf0b0 + bits.read(4);
  if (d.failed === 0) d.put(id, value, at, 1);
  return value;
}

function rest(d: Dissection, bits: Bits, out: Ipv6Builder, size: number): number {
  d.pos = bits.aligned;
  out.append(d.data, d.pos, d.end);
  return size < 0 ? d.limit - d.pos : size - IPV6_HEADER;
}
