/**
 * Frames of Nordic's nRF Sniffer for Bluetooth LE, LINKTYPE_NORDIC_BLE (272), protocol versions 0 to
 * 3; little-endian. The channel in it is the channel index.
 *
 * @module
 */
import { bitField, putBits } from "./bit_fields.ts";
import type { Dissection } from "./dissection.ts";
import {
  boolean,
  define,
  hex16,
  hex8,
  int8,
  none,
  protocol,
  uint16,
  uint32,
  uint8,
} from "./field.ts";
import { rule } from "./problem.ts";
import { Direction, PduKind, Phy, type RadioContext } from "./radio_context.ts";

const NORDIC_BLE = protocol("nordic_ble", "NORDIC_BLE", "nRF Sniffer for Bluetooth LE");

const F = define({
  "nordic_ble.board_id": uint8("Board"),
  "nordic_ble.legacy_marker": hex16("Marker of version 0"),
  "nordic_ble.header": none("Header"),
  "nordic_ble.hlen": uint8("Length of the header"),
  "nordic_ble.plen": uint16("Length of the payload"),
  "nordic_ble.protover": uint8("Protocol version"),
  "nordic_ble.packet_counter": uint16("Packet counter"),
  "nordic_ble.packet_id": uint8("Packet id"),
  "nordic_ble.len": uint16("Length of the packet header"),
  "nordic_ble.flags": hex8("Flags"),
  "nordic_ble.crcok": boolean("CRC is right"),
  "nordic_ble.direction": boolean("From the central"),
  "nordic_ble.flag_reserved1": uint8("Reserved"),
  "nordic_ble.encrypted": boolean("Encrypted"),
  "nordic_ble.flag_reserved2": uint8("Reserved"),
  "nordic_ble.aux_type": uint8("Kind of auxiliary PDU"),
  "nordic_ble.micok": boolean("MIC is right"),
  "nordic_ble.mic_not_relevant": uint8("MIC (not encrypted)"),
  "nordic_ble.address_resolved": boolean("Address resolved"),
  "nordic_ble.phy": uint8("PHY", { names: ["LE 1M", "LE 2M", "LE Coded"] }),
  "nordic_ble.flag_reserved7": uint8("Reserved"),
  "nordic_ble.channel": uint8("Channel index"),
  "nordic_ble.rssi": int8("RSSI", { unit: " dBm" }),
  "nordic_ble.event_counter": uint16("Event counter"),
  "nordic_ble.time": uint32("Time", { unit: " us" }),
  "nordic_ble.delta_time": uint32("Time since the end of the last packet", { unit: " us" }),
  "nordic_ble.delta_time_ss": uint32("Time since the start of the last packet", { unit: " us" }),
  "nordic_ble.packet_time": uint32("Duration of the packet", { unit: " us" }),
  "nordic_ble.crc.bad": none("CRC is wrong"),
  "nordic_ble.mic.bad": none("MIC is wrong"),
  "nordic_ble.length.bad": none("Length is wrong"),
  "nordic_ble.protover.bad": none("Version is not known"),
});

const DATA_FLAGS = [
  bitField(F["nordic_ble.direction"], 0x02),
  bitField(F["nordic_ble.encrypted"], 0x04),
];
const PRIMARY_FLAGS = [
  bitField(F["nordic_ble.flag_reserved1"], 0x02),
  bitField(F["nordic_ble.flag_reserved2"], 0x04),
  bitField(F["nordic_ble.address_resolved"], 0x08),
];
const AUXILIARY_FLAGS = [
  bitField(F["nordic_ble.aux_type"], 0x06),
  bitField(F["nordic_ble.address_resolved"], 0x08),
];
const PHY_FLAGS = [
  bitField(F["nordic_ble.phy"], 0x70),
  bitField(F["nordic_ble.flag_reserved7"], 0x80),
];

