/**
 * Advertising data structures with structure of their own: Transport Discovery Data, LE Supported
 * Features, BIGInfo (Supplement to the Core Specification, version 12, Part A, 1.10 and 1.19; Core
 * 6.0, Vol 6, Part B, 4.4.6.11).
 *
 * @module
 */
import { channelBits } from "./btcommon.ts";
import type { Dissection } from "./dissection.ts";
import {
  boolean,
  bytes,
  define,
  hex16,
  hex32,
  hex40,
  hex8,
  uint24,
  uint32,
  uint40,
  uint8,
} from "./field.ts";
import { bits, call, type Layout, raw, read, u16, u24, u32, u40, u8 } from "./layout.ts";

const TDS = "btcommon.eir_ad.entry.tds";
const LE = "btcommon.eir_ad.le_features";
const BIG = "btcommon.eir_ad.entry.biginfo";

const F = define({
  [`${TDS}.organization_id`]: hex8("Organization id"),
  [`${TDS}.flags`]: hex8("Flags"),
  [`${TDS}.flags.reserved`]: hex8("Reserved"),
  [`${TDS}.flags.transport_state`]: hex8("Transport state"),
  [`${TDS}.flags.transport_data_incomplete`]: boolean("Transport data incomplete"),
  [`${TDS}.flags.role`]: hex8("Role"),
  [`${TDS}.data_length`]: uint8("Data length"),
  [`${TDS}.data`]: bytes("Data"),
  "btcommon.eir_ad.entry.le_features": hex8("LE features"),
  [`${LE}.encryption`]: boolean("Encryption"),
  [`${LE}.connection_parameters_request_procedure`]: boolean("Connection parameters request"),
  [`${LE}.extended_reject_indication`]: boolean("Extended reject indication"),
  [`${LE}.slave_initiated_features_exchange`]: boolean("Features exchange by peripheral"),
  [`${LE}.ping`]: boolean("Ping"),
  [`${LE}.data_packet_length_extension`]: boolean("Data packet length extension"),
  [`${LE}.ll_privacy`]: boolean("Privacy"),
  [`${LE}.extended_scanner_filter_policies`]: boolean("Extended scanner filter policies"),
  [`${LE}.2m_phy`]: boolean("LE 2M PHY"),
  [`${LE}.stable_modulation_index_tx`]: boolean("Stable modulation index, transmitter"),
  [`${LE}.stable_modulation_index_rx`]: boolean("Stable modulation index, receiver"),
  [`${LE}.coded_phy`]: boolean("LE Coded PHY"),
  [`${LE}.extended_advertising`]: boolean("Extended advertising"),
  [`${LE}.periodic_advertising`]: boolean("Periodic advertising"),
  [`${LE}.channel_selection_algorithm_2`]: boolean("Channel selection algorithm #2"),
  [`${LE}.power_class_1`]: boolean("Power class 1"),
  [`${BIG}.big_offset`]: uint32("Offset"),
  [`${BIG}.big_offset_units`]: boolean("Offset units"),
  [`${BIG}.iso_interval`]: uint32("Isochronous interval", { unit: " * 1.25 ms" }),
  [`${BIG}.num_bis`]: uint32("Number of streams"),
  [`${BIG}.nse`]: uint32("Subevents per event"),
  [`${BIG}.bn`]: uint32("Burst number"),
  [`${BIG}.sub_interval`]: uint32("Subevent interval", { unit: " us" }),
  [`${BIG}.pto`]: uint32("Pre-transmission offset"),
  [`${BIG}.bis_spacing`]: uint24("Stream spacing", { unit: " us" }),
  [`${BIG}.irc`]: uint24("Immediate repetition count"),
  [`${BIG}.max_pdu`]: uint8("Greatest PDU"),
  [`${BIG}.rfu`]: uint8("Reserved"),
  [`${BIG}.seed_access_address`]: hex32("Seed access address"),
  [`${BIG}.big_control_access_address`]: hex32("Access address of the control PDUs"),
  [`${BIG}.bis_access_address`]: hex32("Access address of a stream"),
  [`${BIG}.sdu_interval`]: uint32("SDU interval", { unit: " us" }),
  [`${BIG}.max_sdu`]: uint32("Greatest SDU"),
  [`${BIG}.base_crc_init`]: hex16("Base CRC preset"),
  [`${BIG}.channel_map`]: hex40("Channel map"),
  [`${BIG}.phy`]: uint40("PHY", { names: ["LE 1M", "LE 2M", "LE Coded"] }),
  [`${BIG}.bis_payload_count`]: uint40("Payload count"),
  [`${BIG}.framing`]: boolean("Framed"),
  [`${BIG}.giv`]: bytes("Group initialization vector"),
  [`${BIG}.gskd`]: bytes("Group session key diversifier"),
});

const ORGANIZATION: Layout = [
  u8(F[`${TDS}.organization_id`]!),
  u8(F[`${TDS}.flags`]!),
  bits(F[`${TDS}.flags.reserved`]!, 0xe0),
  bits(F[`${TDS}.flags.transport_state`]!, 0x18),
  bits(F[`${TDS}.flags.transport_data_incomplete`]!, 0x04),
  bits(F[`${TDS}.flags.role`]!, 0x03),
];

