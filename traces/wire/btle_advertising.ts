/**
 * Advertising physical channel PDUs of the Bluetooth LE link layer (Core 6.0, Vol 6, Part B, 2.3).
 *
 * @module
 */
import type { AdvertisingPdu } from "./advertising_pdu.ts";
import { addressHigh, addressLow, deviceAddress } from "./ble_address.ts";
import { linkLayerData } from "./btle_connect.ts";
import { extendedHeader } from "./btle_extended.ts";
import type { Dissection } from "./dissection.ts";
import { boolean, bytes, define, ether, hex16, hex8, none, uint8 } from "./field.ts";
import { rule } from "./problem.ts";
import type { RadioContext } from "./radio_context.ts";

/** PDU types (2.3, table 2.3). */
export const AdvertisingType = {
  AdvInd: 0,
  AdvDirectInd: 1,
  AdvNonconnInd: 2,
  ScanReq: 3,
  ScanRsp: 4,
  ConnectInd: 5,
  AdvScanInd: 6,
  AdvExtInd: 7,
  AuxConnectRsp: 8,
} as const;

const PRIMARY_NAMES = [
  "ADV_IND",
  "ADV_DIRECT_IND",
  "ADV_NONCONN_IND",
  "SCAN_REQ",
  "SCAN_RSP",
  "CONNECT_IND",
  "ADV_SCAN_IND",
  "ADV_EXT_IND",
  "AUX_CONNECT_RSP",
];
const SECONDARY_NAMES: Readonly<Record<number, string>> = {
  3: "AUX_SCAN_REQ",
  5: "AUX_CONNECT_REQ",
  7: "AUX_ADV_IND, AUX_SYNC_IND, AUX_CHAIN_IND or AUX_SCAN_RSP",
  8: "AUX_CONNECT_RSP",
};
const AUXILIARY_NAMES = ["AUX_ADV_IND", "AUX_CHAIN_IND", "AUX_SYNC_IND", "AUX_SCAN_RSP"];

const A = "btle.advertising_header";

const F = define({
  [A]: hex16("Header"),
  [`${A}.pdu_type`]: hex8("PDU type", { names: PRIMARY_NAMES }),
  [`${A}.rfu.1`]: uint8("Reserved"),
  [`${A}.ch_sel`]: boolean("Channel selection algorithm #2"),
  [`${A}.rfu.2`]: uint8("Reserved"),
  [`${A}.randomized_tx`]: boolean("TxAdd: random address"),
  [`${A}.rfu.3`]: uint8("Reserved"),
  [`${A}.randomized_rx`]: boolean("RxAdd: random address"),
  [`${A}.rfu.4`]: uint8("Reserved"),
  [`${A}.length`]: uint8("Length"),
  "btle.length": uint8("Length"),
  "btle.advertising_address": ether("Advertising address"),
  "btle.initiator_address": ether("Initiator address"),
  "btle.target_address": ether("Target address"),
  "btle.scanning_address": ether("Scanning address"),
  "btle.scan_responce_data": bytes("Scan response data"),
  "btle.unknown_data": none("Unknown data"),
});

const HEADER = F[A];
const PDU_TYPE = F[`${A}.pdu_type`];
const RFU_1 = F[`${A}.rfu.1`];
const CH_SEL = F[`${A}.ch_sel`];
const RFU_2 = F[`${A}.rfu.2`];
const TX_ADD = F[`${A}.randomized_tx`];
const RFU_3 = F[`${A}.rfu.3`];
const RX_ADD = F[`${A}.randomized_rx`];
const RFU_4 = F[`${A}.rfu.4`];
const HEADER_LENGTH = F[`${A}.length`];
const LENGTH = F["btle.length"];
const ADVERTISER = F["btle.advertising_address"];
const INITIATOR = F["btle.initiator_address"];
const TARGET = F["btle.target_address"];
const SCANNER = F["btle.scanning_address"];
const SCAN_DATA = F["btle.scan_responce_data"];

const RESERVED_TYPE = rule(
  "btle",
  "error",
  "advertising PDU type is reserved",
  "Core 6.0, Vol 6, Part B, 2.3",
);
const BAD_LENGTH = rule(
  "btle",
  "error",
  "length does not suit the type of the PDU",
  "Core 6.0, Vol 6, Part B, 2.3.1 to 2.3.3",
);

/** Least and greatest length of the payload by type; without these, no payload is checked. */
const LEAST = [6, 12, 6, 12, 6, 34, 6, 1, 1];
const GREATEST = [37, 12, 37, 12, 37, 34, 37, 255, 255];

