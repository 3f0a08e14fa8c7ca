/**
 * The common extended advertising payload, shared by ADV_EXT_IND, AUX_ADV_IND, AUX_SYNC_IND,
 * AUX_CHAIN_IND, AUX_SCAN_RSP and AUX_CONNECT_RSP (Core 6.0, Vol 6, Part B, 2.3.4).
 *
 * @module
 */
import { adStructures } from "./ad_structures.ts";
import type { AdvertisingPdu } from "./advertising_pdu.ts";
import { bitField, putBits } from "./bit_fields.ts";
import { addressHigh, addressLow, deviceAddress } from "./ble_address.ts";
import { channelMap } from "./btcommon.ts";
import { type Dissection, Failure } from "./dissection.ts";
import {
  boolean,
  bytes,
  define,
  ether,
  hex16,
  hex24,
  hex32,
  hex8,
  int8,
  none,
  uint16,
  uint8,
} from "./field.ts";
import { rule } from "./problem.ts";

const H = "btle.extended_advertising_header";
const E = "btle.extended_advertising";

const F = define({
  [H]: none("Extended header"),
  [`${H}.length`]: uint8("Length"),
  [`${H}.mode`]: hex8("Mode", {
    names: ["not connectable, not scannable", "connectable", "scannable"],
  }),
  [`${H}.flags`]: hex8("Flags"),
  [`${H}.flags.advertiser_address`]: boolean("Advertiser address"),
  [`${H}.flags.target_address`]: boolean("Target address"),
  [`${H}.flags.cte_info`]: boolean("CTE info"),
  [`${H}.advertiser_data_info`]: boolean("Advertising data info"),
  [`${H}.flags.aux_pointer`]: boolean("Aux pointer"),
  [`${H}.flags.sync_info`]: boolean("Sync info"),
  [`${H}.flags.tx_power`]: boolean("Tx power"),
  [`${H}.flags.reserved`]: boolean("Reserved"),
  [`${H}.cte_info`]: hex8("CTE info"),
  [`${H}.cte_info.time`]: hex8("Time", { unit: " * 8 us" }),
  [`${H}.cte_info.rfu`]: hex8("Reserved"),
  [`${H}.cte_info.type`]: hex8("Type"),
  [`${E}.advertising_data_info`]: hex16("Advertising data info"),
  [`${E}.advertising_data_info.did`]: hex16("Data id"),
  [`${E}.advertising_data_info.sid`]: hex16("Set id"),
  [`${E}.aux_pointer`]: none("Aux pointer"),
  [`${H}.aux_pointer.channel`]: uint8("Channel index"),
  [`${H}.aux_pointer.ca`]: boolean("Clock accuracy 50 ppm or better"),
  [`${H}.aux_pointer.offset_units`]: boolean("Offset in units of 300 us (else 30 us)"),
  [`${H}.aux_pointer.aux_offset`]: hex16("Offset"),
  [`${H}.aux_pointer.aux_phy`]: uint16("PHY", { names: ["LE 1M", "LE 2M", "LE Coded"] }),
  [`${E}.sync_info`]: none("Sync info"),
  [`${H}.sync_info.sync_offset`]: hex16("Offset"),
  [`${H}.sync_info.offset_units`]: boolean("Offset in units of 300 us (else 30 us)"),
  [`${H}.sync_info.offset_adjust`]: boolean("Offset is 2.4576 s more"),
  [`${H}.sync_info.interval`]: hex16("Interval", { unit: " * 1.25 ms" }),
  [`${H}.sync_info.channel_map`]: bytes("Channel map"),
  [`${H}.sync_info.sleep_clock_accuracy`]: uint8("Sleep clock accuracy"),
  [`${H}.sync_info.access_address`]: hex32("Access address"),
  [`${H}.sync_info.crc_init`]: hex24("CRC preset"),
  [`${H}.sync_info.event_counter`]: uint16("Event counter"),
  [`${H}.tx_power`]: int8("Tx power", { unit: " dBm" }),
  [`${H}.acad`]: none("Additional controller advertising data"),
  "btle.advertising_address": ether("Advertising address"),
  "btle.target_address": ether("Target address"),
});