/** Type 0x26: blocks of organization, flags, length, data. */
export function transportDiscovery(d: Dissection): void {
  while (d.failed === 0 && d.left > 0) {
    read(d, ORGANIZATION);
    d.bytes(d.u8(F[`${TDS}.data_length`]!), F[`${TDS}.data`]!);
  }
}

const FEATURES = [
  [
    "encryption",
    "connection_parameters_request_procedure",
    "extended_reject_indication",
    "slave_initiated_features_exchange",
    "ping",
    "data_packet_length_extension",
    "ll_privacy",
    "extended_scanner_filter_policies",
  ],
  [
    "2m_phy",
    "stable_modulation_index_tx",
    "stable_modulation_index_rx",
    "coded_phy",
    "extended_advertising",
    "periodic_advertising",
    "channel_selection_algorithm_2",
    "power_class_1",
  ],
] as const;

const FEATURE_BYTES: readonly Layout[] = Array.from({ length: 8 }, (_, byte) => [
  u8(F["btcommon.eir_ad.entry.le_features"]!),
  ...(FEATURES[byte] ?? []).map((name, bit) => bits(F[`${LE}.${name}`], 1 << bit)),
]);

/** Type 0x27: as many bytes of the feature set as the sender cares to send. */
export function supportedFeatures(d: Dissection): void {
  for (let i = 0; i < FEATURE_BYTES.length && d.left > 0; i++) read(d, FEATURE_BYTES[i]!);
}

/** Least length of the data of a BIGInfo, and with the key material of an encrypted one. */
export const BIG_INFO_LENGTH = 33;
const ENCRYPTED_BIG_INFO_LENGTH = 57;

const BIG_INFO: Layout = [
  u32(0),
  bits(F[`${BIG}.big_offset`]!, 0x3fff),
  bits(F[`${BIG}.big_offset_units`]!, 0x4000),
  bits(F[`${BIG}.iso_interval`]!, 0x07ff8000),
  bits(F[`${BIG}.num_bis`]!, 0xf8000000),
  u32(0),
  bits(F[`${BIG}.nse`]!, 0x1f),
  bits(F[`${BIG}.bn`]!, 0xe0),
  bits(F[`${BIG}.sub_interval`]!, 0x0fffff00),
  bits(F[`${BIG}.pto`]!, 0xf0000000),
  u24(0),
  bits(F[`${BIG}.bis_spacing`]!, 0x0fffff),
  bits(F[`${BIG}.irc`]!, 0xf00000),
  u8(F[`${BIG}.max_pdu`]!),
  u8(F[`${BIG}.rfu`]!),
  u32(F[`${BIG}.seed_access_address`]!),
  call(accessAddresses),
  u32(0),
  bits(F[`${BIG}.sdu_interval`]!, 0x0fffff),
  bits(F[`${BIG}.max_sdu`]!, 0xfff00000),
  u16(F[`${BIG}.base_crc_init`]!),
  u40(0),
  bits(F[`${BIG}.channel_map`]!, 0x1f_ffff_ffff),
  bits(F[`${BIG}.phy`]!, 0xe0_0000_0000),
  call((d) => channelBits(d, true)),
  u40(0),
  bits(F[`${BIG}.bis_payload_count`]!, 0x7f_ffff_ffff),
  bits(F[`${BIG}.framing`]!, 0x80_0000_0000),
];

/**
 * The access addresses that follow from the seed: of the control PDUs, then of each stream (Core
 * 6.0, Vol 6, Part B, 2.1.2).
 */
function accessAddresses(d: Dissection): void {
  const at = d.pos - 4;
  const seed = d.data[at]! | d.data[at + 1]! << 8 | d.data[at + 2]! << 16 | d.data[at + 3]! << 24;
  const streams = d.data[at - 10]! >> 3;
  d.push();
  for (let n = 0; n <= streams; n++) {
    const field = F[`${BIG}.${n === 0 ? "big_control" : "bis"}_access_address`]!;
    d.put(field, (seed ^ diversifierWord(n)) >>> 0, at, 0);
  }
  d.pop();
}

function diversifierWord(n: number): number {
  const diversifier = 35 * n + 42 & 0x7f;
  const bit = (index: number) => diversifier >> index & 1;
  return (bit(0) === 0 ? 0 : 0xfc000000) | bit(1) << 25 | bit(6) << 24 | bit(1) << 23 |
    bit(5) << 21 | bit(4) << 20 | bit(3) << 18 | bit(2) << 17;
}

/** Type 0x2c. */
export function bigInfo(d: Dissection): void {
  const encrypted = d.left >= ENCRYPTED_BIG_INFO_LENGTH;
  read(d, BIG_INFO);
  if (encrypted) read(d, BIG_KEYS);
}

const BIG_KEYS: Layout = [raw(F[`${BIG}.giv`]!, 8), raw(F[`${BIG}.gskd`]!, 16)];
