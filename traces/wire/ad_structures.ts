/**
 * Advertising data and extended inquiry responses: a row of structures, each a length, a type and
 * data (Core 6.0, Vol 3, Part C, 11; types: Assigned Numbers, 2.3; contents: Supplement to the Core
 * Specification, version 12, Part A).
 *
 * @module
 */
import { AD_TYPES } from "./ad_fields.ts";
import { BIG_INFO_LENGTH, bigInfo, supportedFeatures, transportDiscovery } from "./ad_nested.ts";
import { bitField, putBits } from "./bit_fields.ts";
import { AD_TYPE_NAMES, APPEARANCES, COMPANIES, UUIDS } from "./bluetooth_names.ts";
import { enterCommon, enterPart } from "./btcommon.ts";
import { type Dissection, Failure } from "./dissection.ts";
import { bytes, define, hex16, hex32, hex8, int8, none, protocol, string, uint8 } from "./field.ts";
import { read } from "./layout.ts";
import { rule } from "./problem.ts";

const GAEN = protocol("bluetooth.gaen", "GAEN", "Exposure Notification");

const F = define({
  "btcommon.eir_ad.advertising_data": none("Advertising data"),
  "btcommon.eir_ad.extended_inquiry_response_data": none("Extended inquiry response"),
  "btcommon.eir_ad.unused": none("Unused"),
  "btcommon.eir_ad.entry": none("Structure"),
  "btcommon.eir_ad.entry.length": uint8("Length"),
  "btcommon.eir_ad.entry.type": hex8("Type", { names: AD_TYPE_NAMES }),
  "btcommon.eir_ad.entry.data": bytes("Data"),
  "btcommon.eir_ad.entry.service_data": bytes("Service data"),
  "btcommon.eir_ad.entry.company_id": hex16("Company", { names: COMPANIES }),
  "btcommon.eir_ad.entry.device_name": string("Device name"),
  "btcommon.eir_ad.entry.power_level": int8("Tx power level", { unit: " dBm" }),
  "btcommon.eir_ad.entry.appearance": hex16("Appearance", { names: APPEARANCES }),
  "btcommon.eir_ad.entry.uuid_16": hex16("UUID", { names: UUIDS }),
  "btcommon.eir_ad.entry.uuid_32": hex32("UUID"),
  "btcommon.eir_ad.entry.uuid_128": bytes("UUID"),
  "btcommon.eir_ad.entry.custom_uuid_32": hex32("UUID"),
  "btcommon.eir_ad.entry.custom_uuid_128": bytes("UUID"),
  "btcommon.eir_ad.entry.flags.reserved": hex8("Reserved"),
  "btcommon.eir_ad.entry.flags.le_bredr_support_host": hex8("LE and BR/EDR at once (host)"),
  "btcommon.eir_ad.entry.flags.le_bredr_support_controller": hex8(
    "LE and BR/EDR at once (controller)",
  ),
  "btcommon.eir_ad.entry.flags.bredr_not_supported": hex8("BR/EDR not supported"),
  "btcommon.eir_ad.entry.flags.le_general_discoverable_mode": hex8("LE general discoverable"),
  "btcommon.eir_ad.entry.flags.le_limited_discoverable_mode": hex8("LE limited discoverable"),
  "bluetooth.gaen.rpi": bytes("Rolling proximity identifier"),
  "bluetooth.gaen.aemd": bytes("Associated encrypted metadata"),
});

/** What the row of structures is called. */
export const ADVERTISING_DATA = F["btcommon.eir_ad.advertising_data"];
export const INQUIRY_RESPONSE = F["btcommon.eir_ad.extended_inquiry_response_data"];

const ENTRY = F["btcommon.eir_ad.entry"];
const LENGTH = F["btcommon.eir_ad.entry.length"];
const TYPE = F["btcommon.eir_ad.entry.type"];
const DATA = F["btcommon.eir_ad.entry.data"];
const SERVICE_DATA = F["btcommon.eir_ad.entry.service_data"];
const COMPANY = F["btcommon.eir_ad.entry.company_id"];
const NAME = F["btcommon.eir_ad.entry.device_name"];
const POWER = F["btcommon.eir_ad.entry.power_level"];
const APPEARANCE = F["btcommon.eir_ad.entry.appearance"];
const UUID_16 = F["btcommon.eir_ad.entry.uuid_16"];
const UUID_32 = F["btcommon.eir_ad.entry.uuid_32"];
const UUID_128 = F["btcommon.eir_ad.entry.uuid_128"];
const OTHER_UUID_32 = F["btcommon.eir_ad.entry.custom_uuid_32"];
const OTHER_UUID_128 = F["btcommon.eir_ad.entry.custom_uuid_128"];