const TX_POWER = F[`${H}.tx_power`];
const ACAD = F[`${H}.acad`];
const AUX_POINTER = F[`${E}.aux_pointer`];
const CTE_INFO = F[`${H}.cte_info`];
const SYNC_INFO = F[`${E}.sync_info`];
const SYNC_INTERVAL = F[`${H}.sync_info.interval`];
const SYNC_MAP = F[`${H}.sync_info.channel_map`];
const SYNC_CLOCK = F[`${H}.sync_info.sleep_clock_accuracy`];
const SYNC_ADDRESS = F[`${H}.sync_info.access_address`];
const SYNC_CRC_INIT = F[`${H}.sync_info.crc_init`];
const SYNC_COUNTER = F[`${H}.sync_info.event_counter`];
const HEADER = F[H];
const LENGTH = F[`${H}.length`];
const MODE = F[`${H}.mode`];
const FLAGS = F[`${H}.flags`];
const ADVERTISER = F["btle.advertising_address"];
const TARGET = F["btle.target_address"];
const DATA_INFO = F[`${E}.advertising_data_info`];

/** Bits of the flags: which parts follow, in this order. */
const Part = {
  Advertiser: 0x01,
  Target: 0x02,
  Cte: 0x04,
  DataInfo: 0x08,
  AuxPointer: 0x10,
  SyncInfo: 0x20,
  TxPower: 0x40,
} as const;

const FLAG_BITS = [
  bitField(F[`${H}.flags.advertiser_address`], Part.Advertiser),
  bitField(F[`${H}.flags.target_address`], Part.Target),
  bitField(F[`${H}.flags.cte_info`], Part.Cte),
  bitField(F[`${H}.advertiser_data_info`], Part.DataInfo),
  bitField(F[`${H}.flags.aux_pointer`], Part.AuxPointer),
  bitField(F[`${H}.flags.sync_info`], Part.SyncInfo),
  bitField(F[`${H}.flags.tx_power`], Part.TxPower),
  bitField(F[`${H}.flags.reserved`], 0x80),
];
const CTE_BITS = [
  bitField(F[`${H}.cte_info.time`], 0x1f),
  bitField(F[`${H}.cte_info.rfu`], 0x20),
  bitField(F[`${H}.cte_info.type`], 0xc0),
];
const DATA_INFO_BITS = [
  bitField(F[`${E}.advertising_data_info.did`], 0x0fff),
  bitField(F[`${E}.advertising_data_info.sid`], 0xf000),
];
const POINTER_BITS = [
  bitField(F[`${H}.aux_pointer.channel`], 0x3f),
  bitField(F[`${H}.aux_pointer.ca`], 0x40),
  bitField(F[`${H}.aux_pointer.offset_units`], 0x80),
];
const POINTER_OFFSET_BITS = [
  bitField(F[`${H}.aux_pointer.aux_offset`], 0x1fff),
  bitField(F[`${H}.aux_pointer.aux_phy`], 0xe000),
];
const SYNC_OFFSET_BITS = [
  bitField(F[`${H}.sync_info.sync_offset`], 0x1fff),
  bitField(F[`${H}.sync_info.offset_units`], 0x2000),
  bitField(F[`${H}.sync_info.offset_adjust`], 0x4000),
];

const TOO_LONG = rule(
  "btle",
  "error",
  "parts of the extended header are longer than the header",
  "Core 6.0, Vol 6, Part B, 2.3.4",
);
const RESERVED_MODE = rule(
  "btle",
  "warning",
  "advertising mode is reserved",
  "Core 6.0, Vol 6, Part B, 2.3.4.1",
);
const BAD_POINTER = rule(
  "btle",
  "warning",
  "aux pointer names a channel that is not a secondary advertising channel",
  "Core 6.0, Vol 6, Part B, 2.3.4.5",
);

/** Reads the extended header; the host's advertising data is what is left. */
export function extendedHeader(d: Dissection, pdu: AdvertisingPdu): void {
  const at = d.pos;
  const length = d.peek() & 0x3f;
  d.putNone(HEADER, at, length + 1);
  d.push();
  const first = d.u8();
  d.put(LENGTH, length, at, 1);
  d.put(MODE, first >> 6, at, 1);
  if (first >> 6 === 3) d.problem(RESERVED_MODE, at);
  if (d.failed === 0 && length > 0) boundedParts(d, pdu, length);
  d.pop();
}

