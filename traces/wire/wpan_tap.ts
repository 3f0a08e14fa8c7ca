/**
 * What a radio receiver says of an IEEE 802.15.4 frame: the header of LINKTYPE_IEEE802_15_4_TAP
 * (IEEE 802.15.4 TAP Link Type Specification 1.2).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import {
  bytes,
  define,
  double,
  float,
  none,
  protocol,
  uint16,
  uint32,
  uint64,
  uint8,
} from "./field.ts";
import { rule } from "./problem.ts";
import { word32le } from "./eui64.ts";
import type { WpanFrame } from "./wpan_frame.ts";

const TAP = protocol("wpan-tap", "IEEE 802.15.4 TAP", "IEEE 802.15.4 Low-Rate Wireless PAN TAP");

const TLVS = {
  0: "FCS type",
  1: "Received Signal Strength",
  2: "Bit rate",
  3: "Channel assignment",
  4: "SUN PHY info",
  5: "Start of frame timestamp",
  6: "End of frame timestamp",
  7: "Absolute slot number (ASN)",
  8: "Start of slot timestamp",
  9: "Slot length",
  10: "Link Quality Indicator",
  11: "Channel center frequency",
  12: "Channel plan",
  13: "PHY header",
};

const F = define({
  "wpan-tap.version": uint8("Version"),
  "wpan-tap.reserved": uint8("Reserved"),
  "wpan-tap.length": uint16("Length"),
  "wpan-tap.data_length": uint16("Data Length"),
  "wpan-tap.tlv.type": uint16("TLV Type", { names: TLVS }),
  "wpan-tap.tlv.length": uint16("TLV Length"),
  "wpan-tap.tlv.unknown": bytes("Unknown"),
  "wpan-tap.tlv.padding": bytes("Padding"),
  "wpan-tap.fcs_type": uint8("FCS Type", {
    names: { 0: "None", 1: "ITU-T CRC16", 2: "ITU-T CRC32" },
  }),
  "wpan-tap.rss": float("RSS", { unit: " dBm" }),
  "wpan-tap.ch_num": uint16("Channel"),
  "wpan-tap.ch_page": uint8("Page"),
  "wpan-tap.bit_rate": uint32("Bit Rate"),
  "wpan-tap.sun_band": uint8("Band"),
  "wpan-tap.sun_type": uint8("Type"),
  "wpan-tap.sun_mode": uint8("Mode"),
  "wpan-tap.mode.fsk_a": uint8("FSK-A mode"),
  "wpan-tap.mode.fsk_b": uint8("FSK-B mode"),
  "wpan-tap.mode.oqpsk_a": uint8("O-QPSK-A mode"),
  "wpan-tap.mode.oqpsk_b": uint8("O-QPSK-B mode"),
  "wpan-tap.mode.oqpsk_c": uint8("O-QPSK-C mode"),
  "wpan-tap.mode.ofdm": uint8("OFDM mode"),
  "wpan-tap.sof_ts": uint64("Start of frame timestamp", { unit: " ns" }),
  "wpan-tap.eof_ts": uint64("End of frame timestamp", { unit: " ns" }),
  "wpan-tap.slot_start_ts": uint64("Start of slot timestamp", { unit: " ns" }),
  "wpan-tap.timeslot_length": uint32("Timeslot length", { unit: " µs" }),
  "wpan-tap.lqi": uint8("Link Quality Indicator"),
  "wpan-tap.chplan.start": float("Channel0 freq", { unit: " kHz" }),
  "wpan-tap.chplan.spacing": float("Spacing", { unit: " kHz" }),
  "wpan-tap.chplan.channels": uint16("Channels"),
  "wpan-tap.ch_freq": float("Frequency", { unit: " kHz" }),
  "wpan-tap.asn": uint64("ASN"),
  "wpan.tsch.frame_start_offset": double("Frame start offset", { unit: " µs" }),
  "wpan.tsch.frame_duration": double("Frame duration", { unit: " µs" }),
  "wpan.tsch.frame_end_offset": double("Frame end offset", { unit: " µs" }),
  "wpan-tap.tlv.invalid_type": none("Invalid TLV type"),
  "wpan-tap.tlv.invalid_length": none("Invalid TLV length"),
  "wpan-tap.tlv.padding_not_zeros": none("TLV padding not zero"),
  "wpan-tap.tlv.invalid_fcs_type": none("Invalid FCS type"),
});

/** Field of the third byte of the SUN PHY TLV, by SUN type. */
const SUN_MODES = [
  F["wpan-tap.mode.fsk_a"],
  F["wpan-tap.mode.fsk_b"],
  F["wpan-tap.mode.oqpsk_a"],
  F["wpan-tap.mode.oqpsk_b"],
  F["wpan-tap.mode.oqpsk_c"],
  F["wpan-tap.mode.ofdm"],
  F["wpan-tap.mode.ofdm"],
  F["wpan-tap.mode.ofdm"],
  F["wpan-tap.mode.ofdm"],
];

