/**
 * Radio header of Bluetooth LE captures, LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR (256): ten bytes,
 * little-endian, as described at tcpdump.org/linktypes.
 *
 * The channel in it is the RF channel (2402 MHz + 2 MHz * n), not the channel index of the standard
 * (Core 6.0, Vol 6, Part B, 1.4.1): RF channels 0, 12 and 39 are the indices 37, 38 and 39.
 *
 * @module
 */
import { bitField, putBits } from "./bit_fields.ts";
import type { Dissection } from "./dissection.ts";
import { boolean, define, hex16, hex32, int8, protocol, uint16, uint8 } from "./field.ts";
import { rule } from "./problem.ts";
import { AddressMatch, Direction, PduKind, type RadioContext } from "./radio_context.ts";

const BTLE_RF = protocol("btle_rf", "BTLE RF", "Bluetooth Low Energy RF Info");

const F = define({
  "btle_rf.channel": uint8("RF channel"),
  "btle_rf.signal_dbm": int8("Signal", { unit: " dBm" }),
  "btle_rf.noise_dbm": int8("Noise", { unit: " dBm" }),
  "btle_rf.access_address_offenses": uint8("Access address offenses"),
  "btle_rf.reference_access_address": hex32("Reference access address"),
  "btle_rf.signed_byte_unused": int8("Unused"),
  "btle_rf.unsigned_byte_unused": uint8("Unused"),
  "btle_rf.word_unused": hex32("Unused"),
  "btle_rf.flags": hex16("Flags"),
  "btle_rf.flags.dewhitened": boolean("Dewhitened"),
  "btle_rf.flags.signal_dbm_valid": boolean("Signal valid"),
  "btle_rf.flags.noise_dbm_valid": boolean("Noise valid"),
  "btle_rf.flags.decrypted": boolean("Decrypted"),
  "btle_rf.flags.reference_access_address_valid": boolean("Reference access address valid"),
  "btle_rf.flags.access_address_offenses_valid": boolean("Access address offenses valid"),
  "btle_rf.flags.channel_aliased": boolean("Channel aliased"),
  "btle_rf.pdu_type": uint16("PDU type", {
    names: [
      "advertising or data",
      "auxiliary advertising",
      "data, central to peripheral",
      "data, peripheral to central",
      "connected isochronous, central to peripheral",
      "connected isochronous, peripheral to central",
      "broadcast isochronous",
    ],
  }),
  "btle_rf.flags.crc_checked": boolean("CRC checked"),
  "btle_rf.flags.crc_valid": boolean("CRC valid"),
  "btle_rf.flags.mic_checked": boolean("MIC checked"),
  "btle_rf.flags.mic_valid": boolean("MIC valid"),
  "btle_rf.phy": uint16("PHY", { names: ["LE 1M", "LE 2M", "LE Coded"] }),
});

const CHANNEL = F["btle_rf.channel"];
const SIGNAL = F["btle_rf.signal_dbm"];
const NOISE = F["btle_rf.noise_dbm"];
const OFFENSES = F["btle_rf.access_address_offenses"];
const REFERENCE = F["btle_rf.reference_access_address"];
const SIGNED_UNUSED = F["btle_rf.signed_byte_unused"];
const UNSIGNED_UNUSED = F["btle_rf.unsigned_byte_unused"];
const WORD_UNUSED = F["btle_rf.word_unused"];
const FLAGS = F["btle_rf.flags"];

const HEADER_LENGTH = 10;
const SIGNAL_VALID = 0x0002;
const NOISE_VALID = 0x0004;
const DECRYPTED = 0x0008;
const REFERENCE_VALID = 0x0010;
const OFFENSES_VALID = 0x0020;
const CRC_CHECKED = 0x0400;
const CRC_VALID = 0x0800;
const LAST_CHANNEL = 39;

