/**
 * What a sensor says in a few words.
 *
 * @module
 */
import { type Reading, readingName } from "../sensors/measure.ts";
import type { SensorReport } from "../sensors/sensor_report.ts";

/** Readings named in the Info column, and the length of one there, in characters. */
const NAMED = 4;
const NAMED_LENGTH = 60;

/** A report for the Info column: `Ruuvi 5: 24.3 °C, 53.49 %`. Empty: no sensor. */
export function sensorSummary(report: SensorReport): string {
  const { format, sealing, findings } = report;
  if (format === "") return "";
  if (sealing === "no key") return `${format}: encrypted, no key`;
  if (sealing === "refused") return `${format}: refused, ${findings[0]?.kind ?? "not readable"}`;
  const told = toldReadings(report.readings);
  const parts = told.slice(0, NAMED).map(shortText);
  if (told.length > NAMED) parts.push("...");
  if (report.stale) parts.push("repeated");
  return parts.length === 0 ? format : `${format}: ${parts.join(", ")}`;
}

/** Those readings that have a value, and are of interest not only to who looks after devices. */
export function toldReadings(readings: readonly Reading[]): Reading[] {
  return readings.filter(({ measure, value }) => !measure.diagnostic && value !== null);
}

/** `temperature 24.3 °C`, `motion true`; long text cut short. */
export function readingText(reading: Reading): string {
  const { measure, value } = reading;
  const text = measure.unit === "" ? String(value) : `${value} ${measure.unit}`;
  const shown = text.length > NAMED_LENGTH ? `${text.slice(0, NAMED_LENGTH)}...` : text;
  return `${readingName(reading)} ${shown}`;
}

/** The unit stands for the name, where there is one. */
function shortText(reading: Reading): string {
  const { measure, value } = reading;
  return measure.unit === "" ? readingText(reading) : `${value} ${measure.unit}`;
}
