/**
 * BTHome version 2 (bthome.io/format, bthome.io/encryption): a device information byte, perhaps the
 * device's address, objects one after the other. Service data of UUID 0xFCD2, and the MAC payload of
 * IEEE 802.15.4 data frames.
 *
 * @module
 */
import { rule } from "../wire/problem.ts";
import { type BtHomeObject, Form, OBJECTS_V2, STEPS_V2 } from "./bthome_objects.ts";
import { judgePacketId } from "./bthome_packet_id.ts";
import { BtHomeSeal } from "./bthome_sealing.ts";
import { addBinary, addButton, addBytes, addDimmer, addText } from "./bthome_values.ts";
import { scaled } from "./measure.ts";
import type { SensorCursor } from "./sensor_cursor.ts";
import type { SensorPacket } from "./sensor_packet.ts";
import type { SensorReport } from "./sensor_report.ts";

const FORMAT = "BTHome v2";
const VERSION = 2;

/** Bits of the device information byte. */
const Info = {
  Encrypted: 1,
  Address: 2,
  /** Says something when it happens, not at intervals. */
  Trigger: 4,
  VersionShift: 5,
} as const;

const PACKET_ID = 0x00;

const FORMAT_PAGE = "bthome.io/format";
const NO_INFO = rule("bthome", "error", "device information is missing", FORMAT_PAGE);
const WRONG_VERSION = rule("bthome", "error", "version is not 2", FORMAT_PAGE);
const NO_ADDRESS = rule("bthome", "error", "address is cut short", FORMAT_PAGE);
const UNKNOWN_OBJECT = rule(
  "bthome",
  "error",
  "object id is not known: what follows cannot be read",
  FORMAT_PAGE,
);
const CUT = rule("bthome", "error", "last object is cut short", FORMAT_PAGE);
const NOT_ASCENDING = rule("bthome", "note", "object ids do not ascend", FORMAT_PAGE);

const seal = new BtHomeSeal({ counter: "bthome", middle: [0xd2, 0xfc, 0], aad: [] });

/** Decodes from the device information byte on. Always true: the UUID is BTHome's own. */
export function decodeBtHomeV2(packet: SensorPacket, report: SensorReport): boolean {
  const { cursor } = packet;
  const begin = cursor.pos;
  const info = cursor.u8();
  if (cursor.failed) {
    report.problem(NO_INFO, begin);
    return true;
  }
  const version = info >> Info.VersionShift;
  if (version !== VERSION) {
    report.problem(WRONG_VERSION, begin, `version ${version}`);
    return true;
  }
  report.format = FORMAT;
  let { address } = packet;
  if ((info & Info.Address) !== 0) {
    address = cursor.uintLE(6);
    if (cursor.failed) {
      report.problem(NO_ADDRESS, begin + 1);
      return true;
    }
    report.payloadAddress = address;
  }
  if ((info & Info.Encrypted) !== 0) {
    if (seal.open(packet, report, begin, address, info)) {
      readObjects(seal.plain, seal.shift, packet, report);
    }
    // Without a key it is as believable as a plain packet.
    if (report.sealing !== "refused") report.irregular = (info & Info.Trigger) !== 0;
  } else if (packet.memory.key?.ccm !== undefined) {
    report.sealing = "refused";
    report.find("downgrade", "a plain packet of a device whose key is known");
  } else {
    report.irregular = (info & Info.Trigger) !== 0;
    readObjects(cursor, 0, packet, report);
  }
  return true;
}

/** Reads objects up to the first that is not known. @param shift from the cursor to the given bytes */
function readObjects(
  cursor: SensorCursor,
  shift: number,
  packet: SensorPacket,
  report: SensorReport,
): void {
  let last = 0;
  let packetId = -1;
  let descended = false;
  while (cursor.pos < cursor.end) {
    const at = cursor.pos;
    const id = cursor.u8();
    const object = OBJECTS_V2[id];
    if (object === undefined) {
      const hex = id.toString(16).toUpperCase().padStart(2, "0");
      report.problem(UNKNOWN_OBJECT, at + shift, `0x${hex}, ${cursor.left} bytes behind it`);
      break;
    }
    if (id < last && !descended) {
      descended = true;
      report.problem(NOT_ASCENDING, at + shift);
    }
    last = id;
    const length = object.length === 0 ? cursor.u8() : object.length;
    if (cursor.failed || length > cursor.left) {
      report.problem(CUT, at + shift, `${object.measure.name}: ${cursor.left} of ${length} bytes`);
      break;
    }
    if (id === PACKET_ID) packetId = cursor.data[cursor.pos]!;
    readValue(cursor, object, length, shift, report);
  }
  if (packetId >= 0) judgePacketId(packetId, packet, report);
}

function readValue(
  cursor: SensorCursor,
  object: BtHomeObject,
  length: number,
  shift: number,
  report: SensorReport,
): void {
  const { measure } = object;
  const start = cursor.pos;
  const at = start + shift;
  switch (object.form) {
    case Form.Unsigned:
    case Form.Signed: {
      const raw = object.form === Form.Signed ? cursor.sintLE(length) : cursor.uintLE(length);
      report.add(measure, scaled(measure, raw), raw, at, length);
      break;
    }
    case Form.Binary:
      addBinary(report, measure, cursor.u8(), at);
      break;
    case Form.Button:
      addButton(report, measure, cursor.u8(), at);
      break;
    case Form.Dimmer: {
      const event = cursor.u8();
      addDimmer(report, measure, STEPS_V2, event, cursor.u8(), at);
      break;
    }
    case Form.Text:
      addText(report, measure, cursor.data, start, length, shift);
      cursor.take(length);
      break;
    case Form.Raw:
      addBytes(report, measure, cursor.data, start, length, shift);
      cursor.take(length);
      break;
    case Form.Firmware: {
      const raw = cursor.uintLE(length);
      report.add(measure, firmware(cursor.data, start, length), raw, at, length);
    }
  }
}

/** The last byte is the first number. */
function firmware(data: Uint8Array, start: number, length: number): string {
  let text = `${data[start + length - 1]}`;
  for (let i = length - 2; i >= 0; i--) text += `.${data[start + i]}`;
  return text;
}
