/**
 * iBeacon: manufacturer data of Apple (company 0x004C). Apple, "Proximity Beacon Specification",
 * release R1.
 *
 * @module
 */
import { uuidText } from "./beacon_text.ts";
import { number, other } from "./measure.ts";
import type { FormatDecoder } from "./sensor_packet.ts";

/** Type and length: Apple has many other types in manufacturer data. */
const TYPE = 0x0215;
const LENGTH = 23;

const UUID = other("uuid", "text", "iBeacon, bytes 2-17: proximity UUID, big-endian");
const MAJOR = number("major", "", [0, 0xffff], "iBeacon, bytes 18-19: uint16, big-endian");
const MINOR = number("minor", "", [0, 0xffff], "iBeacon, bytes 20-21: uint16, big-endian");
const POWER = number(
  "measured_power",
  "dBm",
  [-128, 127],
  "iBeacon, byte 22: sint8, dBm received at 1 m",
  { quantity: "signal_strength", diagnostic: true },
);

/** Decodes manufacturer data of Apple that is an iBeacon. */
export const decodeIBeacon: FormatDecoder = ({ cursor }, report) => {
  const start = cursor.pos;
  if (cursor.left !== LENGTH || cursor.uintBE(2) !== TYPE) return false;
  report.format = "iBeacon";
  const uuid = uuidText(cursor.data, cursor.take(16));
  report.add(UUID, uuid, uuid, start + 2, 16);
  const major = cursor.uintBE(2);
  report.add(MAJOR, major, major, start + 18, 2);
  const minor = cursor.uintBE(2);
  report.add(MINOR, minor, minor, start + 20, 2);
  const power = cursor.s8();
  report.add(POWER, power, power, start + 22, 1);
  return true;
};
