/**
 * What advertising data says about the device itself: name, transmit power, flags (Core
 * Specification Supplement 12, Part A). A device that says only this is no sensor.
 *
 * @module
 */
import { rule } from "../wire/problem.ts";
import { invalidUtf8 } from "../wire/utf8.ts";
import { type Measure, number, other } from "./measure.ts";
import type { SensorPacket } from "./sensor_packet.ts";
import type { SensorReport } from "./sensor_report.ts";

const NOT_UTF8 = rule("sensor", "warning", "local name is not UTF-8", "CSS 12, Part A, 1.2");
const LONG_NAME = rule(
  "sensor",
  "warning",
  "local name is longer than 248 bytes",
  "Core 6.0, Vol 3, Part C, 12.1",
);
const POWER_LENGTH = rule("sensor", "error", "TX power level is not 1 byte", "CSS 12, Part A, 1.5");
const POWER_RANGE = rule(
  "sensor",
  "warning",
  "TX power level is not -127 to 127 dBm",
  "CSS 12, Part A, 1.5",
);

const MAX_NAME_BYTES = 248;
/** AD type of a complete local name (Assigned Numbers, 2.3). */
const COMPLETE_NAME = 0x09;
/** Flags beyond are not in use, and would not fit a number. */
const MAX_FLAG_BYTES = 6;

const NAME = other(
  "local_name",
  "text",
  "CSS 12, Part A, 1.2: complete local name, UTF-8 without control characters",
  { diagnostic: true },
);
const SHORT_NAME = other(
  "local_name",
  "text",
  "CSS 12, Part A, 1.2: shortened local name, UTF-8 without control characters",
  { diagnostic: true },
);
const TX_POWER = number("tx_power", "dBm", [-127, 127], "CSS 12, Part A, 1.5: sint8, dBm", {
  quantity: "signal_strength",
  diagnostic: true,
});
const FLAGS = number(
  "flags",
  "",
  [0, 2 ** 48 - 1],
  "CSS 12, Part A, 1.3: bit field, least significant byte first",
  { diagnostic: true },
);

/** Controls, line and paragraph separators, and what turns the direction of the text around it. */
const UNWANTED = /[\p{Cc}\u2028\u2029\p{Bidi_Control}\ufeff]/gu;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Decodes a local name, `packet.data[start, end)`. A complete name wins over a shortened one,
 * whichever comes first.
 */
export function decodeDeviceName(
  packet: SensorPacket,
  report: SensorReport,
  start: number,
  end: number,
): void {
  const { data } = packet;
  const measure = data[start - 1] === COMPLETE_NAME ? NAME : SHORT_NAME;
  const known = report.readings.findIndex(isName);
  if (known >= 0 && (measure === SHORT_NAME || report.readings[known]!.measure === NAME)) return;
  let cut = end;
  if (end - start > MAX_NAME_BYTES) {
    report.problem(LONG_NAME, start, `${end - start} bytes`);
    cut = start + MAX_NAME_BYTES;
    while (cut > start && (data[cut]! & 0xc0) === 0x80) cut--;
  }
  const wrong = invalidUtf8(data, start, cut);
  if (wrong >= 0) report.problem(NOT_UTF8, wrong);
  const name = decoder.decode(data.subarray(start, cut)).replace(UNWANTED, "");
  if (name === "") return;
  report.name = name;
  if (known >= 0) report.readings.splice(known, 1);
  report.add(measure, name, name, start, end - start);
}

function isName({ measure }: { readonly measure: Measure }): boolean {
  return measure === NAME || measure === SHORT_NAME;
}

/** Decodes a TX power level, `packet.data[start, end)`. */
export function decodeTxPower(
  packet: SensorPacket,
  report: SensorReport,
  start: number,
  end: number,
): void {
  if (end - start !== 1) report.problem(POWER_LENGTH, start, `${end - start} bytes`);
  const cursor = packet.cursor.open(packet.data, start, end);
  const power = cursor.s8();
  if (cursor.failed) return;
  if (power === -128) {
    report.problem(POWER_RANGE, start, `${power} dBm`);
    report.add(TX_POWER, null, power, start, 1);
    return;
  }
  report.txPower = power;
  report.add(TX_POWER, power, power, start, 1);
}

/** Decodes flags, `packet.data[start, end)`; none at all are 0 (zero bytes at the end are left out). */
export function decodeFlags(
  packet: SensorPacket,
  report: SensorReport,
  start: number,
  end: number,
): void {
  const length = Math.min(end - start, MAX_FLAG_BYTES);
  const flags = packet.cursor.open(packet.data, start, end).uintLE(length);
  report.flags = flags;
  report.add(FLAGS, flags, flags, start, length);
}
