/**
 * Packets of the IP family as bytes, checksums right: for samples, benchmarks and tests.
 *
 * @module
 */

/** TCP flags (RFC 9293, 3.1). */
export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;

export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;

/** The bytes of numbers and byte arrays, in order; a number is one byte. */
export function bytesOf(...parts: (number | Uint8Array | readonly number[])[]): Uint8Array {
  const all: number[] = [];
  for (const part of parts) {
    if (typeof part === "number") all.push(part);
    else for (const byte of part) all.push(byte);
  }
  return Uint8Array.from(all);
}

/** Big-endian. */
export function u16(value: number): number[] {
  return [value >>> 8 & 255, value & 255];
}

/** Big-endian. */
export function u32(value: number): number[] {
  return [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255];
}

function join(head: Uint8Array, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(head.length + payload.length);
  whole.set(head);
  whole.set(payload, head.length);
  return whole;
}

/** Locally administered addresses that end in `source` and `destination`. */
export function ethernet(
  type: number,
  payload: Uint8Array,
  source = 1,
  destination = 2,
): Uint8Array<ArrayBuffer> {
  const head = bytesOf(2, 0, 0, 0, 0, destination, 2, 0, 0, 0, 0, source, u16(type));
  return join(head, payload);
}

/** Sum of 16-bit words (RFC 1071), not yet folded. */
function wordSum(data: Uint8Array, start: number, end: number, sum: number): number {
  let at = start;
  for (; at + 1 < end; at += 2) sum += data[at]! << 8 | data[at + 1]!;
  return at < end ? sum + (data[at]! << 8) : sum;
}

function folded(sum: number): number {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export interface Ipv4Head {
  source: readonly number[];
  destination: readonly number[];
  protocol: number;
  id?: number;
  ttl?: number;
  /** @default false */
  dontFragment?: boolean;
  moreFragments?: boolean;
  /** Bytes, a multiple of 8. */
  fragmentOffset?: number;
}

/** RFC 791, 3.1. */
export function ipv4(head: Ipv4Head, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const flags = (head.dontFragment ? 0x4000 : 0) | (head.moreFragments ? 0x2000 : 0) |
    (head.fragmentOffset ?? 0) / 8;
  const packet = join(
    bytesOf(
      ...[0x45, 0, u16(20 + payload.length), u16(head.id ?? 0), u16(flags)],
      ...[head.ttl ?? 64, head.protocol, 0, 0, head.source, head.destination],
    ),
    payload,
  );
  const sum = folded(wordSum(packet, 0, 20, 0));
  packet[10] = sum >>> 8;
  packet[11] = sum & 255;
  return packet;
}

export interface Ipv6Head {
  source: readonly number[];
  destination: readonly number[];
  /** Of the first header behind. */
  next: number;
  flowLabel?: number;
}

/** RFC 8200, 3. */
export function ipv6(head: Ipv6Head, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  return join(
    bytesOf(
      ...[u32(0x6000_0000 | (head.flowLabel ?? 0)), u16(payload.length), head.next, 64],
      ...[head.source, head.destination],
    ),
    payload,
  );
}

export interface TcpHead {
  sourcePort: number;
  destinationPort: number;
  sequence: number;
  acknowledgment?: number;
  flags: number;
  /** @default 65535 */
  window?: number;
  /** Options, padded by the caller to a multiple of 4 bytes. */
  options?: readonly number[];
}

interface Addresses {
  source: readonly number[];
  destination: readonly number[];
}

/** RFC 9293, 3.1. */
export function tcp(
  addresses: Addresses,
  head: TcpHead,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const options = head.options ?? [];
  const length = 20 + options.length;
  const segment = join(
    bytesOf(
      ...[u16(head.sourcePort), u16(head.destinationPort), u32(head.sequence)],
      ...[u32(head.acknowledgment ?? 0), length << 2, head.flags, u16(head.window ?? 65535)],
      ...[0, 0, 0, 0, options],
    ),
    payload,
  );
  checksum(addresses, PROTOCOL_TCP, segment, 16);
  return segment;
}

/** RFC 768. */
export function udp(
  addresses: Addresses,
  sourcePort: number,
  destinationPort: number,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const head = bytesOf(u16(sourcePort), u16(destinationPort), u16(8 + payload.length), 0, 0);
  const datagram = join(head, payload);
  checksum(addresses, PROTOCOL_UDP, datagram, 6);
  return datagram;
}

/** RFC 792. @param rest what follows the checksum */
export function icmp(type: number, code: number, rest: Uint8Array): Uint8Array<ArrayBuffer> {
  const message = join(bytesOf(type, code, 0, 0), rest);
  const sum = folded(wordSum(message, 0, message.length, 0));
  message[2] = sum >>> 8;
  message[3] = sum & 255;
  return message;
}

/** Writes the checksum over pseudo header and segment (RFC 9293, 3.1; RFC 8200, 8.1). */
function checksum(addresses: Addresses, protocol: number, segment: Uint8Array, at: number) {
  const pseudo = Uint8Array.from([...addresses.source, ...addresses.destination]);
  const start = wordSum(pseudo, 0, pseudo.length, protocol + segment.length);
  const sum = folded(wordSum(segment, 0, segment.length, start));
  segment[at] = sum >>> 8;
  segment[at + 1] = sum & 255;
}

/** IPv4 or IPv6 by the length of the addresses, in Ethernet. */
export function packet(
  addresses: Addresses,
  protocol: number,
  payload: Uint8Array,
  id = 0,
): Uint8Array<ArrayBuffer> {
  return addresses.source.length === 4
    ? ethernet(ETHERTYPE_IPV4, ipv4({ ...addresses, protocol, id, dontFragment: true }, payload))
    : ethernet(ETHERTYPE_IPV6, ipv6({ ...addresses, next: protocol }, payload));
}
