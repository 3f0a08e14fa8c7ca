/**
 * BTHome version 1 (bthome.io/v1), which version 2 replaced: service data of UUID 0x181C, encrypted
 * of 0x181E. Each object has a byte that says its length (5 bits, the id counts) and its type
 * (3 bits), then its id and value. So objects that are not known can be passed over.
 *
 * @module
 */
import { hexText } from "../wire/hex_text.ts";
import { rule } from "../wire/problem.ts";
import { type BtHomeObject, Form, MAX_V1_BYTES, OBJECTS_V1, STEPS_V1 } from "./bthome_objects.ts";
import { judgePacketId } from "./bthome_packet_id.ts";
import { BtHomeSeal } from "./bthome_sealing.ts";
import { addBinary, addButton, addBytes, addDimmer, addText } from "./bthome_values.ts";
import { scaled } from "./measure.ts";
import type { SensorCursor } from "./sensor_cursor.ts";
import type { SensorPacket } from "./sensor_packet.ts";
import type { SensorReport } from "./sensor_report.ts";

const FORMAT = "BTHome v1";

/** Types of objects. */
const Type = {
  Unsigned: 0,
  Signed: 1,
  Float: 2,
  Text: 3,
  /** An address in six bytes, last shown byte first, and no id; other lengths: bytes with an id. */
  Address: 4,
  /** Seconds since 1970. */
  Timestamp: 5,
} as const;
const ADDRESS_BYTES = 6;
const PACKET_ID = 0x00;

const V1_PAGE = "bthome.io/v1";
const CUT = rule("bthome", "error", "last object is cut short", V1_PAGE);
const UNKNOWN_OBJECT = rule("bthome", "note", "object is not known", V1_PAGE);
const NO_ID = rule("bthome", "error", "object has no id", V1_PAGE);
const WRONG_LENGTH = rule("bthome", "error", "length does not fit the object", V1_PAGE);

const seal = new BtHomeSeal({ counter: "bthome v1", middle: [0x1e, 0x18], aad: [0x11] });

/** Decodes plain service data; false where it is that of other firmware under the same UUID. */
export function decodeBtHomeV1(packet: SensorPacket, report: SensorReport): boolean {
  if (!looksLikeV1(packet)) return false;
  report.format = FORMAT;
  if (packet.memory.key?.ccm !== undefined) {
    report.sealing = "refused";
    report.find("downgrade", "a plain packet of a device whose key is known");
    return true;
  }
  readObjects(packet.cursor, 0, packet, report);
  return true;
}

/** Decodes encrypted service data. */
export function decodeBtHomeV1Encrypted(packet: SensorPacket, report: SensorReport): boolean {
  report.format = FORMAT;
  const begin = packet.cursor.pos;
  if (seal.open(packet, report, begin, packet.address, -1)) {
    readObjects(seal.plain, seal.shift, packet, report);
  }
  return true;
}

/** Lengths of what ATC and pvvx firmware sent under the same UUID, bytes. */
const OTHER_FIRMWARE: ReadonlySet<number> = new Set([13, 14, 15]);

/**
 * Whether it can be read as objects. What does not end with an object is taken for one that is cut
 * short, unless it is other firmware's data: that begins with the sender's address, or, where the
 * sender is not known, has its length.
 */
function looksLikeV1(packet: SensorPacket): boolean {
  const { data, pos, end, left } = packet.cursor;
  if (left === 0 || beginsWithAddress(packet)) return false;
  let at = pos;
  while (at < end) {
    const length = data[at]! & 0x1f;
    const type = data[at]! >> 5;
    const id = data[at + 1];
    if (length === 0 || type > Type.Timestamp) return false;
    const isAddress = type === Type.Address && length === ADDRESS_BYTES;
    if (at + 1 < end && !isAddress && OBJECTS_V1[id!] === undefined && at === pos) return false;
    at += 1 + length;
  }
  return at === end || packet.address >= 0 || !OTHER_FIRMWARE.has(left);
}

/** As ATC (in order) and pvvx (reversed) data does. */
function beginsWithAddress({ address, cursor: { data, pos, left } }: SensorPacket): boolean {
  if (left < ADDRESS_BYTES || address < 0) return false;
  let forward = 0;
  let reversed = 0;
  for (let i = 0; i < ADDRESS_BYTES; i++) {
    forward = forward * 256 + data[pos + i]!;
    reversed = reversed * 256 + data[pos + ADDRESS_BYTES - 1 - i]!;
  }
  return address === forward || address === reversed;
}

