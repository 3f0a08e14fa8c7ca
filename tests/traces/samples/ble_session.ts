/**
 * What a BLE sniffer sees of a few devices: advertising of all kinds, a connection with a reading,
 * and its end; in the forms that sniffers write (Bluetooth Core 6.0, Vol 6, Part B).
 *
 * @module
 */
import { ADVERTISING_INIT, crc24 } from "../../../traces/wire/crc24.ts";
import { bytesOf } from "../support/packets.ts";

const ADVERTISING_ACCESS = 0x8e89bed6;
const LINK_ACCESS = 0x50656a91;
const LINK_CRC_INIT = 0x1a2b3c;
const SENSOR = [0x01, 0x00, 0x5e, 0x00, 0x53, 0xc0];
const PHONE = [0x02, 0x00, 0x5e, 0x00, 0x53, 0x40];
const BEACON = [0x03, 0x00, 0x5e, 0x00, 0x53, 0xc0];

/** What a link layer PDU was to the sniffer. */
type PduKind = "advertising" | "auxiliary" | "central" | "peripheral";

export interface BlePacket {
  /** 0 to 39. */
  channel: number;
  /** dBm. */
  rssi: number;
  access: number;
  kind: PduKind;
  /** Access address, PDU and CRC. */
  bytes: Uint8Array;
}

function u16le(value: number): number[] {
  return [value & 255, value >> 8];
}

function u32le(value: number): number[] {
  return [value & 255, value >>> 8 & 255, value >>> 16 & 255, value >>> 24];
}

function packet(
  kind: PduKind,
  channel: number,
  pdu: Uint8Array,
  access: number,
  crcInit: number,
  wrong = 0,
): BlePacket {
  const crc = crc24(pdu, 0, pdu.length, crcInit) ^ wrong;
  const bytes = bytesOf(u32le(access), pdu, crc & 255, crc >> 8 & 255, crc >> 16);
  return { channel, rssi: -40 - channel, access, kind, bytes };
}

/** @param head type and the bits for addresses, as the first byte of the PDU */
function advertising(channel: number, head: number, ...parts: (number | number[])[]): BlePacket {
  const payload = bytesOf(...parts);
  const kind = channel > 36 ? "advertising" : "auxiliary";
  const pdu = bytesOf(head, payload.length, payload);
  return packet(kind, channel, pdu, ADVERTISING_ACCESS, ADVERTISING_INIT);
}

/** @param head LLID, NESN, SN and MD, as the first byte of the PDU */
function data(side: "central" | "peripheral", head: number, ...parts: (number | number[])[]) {
  const payload = bytesOf(...parts);
  return packet(side, 8, bytesOf(head, payload.length, payload), LINK_ACCESS, LINK_CRC_INIT);
}

const text = (value: string) => [...new TextEncoder().encode(value)];
const FLAGS = [2, 0x01, 0x06];
const NAME = [9, 0x09, ...text("sensor-7")];
const SERVICES = [3, 0x03, 0x1a, 0x18];
const READING = [7, 0x16, 0x1a, 0x18, 0x34, 0x08, 0x57, 0x1a];
const IBEACON = [26, 0xff, 0x4c, 0x00, 0x02, 0x15, ...Array(16).fill(0xab), 0, 1, 0, 2, 0xc5];
const POWER = [2, 0x0a, 0xfc];
const UUID128 = [17, 0x07, ...Array.from({ length: 16 }, (_, i) => i)];
const APPEARANCE = [3, 0x19, ...u16le(0x0300)];

/** Window size 2, offset 5, interval 24, latency 0, timeout 72, channels, hop 9, SCA 1. */
const LINK_DATA = [
  ...[u32le(LINK_ACCESS), [0x3c, 0x2b, 0x1a], 2, u16le(5), u16le(24), u16le(0), u16le(72)].flat(),
  ...[0xff, 0xff, 0xff, 0xff, 0x1f, 9 | 1 << 5],
];
/** Advertising data info: DID 0x123, SID 4. */
const DATA_INFO = [0x23, 0x41];
/** AuxPtr to channel 20, offset 300 us in units of 30 us, LE 1M. */
const AUX_POINTER = [20, 10, 0];

