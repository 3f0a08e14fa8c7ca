/**
 * Eddystone: service data with UUID 0xFEAA. github.com/google/eddystone, protocol-specification.md
 * and the page of each frame type. All numbers are big-endian.
 *
 * @module
 */
import { rule } from "../wire/problem.ts";
import { identifierText } from "./beacon_text.ts";
import { decodeEddystoneUrl } from "./eddystone_url.ts";
import { type Measure, number, other } from "./measure.ts";
import type { SensorCursor } from "./sensor_cursor.ts";
import type { FormatDecoder } from "./sensor_packet.ts";
import type { SensorReport } from "./sensor_report.ts";

const CLAUSE = "Eddystone Protocol Specification";
const LOW_BITS = rule("eddystone", "warning", "low bits of the frame type are not 0", CLAUSE);
const LENGTH = rule("eddystone", "error", "frame has not the length of its type", CLAUSE);
const POWER_RANGE = rule(
  "eddystone",
  "warning",
  "TX power at 0 m is not -100 to 20 dBm",
  "Eddystone-UID, Field Notes",
);
const RESERVED = rule(
  "eddystone",
  "warning",
  "reserved bytes are not 0",
  "Eddystone-UID, Frame Specification",
);
const VERSION = rule(
  "eddystone",
  "error",
  "version of telemetry is neither 0 nor 1",
  "Eddystone-TLM, Field Notes",
);

/** Upper half of a frame's first byte. */
const FrameType = { Uid: 0, Url: 1, Tlm: 2, Eid: 3 } as const;

function power(frame: string): Measure {
  const text = `Eddystone-${frame}, byte 1: sint8, dBm emitted at 0 m (measured at 1 m + 41 dBm)`;
  return number("power_at_0m", "dBm", [-100, 20], text, {
    quantity: "signal_strength",
    diagnostic: true,
  });
}

const UID_POWER = power("UID");
const URL_POWER = power("URL");
const EID_POWER = power("EID");
const NAMESPACE = other("beacon_namespace", "text", "Eddystone-UID, bytes 2-11: namespace");
const INSTANCE = other("beacon_instance", "text", "Eddystone-UID, bytes 12-17: instance");
const EID = other("ephemeral_id", "text", "Eddystone-EID, bytes 2-9: ephemeral identifier");

const VOLTAGE = number(
  "voltage",
  "V",
  [0.001, 65.535],
  "Eddystone-TLM, bytes 2-3: uint16, big-endian, mV, shown in V (/ 1000); 0 not available",
  { divisor: 1000, quantity: "voltage" },
);
const TEMPERATURE = number(
  "temperature",
  "°C",
  [-32_767 / 256, 32_767 / 256],
  "Eddystone-TLM, bytes 4-5: sint16, big-endian, / 256 (8.8 fixed point) °C; 0x8000 not available",
  { divisor: 256, quantity: "temperature" },
);
const ADVERTISEMENTS = number(
  "advertisement_count",
  "",
  [0, 0xffffffff],
  "Eddystone-TLM, bytes 6-9: uint32, big-endian, frames of all types since boot",
  { diagnostic: true },
);
const UPTIME = number(
  "uptime",
  "s",
  [0, 429_496_729.5],
  "Eddystone-TLM, bytes 10-13: uint32, big-endian, x 0.1 s since boot",
  { divisor: 10, quantity: "duration", diagnostic: true },
);

/** Decodes service data of Eddystone: UID, URL, TLM (plain, or encrypted as it is), EID. */
export const decodeEddystone: FormatDecoder = ({ cursor }, report) => {
  const start = cursor.pos;
  const type = cursor.u8();
  if (cursor.failed || type >> 4 > FrameType.Eid) return false;
  if ((type & 0x0f) !== 0) report.problem(LOW_BITS, start, `frame type ${type}`);
  switch (type >> 4) {
    case FrameType.Uid:
      decodeUid(cursor, start, report);
      break;
    case FrameType.Url:
      report.format = "Eddystone URL";
      if (decodePower(URL_POWER, cursor, report)) decodeEddystoneUrl(cursor, report);
      else report.problem(LENGTH, start, "URL of 1 byte");
      break;
    case FrameType.Tlm:
      decodeTelemetry(cursor, start, report);
      break;
    default:
      decodeEid(cursor, start, report);
  }
  return true;
};