/** Reads objects to the end. @param shift from the cursor to the given bytes */
function readObjects(
  cursor: SensorCursor,
  shift: number,
  packet: SensorPacket,
  report: SensorReport,
): void {
  let packetId = -1;
  while (cursor.pos < cursor.end) {
    const at = cursor.pos;
    const header = cursor.u8();
    const length = header & 0x1f;
    const type = header >> 5;
    if (length > cursor.left) {
      report.problem(CUT, at + shift, `${cursor.left} of ${length} bytes`);
      break;
    }
    const next = cursor.pos + length;
    if (length === 0) {
      report.problem(NO_ID, at + shift);
    } else if (type === Type.Address && length === ADDRESS_BYTES) {
      report.payloadAddress = cursor.uintLE(ADDRESS_BYTES);
    } else {
      const id = cursor.u8();
      const object = OBJECTS_V1[id];
      if (object === undefined || type > Type.Timestamp) {
        report.problem(UNKNOWN_OBJECT, at + shift, `id ${hexText(id, 2)}, type ${type}`);
      } else {
        if (id === PACKET_ID && length === 2) packetId = cursor.data[cursor.pos]!;
        readValue(cursor, object, type, length - 1, shift, report);
      }
    }
    cursor.pos = next;
  }
  if (packetId >= 0) judgePacketId(packetId, packet, report);
}

/** Reads a value of `length` bytes, or says that it has another length than such an object. */
function readValue(
  cursor: SensorCursor,
  object: BtHomeObject,
  type: number,
  length: number,
  shift: number,
  report: SensorReport,
): void {
  const { measure, form } = object;
  const start = cursor.pos;
  const at = start + shift;
  if (type === Type.Text || form === Form.Text) {
    // Text where a number should be has no measure: its object is known, its meaning is not.
    if (form === Form.Text) addText(report, measure, cursor.data, start, length, shift);
    else report.problem(UNKNOWN_OBJECT, at, `${measure.name} as text`);
  } else if (form === Form.Raw) {
    addBytes(report, measure, cursor.data, start, length, shift);
  } else if (form === Form.Binary && length === 1) {
    addBinary(report, measure, cursor.u8(), at);
  } else if (form === Form.Button && length === 1) {
    addButton(report, measure, cursor.u8(), at);
  } else if (form === Form.Dimmer && length === 2) {
    const event = cursor.u8();
    addDimmer(report, measure, STEPS_V1, event, cursor.u8(), at);
  } else if (form <= Form.Signed && type === Type.Float) {
    addFloat(cursor, object, length, at, report);
  } else if (form <= Form.Signed && length > 0 && length <= MAX_V1_BYTES) {
    const raw = type === Type.Signed ? cursor.sintLE(length) : cursor.uintLE(length);
    report.add(measure, scaled(measure, raw), raw, at, length);
  } else {
    report.problem(WRONG_LENGTH, at, `${measure.name}: ${length} bytes`);
  }
}

/** A float of 2, 4 or 8 bytes (IEEE 754), to which the object's factor applies as well. */
function addFloat(
  cursor: SensorCursor,
  { measure }: BtHomeObject,
  length: number,
  at: number,
  report: SensorReport,
): void {
  const start = cursor.pos;
  const view = new DataView(cursor.data.buffer, cursor.data.byteOffset + start, length);
  const raw = length === 2
    ? half(view.getUint16(0, true))
    : length === 4
    ? view.getFloat32(0, true)
    : length === 8
    ? view.getFloat64(0, true)
    : undefined;
  if (raw === undefined) {
    report.problem(WRONG_LENGTH, at, `${measure.name}: a float of ${length} bytes`);
    return;
  }
  const value = scaled(measure, raw);
  if (value >= measure.min && value <= measure.max) report.add(measure, value, raw, at, length);
  else report.problem(OUT_OF_RANGE, at, `${measure.name}: ${value}`);
}

const OUT_OF_RANGE = rule("bthome", "error", "float is no number, or too large", V1_PAGE);

/** The value of a half precision float. */
function half(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = bits >> 10 & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
