/**
 * Ruuvi's data formats in manufacturer data (company 0x0499): 3, 5, 6, C5, E1. Their fields are in
 * `ruuvi_formats.ts`.
 *
 * @module
 */
import { rule } from "../wire/problem.ts";
import { Coding, type RuuviField } from "./ruuvi_field.ts";
import { LUMINOSITY, RUUVI_FORMATS, type RuuviFormat } from "./ruuvi_formats.ts";
import type { SensorCursor } from "./sensor_cursor.ts";
import type { FormatDecoder, SensorPacket } from "./sensor_packet.ts";
import type { SensorReport } from "./sensor_report.ts";

const CLAUSE = "docs.ruuvi.com, Bluetooth advertisements";
const LENGTH = rule("ruuvi", "error", "data has not the length of its format", CLAUSE);
const RANGE = rule("ruuvi", "warning", "value is outside of what its format allows", CLAUSE);

/** All ones: the address is not available. */
const NO_ADDRESS = 2 ** 48 - 1;

/**
 * How long format 6 is passed over once E1 was heard, ms. Both come every few seconds; when only
 * receivers are left that cannot hear E1 (it needs extended advertising), 6 is all there is.
 */
const EXTENDED_MS = 60_000;
const EXTENDED = "Ruuvi E1";
const LEGACY = "Ruuvi 6";

/** Decodes manufacturer data of Ruuvi. What the format calls not available has the value null. */
export const decodeRuuvi: FormatDecoder = (packet, report) => {
  const { cursor } = packet;
  const start = cursor.pos;
  const format = RUUVI_FORMATS.get(cursor.u8());
  if (format === undefined) return false;
  report.format = format.name;
  report.model = format.model;
  const length = cursor.end - start;
  if (length !== format.length) {
    report.problem(LENGTH, start, `${format.name}: ${length} bytes, not ${format.length}`);
  }
  readFields(format, cursor, start, report);
  if (format.address >= 0 && length >= format.address + 6) {
    cursor.pos = start + format.address;
    const address = cursor.uintBE(6);
    if (address !== NO_ADDRESS) report.payloadAddress = address;
  }
  if (format.name === EXTENDED || format.name === LEGACY) preferExtended(packet, report);
  return true;
};

/** A device that sends 6 and E1 says the same in both; 6 is to be discarded ("Data format E1"). */
function preferExtended({ memory, time }: SensorPacket, report: SensorReport): void {
  if (report.format === EXTENDED) {
    memory.formats.add(EXTENDED);
    memory.counterOf(EXTENDED).time = time;
  } else if (memory.formats.has(EXTENDED)) {
    report.stale = Math.abs(time - memory.counterOf(EXTENDED).time) < EXTENDED_MS;
  }
}

/** Reads those fields of a format that are there. @param start where the format number stands */
function readFields(
  format: RuuviFormat,
  cursor: SensorCursor,
  start: number,
  report: SensorReport,
): void {
  const length = cursor.end - start;
  let flags = -1;
  if (format.flags >= 0 && format.flags < length) {
    cursor.pos = start + format.flags;
    flags = cursor.u8();
  }
  for (const field of format.fields) {
    if (field.offset + field.length > length || (field.lowBit >= 0 && flags < 0)) continue;
    const at = start + field.offset;
    cursor.pos = at;
    const raw = rawOf(field, cursor.uintBE(field.length), flags);
    addField(field, raw, at, field.length, report);
    if (field === format.sequence && raw !== field.none) {
      report.sequence = raw;
      report.sequenceModulus = format.sequenceModulus;
    }
  }
}

/** The field's own bits, with sign. @param word its bytes as one number */
function rawOf(field: RuuviField, word: number, flags: number): number {
  if (field.lowBit >= 0) return word * 2 + (flags >> field.lowBit & 1);
  if (field.mask > 0) return word >> field.shift & field.mask;
  return word < field.half ? word : word - 2 * field.half;
}

/**
 * Adds the reading of a field.
 *
 * @param raw its bits as a number
 * @param at where its bytes stand in the packet, and how many they are
 */
export function addField(
  field: RuuviField,
  raw: number,
  at: number,
  length: number,
  report: SensorReport,
): void {
  const { measure } = field;
  if (raw === field.none) {
    report.add(measure, null, raw, at, length);
    return;
  }
  switch (field.coding) {
    case Coding.Flag:
      report.add(measure, raw === 1, raw, at, length);
      return;
    case Coding.Logarithmic:
      report.add(measure, LUMINOSITY[raw]!, raw, at, length);
      return;
    case Coding.SignMagnitude:
      addSignMagnitude(field, raw, at, length, report);
      return;
  }
  const value = (raw * measure.multiplier + field.bias) / measure.divisor;
  const allowed = value >= measure.min && value <= measure.max;
  if (!allowed) report.problem(RANGE, at, `${measure.name} ${value} ${measure.unit}`);
  report.add(measure, allowed ? value : null, raw, at, length);
}

function addSignMagnitude(
  { measure }: RuuviField,
  word: number,
  at: number,
  length: number,
  report: SensorReport,
): void {
  const hundredths = word & 0xff;
  const allowed = hundredths <= 99;
  if (!allowed) report.problem(RANGE, at + length - 1, `${measure.name}: ${hundredths} hundredths`);
  const size = ((word >> 8 & 0x7f) * 100 + hundredths) / 100;
  // Zero with the sign bit is 0, not -0.
  const value = word >= 0x8000 && size > 0 ? -size : size;
  report.add(measure, allowed ? value : null, word, at, length);
}
