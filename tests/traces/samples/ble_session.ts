/**
 * What a BLE sniffer sees of a few devices: advertising of all kinds, a connection with a reading,
 * and its end; in the forms that sniffers write (Bluetooth Core 6.0, Vol 6, Part B).
 *
 * @module
 */
import * as ble from "../support/ble_frames.ts";
import { bytesOf } from "../support/packets.ts";

const LINK_ACCESS = 0x50656a91;
const LINK_CRC_INIT = 0x1a2b3c;
const SENSOR = ble.address("c0:53:00:5e:00:01");
const PHONE = ble.address("40:53:00:5e:00:02");
const BEACON = ble.address("c0:53:00:5e:00:03");

/** What a link layer PDU was to the sniffer. */
type PduKind = "advertising" | "auxiliary" | "central" | "peripheral";

export interface BlePacket {
  /** 0 to 39. */
  channel: number;
  /** dBm. */
  rssi: number;
  kind: PduKind;
  /** Access address, PDU and CRC. */
  bytes: Uint8Array;
}

function heard(kind: PduKind, channel: number, bytes: Uint8Array): BlePacket {
  return { channel, rssi: -40 - channel, kind, bytes };
}

/** @param head type and the bits for addresses, as the first byte of the PDU */
function advertising(channel: number, head: number, ...parts: ble.Part[]): BlePacket {
  return heard("advertising", channel, ble.packet(ble.advertisingPdu(head, ...parts)));
}

function extended(channel: number, head: number, parts: ble.ExtendedParts): BlePacket {
  const kind = channel > 36 ? "advertising" : "auxiliary";
  return heard(kind, channel, ble.packet(ble.extendedPdu(head, parts)));
}

/** @param head LLID, NESN, SN and MD, as the first byte of the PDU */
function data(side: "central" | "peripheral", head: number, ...parts: ble.Part[]): BlePacket {
  return heard(side, 8, ble.packet(ble.dataPdu(head, ...parts), LINK_ACCESS, LINK_CRC_INIT));
}

const text = (value: string) => [...new TextEncoder().encode(value)];
const FLAGS = ble.ad(0x01, 0x06);
const NAME = ble.ad(0x09, text("sensor-7"));
const SERVICES = ble.ad(0x03, 0x1a, 0x18);
const READING = ble.ad(0x16, 0x1a, 0x18, 0x34, 0x08, 0x57, 0x1a);
const IBEACON = ble.ad(0xff, 0x4c, 0x00, 0x02, 0x15, Array(16).fill(0xab), 0, 1, 0, 2, 0xc5);
const POWER = ble.ad(0x0a, 0xfc);
const UUID128 = ble.ad(0x07, Array.from({ length: 16 }, (_, i) => i));
const APPEARANCE = ble.ad(0x19, 0x00, 0x03);
/** Advertising data info: DID 0x123, SID 4. */
const DATA_INFO = 0x4123;
/** AuxPtr to channel 20, offset 300 us in units of 30 us, LE 1M. */
const AUX_POINTER = [20, 10, 0];

function att(...parts: ble.Part[]): Uint8Array {
  return ble.l2capPdu(4, ...parts);
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
    extended(37, 0x07, { dataInfo: DATA_INFO, auxPointer: AUX_POINTER }),
    extended(20, 0x47, {
      ...{ advertiser: BEACON, dataInfo: DATA_INFO, auxPointer: AUX_POINTER },
      data: [...FLAGS, ...IBEACON],
    }),
    extended(20, 0x07, { dataInfo: DATA_INFO, data: POWER }),
    heard(
      ...["advertising", 39] as const,
      ble.packet(ble.advertisingPdu(0x40, SENSOR, FLAGS), undefined, undefined, 0x000100),
    ),
    advertising(37, 0xe5, PHONE, SENSOR, ble.linkLayerData(LINK_ACCESS, LINK_CRC_INIT)),
    data("central", 0x01),
    data("peripheral", 0x05),
    data("central", 0x0b, 0x0c, 0x0d, [0x59, 0], [1, 0]),
    data("peripheral", 0x07, 0x0c, 0x0d, [0x59, 0], [2, 0]),
    data("central", 0x0a, att(0x0a, [0x10, 0])),
    data("peripheral", 0x06, att(0x0b, [0x34, 0x08])),
    data("central", 0x0a, att(0x12, [0x20, 0], 1)),
    data("peripheral", 0x06, att(0x13)),
    // A notification in two fragments.
    data("peripheral", 0x0e, att(0x1b, [0x10, 0], Array(20).fill(0x55)).slice(0, 12)),
    data("peripheral", 0x01, att(0x1b, [0x10, 0], Array(20).fill(0x55)).slice(12)),
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
export function withRadioHeader(
  { channel, rssi, kind, bytes }: BlePacket,
  auxiliary = 0,
): Uint8Array {
  // Dewhitened, signal and reference address valid, CRC checked and right.
  const flags = 0x0001 | 0x0002 | 0x0010 | 0x0c00 | PDU_TYPES[kind] << 7 |
    auxiliary << 12;
  return ble.withRadio(rfChannel(channel), rssi, flags, bytes);
}

/** LINKTYPE 272, version 3 of the format. */
export function fromNordicSniffer(
  { channel, rssi, kind, bytes }: BlePacket,
  index: number,
): Uint8Array {
  const flags = 0x01 | (kind === "central" ? 0x02 : 0);
  const id = kind === "advertising" || kind === "auxiliary" ? 2 : 6;
  return ble.withNordic(id, flags, channel, rssi, 1_000_000 + 1250 * index, bytes);
}

/** The same in version 2, where times are differences. */
export function fromOlderNordicSniffer(packet: BlePacket): Uint8Array {
  const frame = fromNordicSniffer(packet, 0);
  frame[3] = 2;
  frame.set(ble.le(150, 4), frame.length - packet.bytes.length - 4);
  return frame;
}

/** LINKTYPE 192: PPI without fields around LINKTYPE 251. */
export function withPpi({ bytes }: BlePacket): Uint8Array {
  return bytesOf([0, 0, 8, 0], ble.le(251, 4), bytes);
}