const SPEC = "IEEE 802.15.4 TAP Link Type Specification 1.2";
const TYPE_UNKNOWN = rule("wpan-tap", "note", "TLV type is not known", SPEC);
const TLV_CUT = rule("wpan-tap", "error", "TLV is longer than the header", SPEC);
const PADDING = rule("wpan-tap", "warning", "TLV padding is not zero", SPEC);
const FCS_UNKNOWN = rule("wpan-tap", "error", "FCS type is not known", SPEC);

/** Whether the bytes are such a header; if not, nobody else knows what they are. */
export function isWpanTap(d: Dissection): boolean {
  return d.peek() === 0 && d.has(4) && (d.data[d.pos + 2]! | d.data[d.pos + 3]! << 8) <= d.left;
}

/**
 * Reads the header. `frame` gets what it says of the reception.
 *
 * @returns length of the frame check sequence behind the frame, in bytes; -1 when it is not known
 */
export function decodeWpanTap(d: Dissection, frame: WpanFrame): number {
  const start = d.pos;
  const entry = d.layer(TAP);
  d.u8(F["wpan-tap.version"]);
  d.u8(F["wpan-tap.reserved"]);
  const length = d.u16le(F["wpan-tap.length"]);
  d.lengthOf(entry, length);
  if (length < 4) {
    d.failed = 2;
    return -1;
  }
  frame.slotStartAt = frame.frameStartAt = frame.frameEndAt = -1;
  frame.slotLength = 0;
  let fcsType = 0;
  d.narrow(length - 4);
  while (d.has(4) && d.failed === 0) {
    const type = d.u16le(F["wpan-tap.tlv.type"]);
    const size = d.u16le(F["wpan-tap.tlv.length"]);
    if (!d.has(size)) {
      d.problem(TLV_CUT, d.pos - 4);
      d.putNone(F["wpan-tap.tlv.invalid_length"], d.pos - 4);
    }
    const at = d.pos;
    if (type === 0) fcsType = fcs(d);
    else tlv(d, frame, type, size);
    d.pos = at;
    padding(d, size);
  }
  if (d.failed !== 0) return -1;
  d.widen();
  offsets(d, frame, start);
  if (fcsType > 2) return -1;
  d.put(F["wpan-tap.data_length"], d.limit - d.pos, d.pos, 0);
  return fcsType * 2;
}

function fcs(d: Dissection): number {
  const type = d.u8(F["wpan-tap.fcs_type"]);
  if (type > 2) {
    d.problem(FCS_UNKNOWN, d.pos - 1);
    d.putNone(F["wpan-tap.tlv.invalid_fcs_type"], d.pos - 1, 1);
  }
  return type;
}

/** Goes behind a value of `size` bytes and what fills it up to four bytes. */
function padding(d: Dissection, size: number): void {
  d.skip(size);
  const rest = -size & 3;
  if (rest === 0 || d.failed !== 0) return;
  const at = d.pos;
  d.bytes(rest, F["wpan-tap.tlv.padding"]);
  for (let i = at; i < d.pos; i++) {
    if (d.data[i] === 0) continue;
    d.problem(PADDING, i);
    d.putNone(F["wpan-tap.tlv.padding_not_zeros"], at, rest);
    return;
  }
}