/** ATT in L2CAP. */
function att(...parts: (number | number[])[]): number[] {
  const pdu = [...bytesOf(...parts)];
  return [...u16le(pdu.length), ...u16le(4), ...pdu];
}

/** All packets of the session in order. */
export function bleSession(): BlePacket[] {
  return [
    advertising(37, 0x40, SENSOR, FLAGS, SERVICES, READING),
    advertising(38, 0x42, BEACON, FLAGS, IBEACON),
    advertising(39, 0x46, BEACON, FLAGS, POWER, UUID128),
    advertising(37, 0xc3, PHONE, SENSOR),
    advertising(37, 0x44, SENSOR, NAME, APPEARANCE),
    advertising(38, 0xc1, SENSOR, PHONE),
    // ADV_EXT_IND with ADI and AuxPtr, then AUX_ADV_IND with AdvA and data, then AUX_CHAIN_IND.
    advertising(37, 0x07, 6, 0x18, DATA_INFO, AUX_POINTER),
    advertising(20, 0x47, 12, 0x19, BEACON, DATA_INFO, AUX_POINTER, FLAGS, IBEACON),
    advertising(20, 0x07, 3, 0x08, DATA_INFO, POWER),
    packet(
      ...["advertising", 39, bytesOf(0x40, 9, SENSOR, FLAGS), ADVERTISING_ACCESS] as const,
      ...[ADVERTISING_INIT, 0x000100] as const,
    ),
    advertising(37, 0xe5, PHONE, SENSOR, LINK_DATA),
    data("central", 0x01),
    data("peripheral", 0x05),
    data("central", 0x0b, 0x0c, 0x0d, u16le(0x0059), u16le(1)),
    data("peripheral", 0x07, 0x0c, 0x0d, u16le(0x0059), u16le(2)),
    data("central", 0x0a, att(0x0a, u16le(0x10))),
    data("peripheral", 0x06, att(0x0b, [0x34, 0x08])),
    data("central", 0x0a, att(0x12, u16le(0x20), 1)),
    data("peripheral", 0x06, att(0x13)),
    // A notification in two fragments.
    data("peripheral", 0x0e, att(0x1b, u16le(0x10), Array(20).fill(0x55)).slice(0, 12)),
    data("peripheral", 0x01, att(0x1b, u16le(0x10), Array(20).fill(0x55)).slice(12)),
    data("central", 0x0b, 0x02, 0x13),
  ];
}

/** RF channel of a channel index (Vol 6, Part B, 1.4.1). */
function rfChannel(index: number): number {
  if (index === 37) return 0;
  if (index === 38) return 12;
  if (index === 39) return 39;
  return index < 11 ? index + 1 : index + 2;
}

const PDU_TYPES: Record<PduKind, number> = {
  advertising: 0,
  auxiliary: 1,
  central: 2,
  peripheral: 3,
};

/** LINKTYPE 256. */
export function withRadioHeader({ channel, rssi, access, kind, bytes }: BlePacket): Uint8Array {
  // Dewhitened, signal and reference address valid, CRC checked and right.
  const flags = 0x0001 | 0x0002 | 0x0010 | 0x0c00 | PDU_TYPES[kind] << 7;
  return bytesOf(rfChannel(channel), rssi + 256, 0, 0, u32le(access), u16le(flags), bytes);
}

/** LINKTYPE 272, version 2 or 3 of the format. */
export function fromNordicSniffer(
  { channel, rssi, kind, bytes }: BlePacket,
  index: number,
  version: 2 | 3,
): Uint8Array {
  const flags = 0x01 | (kind === "central" ? 0x02 : 0);
  const packetId = kind === "advertising" || kind === "auxiliary" ? 2 : 6;
  const time = version === 2 ? 150 : 1_000_000 + 1250 * index;
  const head = bytesOf(10, flags, channel, -rssi, u16le(index), u32le(time));
  return bytesOf(
    ...[7, u16le(head.length + bytes.length), version, u16le(index), packetId],
    ...[head, bytes],
  );
}

/** LINKTYPE 192: PPI without fields around LINKTYPE 251. */
export function withPpi({ bytes }: BlePacket): Uint8Array {
  return bytesOf(0, 0, u16le(8), u32le(251), bytes);
}