const FLAG_BITS = [
  bitField(F["btle_rf.flags.dewhitened"], 0x0001),
  bitField(F["btle_rf.flags.signal_dbm_valid"], SIGNAL_VALID),
  bitField(F["btle_rf.flags.noise_dbm_valid"], NOISE_VALID),
  bitField(F["btle_rf.flags.decrypted"], DECRYPTED),
  bitField(F["btle_rf.flags.reference_access_address_valid"], REFERENCE_VALID),
  bitField(F["btle_rf.flags.access_address_offenses_valid"], OFFENSES_VALID),
  bitField(F["btle_rf.flags.channel_aliased"], 0x0040),
  bitField(F["btle_rf.pdu_type"], 0x0380),
  bitField(F["btle_rf.flags.crc_checked"], CRC_CHECKED),
  bitField(F["btle_rf.flags.crc_valid"], CRC_VALID),
  bitField(F["btle_rf.flags.mic_checked"], 0x1000),
  bitField(F["btle_rf.flags.mic_valid"], 0x2000),
  bitField(F["btle_rf.phy"], 0xc000),
];

/** What each number in the PDU type bits of the flags means. */
const KINDS = [
  PduKind.Unknown,
  PduKind.Advertising,
  PduKind.Data,
  PduKind.Data,
  PduKind.ConnectedIso,
  PduKind.ConnectedIso,
  PduKind.BroadcastIso,
  PduKind.Unknown,
];

const ILLEGAL_CHANNEL = rule(
  "btle_rf",
  "warning",
  "RF channel beyond 39",
  "Core 6.0, Vol 6, Part A, 2",
);
const RESERVED_TYPE = rule("btle_rf", "warning", "PDU type in the flags is reserved");
const RESERVED_PHY = rule("btle_rf", "warning", "PHY in the flags is reserved");

/** The channel index of an RF channel; 255 beyond the last (Core 6.0, Vol 6, Part B, 1.4.1). */
function channelIndex(rf: number): number {
  if (rf > LAST_CHANNEL) return 255;
  if (rf === 0) return 37;
  if (rf < 12) return rf - 1;
  if (rf === 12) return 38;
  return rf === LAST_CHANNEL ? 39 : rf - 2;
}

/**
 * Reads the header and says in `radio` what it means.
 *
 * @returns false when the frame is too short to hold one
 */
export function radioHeader(d: Dissection, radio: RadioContext): boolean {
  if (d.left < HEADER_LENGTH) return false;
  const entry = d.layer(BTLE_RF);
  d.lengthOf(entry, HEADER_LENGTH);
  const at = d.pos;
  const flags = d.data[at + 8]! | d.data[at + 9]! << 8;
  const channel = d.u8(CHANNEL);
  const signal = d.i8(flags & SIGNAL_VALID ? SIGNAL : SIGNED_UNUSED);
  d.i8(flags & NOISE_VALID ? NOISE : SIGNED_UNUSED);
  const offenses = d.u8(flags & OFFENSES_VALID ? OFFENSES : UNSIGNED_UNUSED);
  d.u32le(flags & REFERENCE_VALID ? REFERENCE : WORD_UNUSED);
  d.u16le(FLAGS);
  d.push();
  putBits(d, FLAG_BITS, flags, at + 8, 2);
  d.pop();

  radio.present = true;
  radio.channel = channelIndex(channel);
  radio.rssi = flags & SIGNAL_VALID ? signal : 127;
  radio.phy = flags >> 14;
  radio.crcChecked = (flags & CRC_CHECKED) !== 0;
  radio.crcValid = (flags & CRC_VALID) !== 0;
  radio.decrypted = (flags & DECRYPTED) !== 0;
  const type = flags >> 7 & 7;
  radio.kind = KINDS[type]!;
  radio.direction = type < 2 || type > 5
    ? Direction.Unknown
    : type & 1
    ? Direction.ToCentral
    : Direction.ToPeripheral;
  if (type === 1) radio.auxiliary = flags >> 12 & 3;
  if (flags & OFFENSES_VALID) radio.match = matchOf(offenses, (flags & REFERENCE_VALID) !== 0);
  if (channel > LAST_CHANNEL) d.problem(ILLEGAL_CHANNEL, at, `channel ${channel}`);
  if (type === 7) d.problem(RESERVED_TYPE, at + 8);
  if (radio.phy === 3) d.problem(RESERVED_PHY, at + 8);
  return true;
}

function matchOf(offenses: number, known: boolean): number {
  if (offenses > 0) return known ? AddressMatch.BitErrors : AddressMatch.Illegal;
  return known ? AddressMatch.Matched : AddressMatch.Unknown;
}