function boundedParts(d: Dissection, pdu: AdvertisingPdu, length: number): void {
  const at = d.pos;
  const fits = at + length <= d.limit;
  d.narrow(length);
  headerParts(d, pdu);
  if (d.failed === Failure.Malformed && fits) d.problem(TOO_LONG, at);
  d.widen();
}

function headerParts(d: Dissection, pdu: AdvertisingPdu): void {
  const at = d.pos;
  const flags = d.u8(FLAGS);
  d.push();
  putBits(d, FLAG_BITS, flags, at, 1);
  d.pop();
  if ((flags & Part.Advertiser) !== 0 && d.has(6)) {
    pdu.hasAddress = true;
    pdu.addressHigh = addressHigh(d.data, d.pos);
    pdu.addressLow = addressLow(d.data, d.pos);
  }
  if ((flags & Part.Advertiser) !== 0) deviceAddress(d, ADVERTISER);
  if ((flags & Part.Target) !== 0 && d.has(6)) {
    pdu.hasTarget = true;
    pdu.targetHigh = addressHigh(d.data, d.pos);
    pdu.targetLow = addressLow(d.data, d.pos);
  }
  if ((flags & Part.Target) !== 0) deviceAddress(d, TARGET);
  if ((flags & Part.Cte) !== 0) cteInfo(d);
  if ((flags & Part.DataInfo) !== 0) pdu.dataInfo = dataInfo(d);
  if ((flags & Part.AuxPointer) !== 0) {
    auxPointer(d);
    pdu.continued = true;
  }
  if ((flags & Part.SyncInfo) !== 0) syncInfo(d, pdu);
  if ((flags & Part.TxPower) !== 0) d.i8(TX_POWER);
  if (d.failed === 0 && d.pos < d.limit) {
    d.putNone(ACAD, d.pos, d.left);
    d.push();
    if (!adStructures(d)) pdu.malformed = true;
    d.pop();
  }
}

function cteInfo(d: Dissection): void {
  const at = d.pos;
  const info = d.u8(CTE_INFO);
  if (d.failed !== 0) return;
  d.push();
  putBits(d, CTE_BITS, info, at, 1);
  d.pop();
}

function dataInfo(d: Dissection): number {
  const at = d.pos;
  const info = d.u16le(DATA_INFO);
  if (d.failed !== 0) return -1;
  d.push();
  putBits(d, DATA_INFO_BITS, info, at, 2);
  d.pop();
  return info;
}

function auxPointer(d: Dissection): void {
  const at = d.pos;
  const first = d.u8();
  const second = d.u16le();
  if (d.failed !== 0) return;
  d.putNone(AUX_POINTER, at, 3);
  d.push();
  putBits(d, POINTER_BITS, first, at, 1);
  putBits(d, POINTER_OFFSET_BITS, second, at + 1, 2);
  d.pop();
  if ((first & 0x3f) > 36) d.problem(BAD_POINTER, at, `channel ${first & 0x3f}`);
}

/** Length of SyncInfo, in bytes. */
const SYNC_INFO_LENGTH = 18;

function syncInfo(d: Dissection, pdu: AdvertisingPdu): void {
  const at = d.pos;
  if (!d.has(SYNC_INFO_LENGTH)) return d.skip(SYNC_INFO_LENGTH);
  d.putNone(SYNC_INFO, at, SYNC_INFO_LENGTH);
  d.push();
  putBits(d, SYNC_OFFSET_BITS, d.u16le(), at, 2);
  d.u16le(SYNC_INTERVAL);
  channelMap(d, SYNC_MAP, false);
  d.put(SYNC_CLOCK, d.data[d.pos - 1]! >> 5, d.pos - 1, 1);
  pdu.periodic = true;
  pdu.linkAddress = d.u32le(SYNC_ADDRESS);
  pdu.linkCrcInit = d.u24le(SYNC_CRC_INIT);
  d.u16le(SYNC_COUNTER);
  d.pop();
}