/** @returns false when there is none */
function decodePower(measure: Measure, cursor: SensorCursor, report: SensorReport): boolean {
  const at = cursor.pos;
  const value = cursor.s8();
  if (cursor.failed) return false;
  const allowed = value >= measure.min && value <= measure.max;
  if (!allowed) report.problem(POWER_RANGE, at, `${value} dBm`);
  report.add(measure, allowed ? value : null, value, at, 1);
  return true;
}

function checkLength(
  frame: string,
  length: number,
  right: number,
  start: number,
  report: SensorReport,
): void {
  if (length === right) return;
  report.problem(LENGTH, start, `${frame} of ${length} bytes, not ${right}`);
}

/** Adds an identifier of `length` bytes, if it is there. */
function addIdentifier(
  measure: Measure,
  length: number,
  cursor: SensorCursor,
  report: SensorReport,
): void {
  const at = cursor.take(length);
  if (at < 0) return;
  const text = identifierText(cursor.data, at, at + length);
  report.add(measure, text, text, at, length);
}

function decodeUid(cursor: SensorCursor, start: number, report: SensorReport): void {
  report.format = "Eddystone UID";
  const length = cursor.end - start;
  // Beacons older than the reserved bytes leave them out.
  if (length !== 18) checkLength("UID", length, 20, start, report);
  decodePower(UID_POWER, cursor, report);
  addIdentifier(NAMESPACE, 10, cursor, report);
  addIdentifier(INSTANCE, 6, cursor, report);
  if (cursor.left < 2) return;
  const at = cursor.pos;
  const reserved = cursor.uintBE(2);
  if (reserved !== 0) report.problem(RESERVED, at, `0x${reserved.toString(16)}`);
}

function decodeEid(cursor: SensorCursor, start: number, report: SensorReport): void {
  report.format = "Eddystone EID";
  checkLength("EID", cursor.end - start, 10, start, report);
  decodePower(EID_POWER, cursor, report);
  addIdentifier(EID, 8, cursor, report);
}

/** Telemetry. Whose it is, its device's address alone says. */
function decodeTelemetry(cursor: SensorCursor, start: number, report: SensorReport): void {
  report.format = "Eddystone TLM";
  const length = cursor.end - start;
  const version = cursor.u8();
  if (cursor.failed) return checkLength("TLM", length, 14, start, report);
  if (version === 1) {
    // AES-EAX with the identity key and the beacon's clock, which only its registry has.
    report.format = "Eddystone eTLM";
    report.sealing = "no key";
    return checkLength("eTLM", length, 18, start, report);
  }
  if (version !== 0) return report.problem(VERSION, start + 1, `version ${version}`);
  checkLength("TLM", length, 14, start, report);
  if (cursor.left < 2) return;
  const voltage = cursor.uintBE(2);
  report.add(VOLTAGE, voltage === 0 ? null : voltage / 1000, voltage, start + 2, 2);
  if (cursor.left < 2) return;
  const word = cursor.uintBE(2);
  const temperature = word << 16 >> 16;
  report.add(TEMPERATURE, word === 0x8000 ? null : temperature / 256, temperature, start + 4, 2);
  if (cursor.left < 4) return;
  const count = cursor.uintBE(4);
  report.add(ADVERTISEMENTS, count, count, start + 6, 4);
  if (cursor.left < 4) return;
  const tenths = cursor.uintBE(4);
  report.add(UPTIME, tenths / 10, tenths, start + 10, 4);
}
