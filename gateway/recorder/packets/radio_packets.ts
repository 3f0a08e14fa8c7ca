/**
 * Frames that a bridge node heard, with what it says about their reception in the pseudo header of
 * the link type that has one: LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR (256),
 * LINKTYPE_IEEE802_15_4_TAP (283), LINKTYPE_BLUETOOTH_HCI_H4_WITH_PHDR (201).
 *
 * @module
 */
import {
  RadioFlag,
  RadioLink,
  UNKNOWN_CHANNEL,
  UNKNOWN_LQI,
  UNKNOWN_RSSI,
} from "../../../traces/sensors/radio_envelope.ts";

/** A frame and its reception, with the values of the radio envelope. */
export interface RadioFrame {
  /** See `RadioLink`. */
  readonly linkType: number;
  /** dBm, 127 unknown. */
  readonly rssi: number;
  /** Index of a BLE channel or number of an 802.15.4 channel, 255 unknown. */
  readonly channel: number;
  /** See `RadioFlag`. */
  readonly flags: number;
  /** 255 unknown. */
  readonly lqi: number;
  readonly data: Uint8Array;
}

/** A packet for a capture file. */
export interface RadioPacket {
  readonly linkType: number;
  /** Fresh. */
  readonly data: Uint8Array<ArrayBuffer>;
  /**
   * Length on the air with the pseudo header, for `original length`: more than `data` has where the
   * frame is cut short or came without its CRC, so that readers do not call it malformed.
   */
  readonly length: number;
  /** What a reader cannot see in the packet, for a comment. */
  readonly note?: string;
}

/** Link types that packets have (pcap LINKTYPE). */
export const PacketLink = {
  HciH4WithHeader: 201,
  BleWithHeader: 256,
  WpanTap: 283,
} as const;

/** The link type that frames of a radio link type get; the same one when it is not known. */
export function packetLinkType(linkType: number): number {
  switch (linkType) {
    case RadioLink.HciH4:
      return PacketLink.HciH4WithHeader;
    case RadioLink.BleLinkLayer:
      return PacketLink.BleWithHeader;
    case RadioLink.WpanWithFcs:
    case RadioLink.WpanNoFcs:
      return PacketLink.WpanTap;
    default:
      return linkType;
  }
}

/** A frame as packet; one of an unknown link type stays as it is. */
export function radioPacket(frame: RadioFrame): RadioPacket {
  switch (frame.linkType) {
    case RadioLink.HciH4:
      return hciPacket(frame);
    case RadioLink.BleLinkLayer:
      return blePacket(frame);
    case RadioLink.WpanWithFcs:
    case RadioLink.WpanNoFcs:
      return wpanPacket(frame);
    default:
      return packet(frame.linkType, [], frame.data, frame.data.length, []);
  }
}

const CUT = "frame cut short";

function packet(
  linkType: number,
  header: ArrayLike<number>,
  frame: Uint8Array,
  frameLength: number,
  notes: readonly string[],
): RadioPacket {
  const data = new Uint8Array(header.length + frame.length);
  data.set(header);
  data.set(frame, header.length);
  const whole = { linkType, data, length: header.length + Math.max(frameLength, frame.length) };
  return notes.length === 0 ? whole : { ...whole, note: notes.join(", ") };
}

const isCut = ({ flags }: RadioFrame): boolean => (flags & RadioFlag.Cut) !== 0;

/** H4 packet types (Core 6.0, Vol 4, Part A, 2). */
const H4 = { Command: 1, Acl: 2, Sco: 3, Event: 4, Iso: 5 } as const;
/** Wireshark's meaning of the direction; the link type's page has it the other way round. */
const SENT = [0, 0, 0, 0];
const RECEIVED = [0, 0, 0, 1];

function hciPacket(frame: RadioFrame): RadioPacket {
  const { data } = frame;
  const header = data[0] === H4.Command ? SENT : RECEIVED;
  const length = hciLength(data);
  const notes = isCut(frame) || length > data.length ? [CUT] : [];
  return packet(PacketLink.HciH4WithHeader, header, data, length, notes);
}

/**
 * What the packet's own header says, with the H4 packet type; where the header is cut short, one
 * byte more than there is (Core 6.0, Vol 4, Part E, 5.4).
 */
function hciLength(data: Uint8Array): number {
  switch (data[0]) {
    case H4.Event:
      return 3 + (data[2] ?? 0);
    case H4.Command:
    case H4.Sco:
      return 4 + (data[3] ?? 0);
    case H4.Acl:
      return 5 + (data[3] ?? 0) + 256 * (data[4] ?? 0);
    case H4.Iso:
      return 5 + (data[3] ?? 0) + 256 * ((data[4] ?? 0) & 0x3f);
    default:
      return Math.max(1, data.length);
  }
}