function tlv(d: Dissection, frame: WpanFrame, type: number, size: number): void {
  switch (type) {
    case 1:
      frame.rss = float32le(d, F["wpan-tap.rss"]);
      return;
    case 2:
      d.u32le(F["wpan-tap.bit_rate"]);
      return;
    case 3:
      frame.channel = d.u16le(F["wpan-tap.ch_num"]);
      d.u8(F["wpan-tap.ch_page"]);
      return;
    case 4:
      return sunPhy(d, size);
    case 5:
      frame.frameStartAt = d.pos;
      d.uintle(8, F["wpan-tap.sof_ts"]);
      return;
    case 6:
      frame.frameEndAt = d.pos;
      d.uintle(8, F["wpan-tap.eof_ts"]);
      return;
    case 7:
      if (d.has(8)) {
        frame.asnLo = word32le(d.data, d.pos);
        frame.asnHi = d.data[d.pos + 4]!;
      }
      d.uintle(8, F["wpan-tap.asn"]);
      return;
    case 8:
      frame.slotStartAt = d.pos;
      d.uintle(8, F["wpan-tap.slot_start_ts"]);
      return;
    case 9:
      frame.slotLength = d.u32le(F["wpan-tap.timeslot_length"]);
      return;
    case 10:
      frame.lqi = d.u8(F["wpan-tap.lqi"]);
      return;
    case 11:
      float32le(d, F["wpan-tap.ch_freq"]);
      return;
    case 12:
      float32le(d, F["wpan-tap.chplan.start"]);
      float32le(d, F["wpan-tap.chplan.spacing"]);
      d.u16le(F["wpan-tap.chplan.channels"]);
      return;
  }
  if (type > 13) {
    d.problem(TYPE_UNKNOWN, d.pos - 4);
    d.putNone(F["wpan-tap.tlv.invalid_type"], d.pos - 4);
  }
  d.bytes(size, F["wpan-tap.tlv.unknown"]);
}

function sunPhy(d: Dissection, size: number): void {
  if (size !== 3) return;
  d.u8(F["wpan-tap.sun_band"]);
  const type = d.u8(F["wpan-tap.sun_type"]);
  d.u8(SUN_MODES[type] ?? F["wpan-tap.sun_mode"]);
}

const FLOAT = new DataView(new ArrayBuffer(4));

function float32le(d: Dissection, field: number): number {
  const at = d.pos;
  FLOAT.setUint32(0, d.u32le());
  if (d.failed !== 0) return NaN;
  const value = FLOAT.getFloat32(0);
  d.put(field, value, at, 4);
  return value;
}

/** Where the frame lies in its time slot, in microseconds. */
function offsets(d: Dissection, frame: WpanFrame, at: number): void {
  const { slotStartAt, frameStartAt, frameEndAt } = frame;
  if (slotStartAt >= 0 && frameStartAt >= 0) {
    d.put(F["wpan.tsch.frame_start_offset"], between(d, slotStartAt, frameStartAt), at, 0);
  }
  if (frameStartAt >= 0 && frameEndAt >= 0) {
    d.put(F["wpan.tsch.frame_duration"], between(d, frameStartAt, frameEndAt), at, 0);
  }
  if (frame.slotLength !== 0 && frameEndAt >= 0 && slotStartAt >= 0) {
    const overflow = between(d, slotStartAt, frameEndAt) - frame.slotLength;
    d.put(F["wpan.tsch.frame_end_offset"], overflow, at, 0);
  }
}

/** Microseconds between two 64-bit times in nanoseconds, by halves to lose no digit. */
function between(d: Dissection, earlierAt: number, laterAt: number): number {
  const { data } = d;
  const upper = word32le(data, laterAt + 4) - word32le(data, earlierAt + 4);
  const lower = word32le(data, laterAt) - word32le(data, earlierAt);
  return (upper * 0x1_0000_0000 + lower) / 1000;
}