/** First two bytes of a frame of version 0. */
const MARKER = 0xbeef;
/** Length of the header behind marker or board, in bytes. */
const HEADER_LENGTH = 6;
/** Length of the packet header in version 0, in bytes. */
const OLD_PACKET_HEADER = 10;
const ADVERTISING_ADDRESS = 0x8e89bed6;

const BAD_LENGTH = rule("nordic_ble", "error", "length is not the length of the frame");
const UNKNOWN_VERSION = rule("nordic_ble", "warning", "protocol version is not known");
const BAD_MIC = rule(
  "nordic_ble",
  "warning",
  "message integrity check failed",
  "Core 6.0, Vol 6, Part E, 2",
);

/** When the last packet of one sniffer was on the air, in microseconds. */
export interface NordicClock {
  seen: boolean;
  /** Start, end and duration of the last packet. */
  start: number;
  end: number;
  duration: number;
}

/**
 * Reads the header and says in `radio` what it means.
 *
 * @param clock of the sniffer the frame is from
 * @returns whether a link layer packet follows
 */
export function nordicHeader(d: Dissection, radio: RadioContext, clock: NordicClock): boolean {
  const entry = d.layer(NORDIC_BLE);
  const start = d.pos;
  const old = d.peek16() === MARKER;
  if (old) d.u16(F["nordic_ble.legacy_marker"]);
  else d.u8(F["nordic_ble.board_id"]);
  const version = old ? 0 : Math.max(d.peek(2), 0);
  const header = d.pos;
  d.putNone(F["nordic_ble.header"], header, HEADER_LENGTH);
  d.push();
  const payload = old ? oldHeader(d) : newHeader(d, radio, version);
  d.pop();
  const packet = old ? OLD_PACKET_HEADER : d.u8(F["nordic_ble.len"]);
  if (d.failed !== 0) return false;
  packetFields(d, radio, version, packet, payload, clock);
  if (d.failed !== 0) return false;
  d.lengthOf(entry, d.pos - start);
  radio.present = true;
  const whole = header - start + HEADER_LENGTH + payload;
  if (whole === d.end - start) return true;
  d.putNone(F["nordic_ble.length.bad"], header, 1);
  d.problem(BAD_LENGTH, header, `${whole} bytes announced, ${d.end - start} there`);
  return false;
}

/** @returns length of what follows the header */
function oldHeader(d: Dissection): number {
  d.put(F["nordic_ble.protover"], 0);
  d.u8(F["nordic_ble.packet_id"]);
  d.u16le(F["nordic_ble.packet_counter"]);
  d.skip(2);
  return d.u8(F["nordic_ble.plen"]);
}

function newHeader(d: Dissection, radio: RadioContext, version: number): number {
  let length: number;
  if (version === 1) {
    d.u8(F["nordic_ble.hlen"]);
    length = d.u8(F["nordic_ble.plen"]);
  } else {
    length = d.u16le(F["nordic_ble.plen"]);
  }
  d.u8(F["nordic_ble.protover"]);
  if (version > 3) {
    d.putNone(F["nordic_ble.protover.bad"], d.pos - 1, 1);
    d.problem(UNKNOWN_VERSION, d.pos - 1, `${version}`);
  }
  d.u16le(F["nordic_ble.packet_counter"]);
  const id = d.u8(F["nordic_ble.packet_id"]);
  if (version > 2) {
    radio.kind = id === 6 ? PduKind.Data : id === 2 ? PduKind.Advertising : PduKind.Unknown;
  }
  return length;
}

function packetFields(
  d: Dissection,
  radio: RadioContext,
  version: number,
  packet: number,
  payload: number,
  clock: NordicClock,
): void {
  const flagsAt = d.pos;
  if (!d.has(9)) return d.skip(9);
  const flags = d.u8(F["nordic_ble.flags"]);
  radio.channel = d.data[flagsAt + 1]!;
  if (version < 3) radio.kind = kindByAddress(d, flagsAt + packet - 1);
  readFlags(d, radio, flags, flagsAt);
  d.u8(F["nordic_ble.channel"]);
  radio.rssi = -d.u8();
  d.put(F["nordic_ble.rssi"], radio.rssi << 24 >> 24, d.pos - 1, 1);
  radio.event = d.u16le(F["nordic_ble.event_counter"]);
  const coding = d.pos + 8 < d.end ? d.data[d.pos + 8]! : 0;
  const duration = packetTime(radio.phy, payload - packet, coding);
  if (version < 3) deltaTime(d, clock, duration);
  else timestamp(d, clock, duration);
}