/** The name of a PDU, as far as its channel and the capture tell. */
export function advertisingName(type: number, radio: RadioContext): string {
  const secondary = radio.present && radio.channel < 37;
  if (!secondary) return PRIMARY_NAMES[type] ?? `reserved advertising PDU type ${type}`;
  if (type === AdvertisingType.AdvExtInd && radio.auxiliary >= 0) {
    return AUXILIARY_NAMES[radio.auxiliary]!;
  }
  return SECONDARY_NAMES[type] ?? `reserved advertising PDU type ${type}`;
}

/**
 * Reads the two bytes of the header and what they say into `pdu`.
 *
 * @returns the length of the payload, in bytes
 */
export function advertisingHeader(
  d: Dissection,
  radio: RadioContext,
  pdu: AdvertisingPdu,
): number {
  const at = d.pos;
  if (!d.has(2)) {
    d.skip(2);
    return 0;
  }
  const first = d.data[at]!;
  const type = first & 0x0f;
  pdu.type = type;
  d.u16le(HEADER);
  d.push();
  d.put(PDU_TYPE, type, at, 1);
  d.put(RFU_1, first >> 4 & 1, at, 1);
  let selection = type === AdvertisingType.AdvInd;
  let tx = type <= AdvertisingType.AdvScanInd;
  let rx = false;
  if (type === AdvertisingType.AdvExtInd || type === AdvertisingType.AuxConnectRsp) {
    const parts = d.peek() > 0 && (d.peek() & 0x3f) !== 0 ? Math.max(d.peek(1), 0) : 0;
    tx = (parts & 0x01) !== 0;
    rx = (parts & 0x02) !== 0;
  } else if ((type & 1) === 1 && tx) {
    selection = type !== AdvertisingType.ScanReq && radio.present && radio.channel >= 37;
    rx = true;
  }
  d.put(selection ? CH_SEL : RFU_2, first >> 5 & 1, at, 1);
  d.put(tx ? TX_ADD : RFU_3, first >> 6 & 1, at, 1);
  d.put(rx ? RX_ADD : RFU_4, first >> 7, at, 1);
  pdu.addressType = first >> 6 & 1;
  const length = d.data[at + 1]!;
  d.put(HEADER_LENGTH, length, at + 1, 1);
  d.pop();
  d.put(LENGTH, length, at + 1, 1);
  if (type > AdvertisingType.AuxConnectRsp) {
    d.problem(RESERVED_TYPE, at, `type ${type}`);
  } else if (length < LEAST[type]! || length > GREATEST[type]!) {
    d.problem(BAD_LENGTH, at + 1, `length ${length}`);
  }
  return length;
}

/** Reads the payload, which is what is left of the layer, up to the host's advertising data. */
export function advertisingPayload(d: Dissection, pdu: AdvertisingPdu): void {
  switch (pdu.type) {
    case AdvertisingType.AdvInd:
    case AdvertisingType.AdvNonconnInd:
    case AdvertisingType.AdvScanInd:
      source(d, pdu, ADVERTISER);
      hostData(d, pdu);
      break;
    case AdvertisingType.ScanRsp:
      source(d, pdu, ADVERTISER);
      hostData(d, pdu);
      if (d.failed === 0) d.putBytes(SCAN_DATA, pdu.dataAt, d.left);
      break;
    case AdvertisingType.AdvDirectInd:
      source(d, pdu, ADVERTISER);
      target(d, pdu, TARGET);
      break;
    case AdvertisingType.ScanReq:
      source(d, pdu, SCANNER);
      target(d, pdu, ADVERTISER);
      break;
    case AdvertisingType.ConnectInd:
      source(d, pdu, INITIATOR);
      target(d, pdu, ADVERTISER);
      linkLayerData(d, pdu);
      break;
    case AdvertisingType.AdvExtInd:
    case AdvertisingType.AuxConnectRsp:
      extendedHeader(d, pdu);
      hostData(d, pdu);
      break;
    default:
      if (d.pos < d.limit) d.putNone(F["btle.unknown_data"], d.pos, d.left);
  }
}

function source(d: Dissection, pdu: AdvertisingPdu, field: number): void {
  if (d.has(6)) {
    pdu.hasAddress = true;
    pdu.addressHigh = addressHigh(d.data, d.pos);
    pdu.addressLow = addressLow(d.data, d.pos);
  }
  deviceAddress(d, field);
}

function target(d: Dissection, pdu: AdvertisingPdu, field: number): void {
  if (d.has(6)) {
    pdu.hasTarget = true;
    pdu.targetHigh = addressHigh(d.data, d.pos);
    pdu.targetLow = addressLow(d.data, d.pos);
  }
  deviceAddress(d, field);
}

function hostData(d: Dissection, pdu: AdvertisingPdu): void {
  if (d.failed !== 0) return;
  pdu.dataAt = d.pos;
  pdu.dataLength = d.limit - d.pos;
}