const FLAG_BITS = [
  bitField(F["btcommon.eir_ad.entry.flags.reserved"], 0xe0),
  bitField(F["btcommon.eir_ad.entry.flags.le_bredr_support_host"], 0x10),
  bitField(F["btcommon.eir_ad.entry.flags.le_bredr_support_controller"], 0x08),
  bitField(F["btcommon.eir_ad.entry.flags.bredr_not_supported"], 0x04),
  bitField(F["btcommon.eir_ad.entry.flags.le_general_discoverable_mode"], 0x02),
  bitField(F["btcommon.eir_ad.entry.flags.le_limited_discoverable_mode"], 0x01),
];

const OVERRUN = rule(
  "btcommon",
  "error",
  "AD structure is longer than the data it is in",
  "Core 6.0, Vol 3, Part C, 11",
);
const TOO_SHORT = rule(
  "btcommon",
  "error",
  "AD structure is too short for its type",
  "Core Specification Supplement 12, Part A, 1",
);
const ODD_LIST = rule(
  "btcommon",
  "error",
  "list of UUIDs does not end with a whole one",
  "Core Specification Supplement 12, Part A, 1.1.1",
);
const NOT_ZERO = rule(
  "btcommon",
  "note",
  "bytes behind the early end of advertising data are not zero",
  "Core 6.0, Vol 3, Part C, 11",
);

/** The UUIDs of the standard: 0000xxxx-0000-1000-8000-00805f9b34fb (Core 6.0, Vol 3, Part B, 2.5.1). */
const BASE_UUID = [0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0, 0x10, 0, 0];

/**
 * Reads what is left of the layer as a row of structures.
 *
 * @param field what the row is called
 * @param more whether the row goes on elsewhere: reading stops before a structure that is not whole
 * @returns false when a structure reaches beyond the end: what follows the row is not affected
 */
export function adStructures(
  d: Dissection,
  field: number = ADVERTISING_DATA,
  more = false,
): boolean {
  enterCommon(d);
  d.putNone(field, d.pos, d.left);
  d.push();
  let whole = true;
  while (d.failed === 0 && d.pos < d.limit) {
    const at = d.pos;
    const length = d.peek();
    if (length === 0) {
      unused(d);
      break;
    }
    if (at + 1 + length > d.limit) {
      if (more) break;
      d.problem(OVERRUN, at, `${length} bytes announced, ${d.limit - at - 1} left`);
      whole = false;
      overrun(d);
      break;
    }
    d.putNone(ENTRY, at, length + 1);
    d.push();
    d.u8(LENGTH);
    const type = d.u8(TYPE);
    structure(d, type, at + 1 + length);
    d.pop();
  }
  d.pop();
  return whole;
}

/** Behind a length of 0 there is nothing but zeros. */
function unused(d: Dissection): void {
  const at = d.pos;
  d.putNone(F["btcommon.eir_ad.unused"], at, d.left);
  for (let i = at; i < d.end; i++) {
    if (d.data[i] !== 0) {
      d.problem(NOT_ZERO, i);
      break;
    }
  }
  d.skip(d.limit - at);
}

/** Shows what there is of a structure that reaches beyond the end. */
function overrun(d: Dissection): void {
  d.putNone(ENTRY, d.pos, d.left);
  d.push();
  d.u8(LENGTH);
  if (d.pos < d.limit) structure(d, d.u8(TYPE), d.limit);
  d.pop();
}

