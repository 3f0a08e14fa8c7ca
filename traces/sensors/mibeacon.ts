/**
 * MiBeacon: service data of UUID 0xFE95, by which Xiaomi's Bluetooth devices speak. Little-endian:
 *
 * | bytes | field                                                                                 |
 * | ----- | ------------------------------------------------------------------------------------- |
 * | 2     | frame control, see `Control`                                                          |
 * | 2     | device type, see `mibeacon_models.ts`                                                 |
 * | 1     | frame counter                                                                         |
 * | 6     | MAC, last byte first; where frame control says so                                     |
 * | 1     | capability; likewise. Version 5 adds 2 bytes each for a combo chip and for I/O        |
 * | n     | objects, see `mibeacon_objects.ts`; likewise. Encrypted ones are `mibeacon_sealed.ts` |
 * | 2     | mesh; likewise, version 5 only                                                        |
 *
 * Source: Xiaomi's "BLE MiBeacon protocol" versions 4 and 5, in pvvx/ATC_MiThermometer,
 * InfoMijiaBLE; Xiaomi's library mijia_ble_common, mible_beacon.c, for what a combo chip adds.
 *
 * @module
 */
import { hexText } from "../wire/hex_text.ts";
import { rule } from "../wire/problem.ts";
import { IRREGULAR_MODELS, MODELS } from "./mibeacon_models.ts";
import { readObjects } from "./mibeacon_objects.ts";
import { MiBeaconFrame, openLegacy, openSealed } from "./mibeacon_sealed.ts";
import type { FormatDecoder, SensorPacket } from "./sensor_packet.ts";
import type { SensorReport } from "./sensor_report.ts";

/**
 * Bits of frame control. Bits 0 to 2, 8 (bound), 9 (asks to be bound) and 10-11 (how it
 * authenticates) change nothing in the layout. Bits 12-15 are the version.
 */
const Control = {
  Encrypted: 1 << 3,
  Mac: 1 << 4,
  Capability: 1 << 5,
  Object: 1 << 6,
  Mesh: 1 << 7,
} as const;

const CAPABILITY_IO = 0x20;
const CAPABILITY_BOND = 0x18;
const MESH_BYTES = 2;

const FORMATS: readonly (string | undefined)[] = [
  undefined,
  undefined,
  "MiBeacon v2",
  "MiBeacon v3",
  "MiBeacon v4",
  "MiBeacon v5",
];

const PROTOCOL = "BLE MiBeacon protocol, version 5";
const CUT = rule("mibeacon", "error", "frame is cut short", PROTOCOL);
const VERSION = rule("mibeacon", "warning", "version is not one of 2 to 5", PROTOCOL);
const OTHER_ADDRESS = rule("mibeacon", "note", "frame names another address than its sender's");
const TRAILING = rule("mibeacon", "note", "frame without objects has bytes behind its header");

const frame = new MiBeaconFrame();

/** Decodes MiBeacons of versions 2 to 5, plain and encrypted. */
export const decodeMiBeacon: FormatDecoder = (packet, report) => {
  const { cursor } = packet;
  frame.start = cursor.pos;
  const control = cursor.uintLE(2);
  const type = cursor.uintLE(2);
  frame.counter = cursor.u8();
  if (cursor.failed) {
    report.problem(CUT, frame.start, `${cursor.end - frame.start} of at least 5 bytes`);
    return true;
  }
  const version = control >>> 12;
  const format = FORMATS[version];
  if (format === undefined) {
    report.problem(VERSION, frame.start, `version ${version}`);
    return true;
  }
  report.format = format;
  const model = MODELS.get(type);
  report.model = model ?? `Xiaomi ${hexText(type, 4)}`;
  report.irregular = model !== undefined && IRREGULAR_MODELS.has(model);
  readMac(packet, report, control);
  skipOptions(packet, control, version);
  if (cursor.failed) {
    report.problem(CUT, frame.start, "header announces more than there is");
    return true;
  }
  if ((control & Control.Object) === 0) {
    if (cursor.left > 0) report.problem(TRAILING, cursor.pos, `${cursor.left} bytes`);
    return true;
  }
  frame.objects = cursor.pos;
  frame.end = cursor.end;
  if ((control & Control.Encrypted) === 0) {
    readPlain(packet, report, model ?? "");
    return true;
  }
  const open = version <= 3 ? openLegacy : openSealed;
  open(packet, report, frame, model ?? "");
  return true;
};

function readMac({ cursor, address }: SensorPacket, report: SensorReport, control: number): void {
  frame.address = address;
  if ((control & Control.Mac) === 0) return;
  const at = cursor.pos;
  const named = cursor.uintLE(6);
  if (cursor.failed) return;
  report.payloadAddress = named;
  frame.address = named;
  if (address >= 0 && named !== address) report.problem(OTHER_ADDRESS, at);
}

/** Moves over what says nothing about measured values. */
function skipOptions({ cursor }: SensorPacket, control: number, version: number): void {
  if ((control & Control.Capability) !== 0) {
    const capability = cursor.u8();
    // These bits are reserved before version 5.
    if (version === 5) {
      if ((capability & CAPABILITY_BOND) === CAPABILITY_BOND) cursor.take(2);
      if ((capability & CAPABILITY_IO) !== 0) cursor.take(2);
    }
  }
  if (version === 5 && (control & Control.Mesh) !== 0) {
    if (cursor.left < MESH_BYTES) cursor.failed = true;
    else cursor.end -= MESH_BYTES;
  }
}

function readPlain(packet: SensorPacket, report: SensorReport, model: string): void {
  // Frames without objects, which have been dealt with, are plain from every device.
  if (packet.memory.key !== undefined) {
    report.sealing = "refused";
    report.find("downgrade", `${report.format} in plain text from a device whose key is known`);
    return;
  }
  report.sequence = frame.counter;
  report.sequenceModulus = 256;
  if (frame.objects === frame.end) {
    report.problem(CUT, frame.objects, "object is announced and missing");
    return;
  }
  readObjects(report, packet.data, frame.objects, frame.end, 0, model);
}