/** Versions before 3 don't say what kind of PDU it is. */
function kindByAddress(d: Dissection, at: number): number {
  if (at + 4 > d.end) return PduKind.Data;
  const { data } = d;
  const address = data[at]! | data[at + 1]! << 8 | data[at + 2]! << 16 | data[at + 3]! << 24;
  return address >>> 0 === ADVERTISING_ADDRESS ? PduKind.Advertising : PduKind.Data;
}

function readFlags(d: Dissection, radio: RadioContext, flags: number, at: number): void {
  radio.crcChecked = true;
  radio.crcValid = (flags & 0x01) !== 0;
  radio.phy = flags >> 4 & 7;
  d.push();
  d.put(F["nordic_ble.crcok"], flags & 1, at, 1);
  if (!radio.crcValid) d.putNone(F["nordic_ble.crc.bad"], at, 1);
  if (radio.kind === PduKind.Data) {
    radio.direction = (flags & 0x02) !== 0 ? Direction.ToPeripheral : Direction.ToCentral;
    radio.decrypted = (flags & 0x0c) === 0x0c;
    putBits(d, DATA_FLAGS, flags, at, 1);
    const encrypted = (flags & 0x04) !== 0;
    d.put(F[encrypted ? "nordic_ble.micok" : "nordic_ble.mic_not_relevant"], flags >> 3 & 1, at, 1);
    if (encrypted && (flags & 0x08) === 0) {
      d.putNone(F["nordic_ble.mic.bad"], at, 1);
      d.problem(BAD_MIC, at);
    }
  } else if (radio.channel < 37) {
    radio.auxiliary = flags >> 1 & 3;
    putBits(d, AUXILIARY_FLAGS, flags, at, 1);
  } else {
    putBits(d, PRIMARY_FLAGS, flags, at, 1);
  }
  putBits(d, PHY_FLAGS, flags, at, 1);
  d.pop();
}

/**
 * How long a packet of `length` bytes from the access address on is on the air, in microseconds
 * (Core 6.0, Vol 6, Part B, 2.1 and 2.2).
 */
function packetTime(phy: number, length: number, coding: number): number {
  if (phy === Phy.Le1M) return 8 * (1 + length) & 0xffff;
  if (phy === Phy.Le2M) return 4 * (2 + length) & 0xffff;
  if (phy !== Phy.LeCoded || coding > 1) return 0;
  const block = length - 5 & 0xffff;
  return (coding === 0 ? 376 + 64 * block + 24 : 376 + 16 * block + 6) & 0xffff;
}

function deltaTime(d: Dissection, clock: NordicClock, duration: number): void {
  const at = d.pos;
  const delta = d.u32le(F["nordic_ble.delta_time"]);
  if (!clock.seen) d.put(F["nordic_ble.delta_time_ss"], clock.duration + delta >>> 0, at, 4);
  d.put(F["nordic_ble.packet_time"], duration, at, 4);
  clock.duration = duration;
  clock.seen = true;
}

function timestamp(d: Dissection, clock: NordicClock, duration: number): void {
  const at = d.pos;
  const time = d.u32le(F["nordic_ble.time"]);
  d.put(F["nordic_ble.packet_time"], duration, at, 4);
  if (d.frame > 1) {
    d.put(F["nordic_ble.delta_time"], time - clock.end >>> 0, at, 4);
    d.put(F["nordic_ble.delta_time_ss"], time - clock.start >>> 0, at, 4);
  }
  clock.start = time;
  clock.end = time + duration;
  clock.seen = true;
}