/** Flags of the pseudo header of link type 256. */
const BleFlag = {
  Dewhitened: 0x0001,
  SignalValid: 0x0002,
  ReferenceAddressValid: 0x0010,
  ChannelAliased: 0x0040,
  CrcChecked: 0x0400,
  CrcValid: 0x0800,
} as const;

/** Access address of advertising, least significant byte first (Core 6.0, Vol 6, Part B, 2.1.2). */
const ADVERTISING_ADDRESS = [0xd6, 0xbe, 0x89, 0x8e];
const ACCESS_ADDRESS_BYTES = 4;
const PDU_HEADER_BYTES = 2;
const CRC_BYTES = 3;
const NO_NOISE = 0x80;

/** The RF channel (2402 MHz + 2 MHz each) of a channel index (Core 6.0, Vol 6, Part B, 1.4.1). */
export function rfChannel(index: number): number {
  if (index === 37) return 0;
  if (index === 38) return 12;
  if (index === 39) return 39;
  return index <= 10 ? index + 1 : index + 2;
}

function blePacket(frame: RadioFrame): RadioPacket {
  const { data, rssi, channel, flags } = frame;
  const notes: string[] = [];
  const known = channel < 40;
  if (!known) notes.push("radio channel unknown");
  const advertising = ADVERTISING_ADDRESS.every((byte, at) => data[at] === byte);
  let bits = BleFlag.Dewhitened;
  if (rssi !== UNKNOWN_RSSI) bits |= BleFlag.SignalValid;
  if (advertising) bits |= BleFlag.ReferenceAddressValid;
  if (!known) bits |= BleFlag.ChannelAliased;
  if ((flags & RadioFlag.Checked) !== 0) {
    bits |= BleFlag.CrcChecked;
    if ((flags & RadioFlag.Wrong) === 0) bits |= BleFlag.CrcValid;
  }
  const header = [
    ...[known ? rfChannel(channel) : 0, rssi === UNKNOWN_RSSI ? NO_NOISE : rssi & 255],
    ...[NO_NOISE, 0],
    ...(advertising ? ADVERTISING_ADDRESS : [0, 0, 0, 0]),
    ...[bits & 255, bits >> 8],
  ];
  const length = bleLength(data, isCut(frame), notes);
  return packet(PacketLink.BleWithHeader, header, data, length, notes);
}

/** Length of access address, PDU and CRC as the PDU says. */
function bleLength(data: Uint8Array, cut: boolean, notes: string[]): number {
  const before = ACCESS_ADDRESS_BYTES + PDU_HEADER_BYTES;
  const pdu = before + (data[before - 1] ?? 0);
  const whole = pdu + CRC_BYTES;
  if (!cut && data.length === pdu) notes.push("came without its CRC");
  else if (cut || data.length < whole) notes.push(CUT);
  return Math.max(whole, data.length);
}

/** TLVs of link type 283 (IEEE 802.15.4 TAP, 1.2). */
const TapTlv = { FcsType: 0, Rss: 1, Channel: 3, Lqi: 10 } as const;
const FCS_BYTES = 2;

function wpanPacket(frame: RadioFrame): RadioPacket {
  const withFcs = frame.linkType === RadioLink.WpanWithFcs;
  const header = [0, 0, 0, 0, ...tlv(TapTlv.FcsType, [withFcs ? 1 : 0])];
  if (frame.rssi !== UNKNOWN_RSSI) {
    const float = new DataView(new ArrayBuffer(4));
    float.setFloat32(0, frame.rssi, true);
    header.push(...tlv(TapTlv.Rss, new Uint8Array(float.buffer)));
  }
  if (frame.channel !== UNKNOWN_CHANNEL) header.push(...tlv(TapTlv.Channel, [frame.channel, 0, 0]));
  if (frame.lqi !== UNKNOWN_LQI) header.push(...tlv(TapTlv.Lqi, [frame.lqi]));
  header[2] = header.length;
  const notes = fcsNotes(frame, withFcs);
  const missing = !isCut(frame) ? 0 : withFcs ? FCS_BYTES : 1;
  if (missing > 0) notes.push(CUT);
  return packet(PacketLink.WpanTap, header, frame.data, frame.data.length + missing, notes);
}

/** TAP has no place for what the radio said of an FCS that is not in the frame. */
function fcsNotes({ flags }: RadioFrame, withFcs: boolean): string[] {
  if (withFcs || (flags & RadioFlag.Checked) === 0) return [];
  return [(flags & RadioFlag.Wrong) === 0 ? "FCS was right" : "FCS was wrong"];
}

/** Type, length, value, zeros up to a multiple of 4. */
function tlv(type: number, value: ArrayLike<number>): number[] {
  const bytes = [type, 0, value.length, 0, ...Array.from(value)];
  while (bytes.length % 4 !== 0) bytes.push(0);
  return bytes;
}
