/**
 * AltBeacon: manufacturer data of any company. github.com/AltBeacon/spec, version 1.0, "AltBeacon
 * Protocol Fields".
 *
 * @module
 */
import { rule } from "../wire/problem.ts";
import { uuidText } from "./beacon_text.ts";
import { number, other } from "./measure.ts";
import type { FormatDecoder } from "./sensor_packet.ts";

const CLAUSE = "AltBeacon 1.0, Protocol Fields";
const LENGTH = rule("altbeacon", "error", "data has not the length of an AltBeacon", CLAUSE);
const RANGE = rule("altbeacon", "warning", "reference RSSI is not 0 to -127", CLAUSE);

const CODE = 0xbeac;
/** Bytes behind the company. */
const BYTES = 24;

const ID = other(
  "beacon_id",
  "text",
  "AltBeacon, bytes 2-21: 16 bytes as a UUID, then two uint16, big-endian",
);
const RSSI = number(
  "reference_rssi",
  "dBm",
  [-127, 0],
  "AltBeacon, byte 22: sint8, dBm received at 1 m; 0 to -127",
  { quantity: "signal_strength", diagnostic: true },
);
const RESERVED = number(
  "mfg_reserved",
  "",
  [0, 255],
  "AltBeacon, byte 23: uint8, the manufacturer's own",
  { diagnostic: true },
);

/** Decodes manufacturer data that is an AltBeacon. */
export const decodeAltBeacon: FormatDecoder = ({ cursor }, report) => {
  const start = cursor.pos;
  if (cursor.uintBE(2) !== CODE || cursor.failed) return false;
  report.format = "AltBeacon";
  const length = cursor.end - start;
  if (length !== BYTES) report.problem(LENGTH, start, `${length} bytes, not ${BYTES}`);
  const id = cursor.take(16);
  const first = cursor.uintBE(2);
  const second = cursor.uintBE(2);
  if (cursor.failed) return true;
  const text = `${uuidText(cursor.data, id)}/${first}/${second}`;
  report.add(ID, text, text, id, 20);
  const rssi = cursor.s8();
  if (cursor.failed) return true;
  const allowed = rssi <= 0 && rssi >= -127;
  if (!allowed) report.problem(RANGE, start + 22, `${rssi} dBm`);
  report.add(RSSI, allowed ? rssi : null, rssi, start + 22, 1);
  const reserved = cursor.u8();
  if (!cursor.failed) report.add(RESERVED, reserved, reserved, start + 23, 1);
  return true;
};
