/**
 * What the formats of Xiaomi devices share: numbers that are checked against their range, floats,
 * and the rules for both.
 *
 * @module
 */
import { rule } from "../wire/problem.ts";
import { type Measure, scaled } from "./measure.ts";
import type { SensorReport } from "./sensor_report.ts";

const OUT_OF_RANGE = rule("sensor", "warning", "value is outside the range of its quantity");
const UNKNOWN_CODE = rule("sensor", "note", "code has no known meaning");

/** Additional authenticated data of all encrypted formats here. */
export const AAD: Uint8Array = Uint8Array.of(0x11);

/**
 * Reports a number; one outside the measure's range becomes a problem instead.
 *
 * @param raw as it stands in the packet
 * @returns whether it was reported
 */
export function addNumber(
  report: SensorReport,
  measure: Measure,
  raw: number,
  offset: number,
  length: number,
): boolean {
  const value = scaled(measure, raw);
  if (value >= measure.min && value <= measure.max) {
    report.add(measure, value, raw, offset, length);
    return true;
  }
  report.problem(OUT_OF_RANGE, offset, `${measure.name} ${value} ${measure.unit}`.trimEnd());
  return false;
}

/** Reports that a code is not in its table. */
export function unknownCode(
  report: SensorReport,
  measure: Measure,
  code: number,
  offset: number,
): void {
  report.problem(UNKNOWN_CODE, offset, `${measure.name} ${code}`);
}

const floatBytes = new DataView(new ArrayBuffer(4));

/**
 * The float32 at `data[at, at + 4)`, little-endian, with the seven digits that it can hold: 23.8
 * stays 23.8. Not finite where the bytes are not.
 */
export function float32(data: Uint8Array, at: number): number {
  for (let i = 0; i < 4; i++) floatBytes.setUint8(i, data[at + i]!);
  return Number(floatBytes.getFloat32(0, true).toPrecision(7));
}