/** Reads the data of one structure, which ends at `end`. */
function structure(d: Dissection, type: number, end: number): void {
  const size = end - d.pos;
  switch (type) {
    case 0x01:
      if (least(d, size, 1)) {
        const at = d.pos;
        putBits(d, FLAG_BITS, d.u8(), at, 1);
      }
      break;
    case 0x02:
    case 0x03:
    case 0x14:
      while (d.pos + 2 <= end && d.failed === 0) d.u16le(UUID_16);
      if (size % 2 !== 0) d.problem(ODD_LIST);
      break;
    case 0x04:
    case 0x05:
    case 0x1f:
      while (d.pos + 4 <= end && d.failed === 0) uuid32(d);
      if (size % 4 !== 0) d.problem(ODD_LIST);
      break;
    case 0x06:
    case 0x07:
    case 0x15:
      while (d.pos + 16 <= end && d.failed === 0) uuid128(d);
      if (size % 16 !== 0) d.problem(ODD_LIST);
      break;
    case 0x08:
    case 0x09:
      d.text(size, NAME);
      break;
    case 0x0a:
      if (least(d, size, 1)) d.i8(POWER);
      break;
    case 0x16:
      if (least(d, size, 2)) serviceData(d, d.u16le(UUID_16), end);
      break;
    case 0x19:
      if (least(d, size, 2)) d.u16le(APPEARANCE);
      break;
    case 0x20:
      if (least(d, size, 4)) {
        uuid32(d);
        if (size > 4) d.bytes(size - 4, SERVICE_DATA);
      }
      break;
    case 0x21:
      if (least(d, size, 16)) {
        uuid128(d);
        if (size > 16) d.bytes(size - 16, SERVICE_DATA);
      }
      break;
    case 0xff:
      if (least(d, size, 2)) {
        d.u16le(COMPANY);
        d.bytes(size - 2, DATA);
      }
      break;
    default:
      rarer(d, type, size);
  }
  if (d.pos < end && d.failed === 0) d.bytes(end - d.pos, DATA);
}

/** Types that don't stand in every other advertisement. */
function rarer(d: Dissection, type: number, size: number): void {
  const known = AD_TYPES[type];
  const nested = type === 0x26
    ? transportDiscovery
    : type === 0x27
    ? supportedFeatures
    : type === 0x2c
    ? bigInfo
    : undefined;
  if (known === undefined && nested === undefined) return d.bytes(size, DATA);
  const fewest = known?.least ?? (type === 0x2c ? BIG_INFO_LENGTH : 1);
  if (!least(d, size, fewest)) return;
  const start = d.pos;
  const before = d.failed;
  d.narrow(size);
  if (nested === undefined) read(d, known!.layout);
  else nested(d);
  if (d.failed === Failure.Malformed && before === Failure.None) {
    d.failed = Failure.None;
    d.problem(TOO_SHORT, start, `${size} bytes`);
  }
  const stopped = d.pos;
  d.widen();
  d.pos = stopped;
}

/** Whether a structure has the least data its type asks for; if not, a problem. */
function least(d: Dissection, size: number, fewest: number): boolean {
  if (size >= fewest) return true;
  d.problem(TOO_SHORT, d.pos - 2, `${size} bytes of data, ${fewest} needed`);
  return false;
}

/** The UUID of the exposure notification service. */
const EXPOSURE_NOTIFICATION = 0xfd6f;

function serviceData(d: Dissection, uuid: number, end: number): void {
  if (d.pos >= end) return;
  if (uuid !== EXPOSURE_NOTIFICATION || end - d.pos !== 20) {
    return d.bytes(end - d.pos, SERVICE_DATA);
  }
  enterPart(d, GAEN);
  d.bytes(16, F["bluetooth.gaen.rpi"]);
  d.bytes(4, F["bluetooth.gaen.aemd"]);
}

function uuid32(d: Dissection): void {
  const standard = d.peek(2) === 0 && d.peek(3) === 0 && (d.peek(0) > 0 || d.peek(1) > 0);
  d.u32le(standard ? UUID_32 : OTHER_UUID_32);
}

function uuid128(d: Dissection): void {
  const at = d.pos;
  let standard = (d.peek(12) > 0 || d.peek(13) > 0) && d.peek(14) === 0 && d.peek(15) === 0;
  for (let i = 0; standard && i < BASE_UUID.length; i++) standard = d.data[at + i] === BASE_UUID[i];
  d.reversed(16, standard ? UUID_128 : OTHER_UUID_128);
}
