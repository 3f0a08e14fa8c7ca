/**
 * What an IEEE 802.15.4 sniffer sees: a beacon, a node that joins, data with acknowledgments, Zigbee
 * and 6LoWPAN, frames of the 2015 edition with each row of its addressing table.
 *
 * @module
 */
import { bytesOf } from "../support/packets.ts";
import { float32, join, le32, tap, tapTlv, withFcs } from "../support/wpan_frames.ts";

type Part = number | readonly number[] | Uint8Array;

const PAN = [0x34, 0x12];
const OTHER_PAN = [0x78, 0x56];
const SHORT_A = [0x00, 0x00];
const SHORT_B = [0x01, 0xab];
const LONG_A = [1, 0, 0, 0xfe, 0xff, 0x5e, 0x00, 0x02];
const LONG_B = [2, 0, 0, 0xfe, 0xff, 0x5e, 0x00, 0x02];

/** A MAC frame without FCS; frame control in two bytes, low byte first. */
function mac(low: number, high: number, ...parts: Part[]): Uint8Array {
  return bytesOf(low, high, ...parts);
}

/** Association: beacon request, beacon, request, acknowledgment, data request, response. */
function joining(): Uint8Array[] {
  return [
    mac(0x03, 0x08, 1, [0xff, 0xff], [0xff, 0xff], 7),
    // Beacon order 15, superframe order 15, coordinator, association permitted; Zigbee payload.
    mac(
      ...[0x00, 0x80, 2, PAN, SHORT_A, [0xff, 0xcf], 0, 0, 0, 0x22, 0x84] as const,
      ...[Array(8).fill(0xee), [0xff, 0xff, 0xff], 0] as const,
    ),
    mac(0x23, 0xc8, 3, PAN, SHORT_A, [0xff, 0xff], LONG_B, 1, 0x8e),
    mac(0x02, 0x00, 3),
    mac(0x63, 0xc8, 4, PAN, SHORT_A, LONG_B, 4),
    mac(0x12, 0x00, 4),
    mac(0x63, 0xcc, 5, PAN, LONG_B, LONG_A, 2, SHORT_B, 0),
    mac(0x02, 0x00, 5),
  ];
}

/** Zigbee NWK data with NWK security that nobody has the key of, a route request, APS in clear. */
function zigbee(): Uint8Array[] {
  const head: Part[] = [PAN, SHORT_A, SHORT_B];
  const security = [0x28, ...[1, 0, 0, 0], ...LONG_B, 0];
  return [
    mac(
      0x61,
      0x88,
      6,
      ...head,
      [0x08, 0x02],
      SHORT_A,
      SHORT_B,
      30,
      9,
      security,
      Array(20).fill(0xa5),
    ),
    mac(0x61, 0x88, 7, ...head, [0x08, 0x00], SHORT_A, SHORT_B, 30, 10, [
      ...[0x00, 1, 0x02, 0x04, 0x04, 0x01, 1, 77],
      // ZCL: report attributes, temperature 21.00 degrees.
      ...[0x18, 5, 0x0a, 0x00, 0x00, 0x29, 0x34, 0x08],
    ]),
  ];
}

/** IPHC with UDP and CoAP, and a datagram in two fragments. */
function sixLowpan(): Uint8Array[] {
  const head: Part[] = [PAN, SHORT_A, SHORT_B];
  const coap = [0x40, 1, 0, 9, 0xb4, 0x74, 0x65, 0x6d, 0x70];
  const iphc = [0x7e, 0x33, 0xf0, 0x16, 0x33, 0x16, 0x33, 0xbe, 0xef];
  const first = [0xc0, 120, 0x12, 0x34, 0x7e, 0x33, 0xf0, 0x16, 0x33, 0x16, 0x33, 0xbe, 0xef];
  return [
    mac(0x61, 0x98, 8, ...head, iphc, coap),
    mac(0x41, 0x98, 9, ...head, first, [...coap.slice(0, -5), 0xff, ...Array(43).fill(0x31)]),
    mac(0x41, 0x98, 10, ...head, [0xe0, 120, 0x12, 0x34, 12], Array(24).fill(0x32)),
  ];
}

/** Rows of table 7-6 of the 2015 edition: address modes, PAN ID compression, what is there. */
const ROWS: [dst: number, src: number, compressed: boolean, ...Part[]][] = [
  [0, 0, false],
  [0, 0, true, PAN],
  [2, 0, false, PAN, SHORT_A],
  [3, 0, true, LONG_A],
  [0, 2, false, PAN, SHORT_B],
  [0, 3, true, LONG_B],
  [3, 3, false, PAN, LONG_A, LONG_B],
  [3, 3, true, LONG_A, LONG_B],
  [2, 2, false, PAN, SHORT_A, OTHER_PAN, SHORT_B],
  [2, 3, false, PAN, SHORT_A, OTHER_PAN, LONG_B],
  [3, 2, false, PAN, LONG_A, OTHER_PAN, SHORT_B],
  [2, 3, true, PAN, SHORT_A, LONG_B],
  [3, 2, true, PAN, LONG_A, SHORT_B],
  [2, 2, true, PAN, SHORT_A, SHORT_B],
];

/** Data frames of version 2. */
function edition2015(): Uint8Array[] {
  const rows = ROWS.map(([dst, src, compressed, ...addresses], i) =>
    mac(
      0x01 | (compressed ? 0x40 : 0),
      0x20 | dst << 2 | src << 6,
      20 + i,
      ...addresses,
      0xde,
      0xad,
    )
  );
  return [
    ...rows,
    // No sequence number; a header IE (time correction), termination 1, then an MLME payload IE.
    mac(
      ...[0x41, 0xab, PAN, SHORT_A, SHORT_B, [0x02, 0x0f, 0x10, 0x00], [0x00, 0x3f]] as const,
      ...[[0x03, 0x88, 0x01, 0x1c, 0], [0x00, 0xf8], 0xca, 0xfe] as const,
    ),
    // An enhanced acknowledgment, and a secured frame: level 5, key index 1.
    mac(0x02, 0x28, 40, PAN, SHORT_B),
    mac(
      ...[0x49, 0x98, 41, PAN, SHORT_A, SHORT_B, 0x0d, [1, 0, 0, 0], 1] as const,
      ...[Array(12).fill(0x5a), Array(4).fill(0x11)] as const,
    ),
  ];
}

/** All frames, without FCS. */
export function wpanSession(): Uint8Array[] {
  return [...joining(), ...zigbee(), ...sixLowpan(), ...edition2015()];
}

/** LINKTYPE 215: preamble, start of frame, length, frame with FCS. */
export function withPhyHeader(frame: Uint8Array): Uint8Array {
  return join([0, 0, 0, 0, 0xa7, frame.length + 2], withFcs(frame));
}

/** LINKTYPE 283: FCS type, RSS, channel, LQI, and more for every third frame. */
export function withTap(frame: Uint8Array, index: number): Uint8Array {
  const time = join(le32(1_000_000 + index), le32(0));
  const tlvs = [
    ...[tapTlv(0, Uint8Array.of(1)), tapTlv(1, float32(-60.5))],
    ...[tapTlv(3, Uint8Array.of(11, 0, 0)), tapTlv(10, Uint8Array.of(200))],
  ];
  if (index % 3 === 0) {
    tlvs.push(tapTlv(2, join(le32(250_000))), tapTlv(5, time), tapTlv(6, time));
    tlvs.push(tapTlv(7, join(le32(index), le32(0))), tapTlv(11, float32(2_405_000)));
  }
  return tap(tlvs, withFcs(frame));
}
