/**
 * What a sensor says as fields: `edgewire.sensor` and what is in it. Each reading points at the bytes
 * it was read from, and says why it has its value.
 *
 * @module
 */
import { deviceIdText } from "../sensors/device_id.ts";
import { explainReading } from "../sensors/explain.ts";
import { type Reading, readingName } from "../sensors/measure.ts";
import type { DeviceId } from "../sensors/sensor_decoder.ts";
import type { Finding, FindingKind, SensorReport } from "../sensors/sensor_report.ts";
import type { Dissection } from "../wire/dissection.ts";
import { boolean, define, double, protocol, string, uint32 } from "../wire/field.ts";
import { type Rule, rule } from "../wire/problem.ts";

export const SENSOR = protocol("edgewire.sensor", "Sensor", "Sensor");

const F = define({
  "edgewire.sensor.format": string("Format"),
  "edgewire.sensor.device": string("Device"),
  "edgewire.sensor.model": string("Model"),
  "edgewire.sensor.sealing": string("Sealing"),
  "edgewire.sensor.sequence": uint32("Sequence"),
  "edgewire.sensor.stale": boolean("Repeated"),
  "edgewire.sensor.finding": string("Finding"),
  "edgewire.sensor.reading": string("Reading"),
  "edgewire.sensor.name": string("Name"),
  "edgewire.sensor.value": double("Value"),
  "edgewire.sensor.text": string("Text"),
  "edgewire.sensor.unit": string("Unit"),
  "edgewire.sensor.raw": string("Raw value"),
  "edgewire.sensor.factor": double("Factor"),
  "edgewire.sensor.addend": double("Addend"),
  "edgewire.sensor.offset": uint32("Offset"),
  "edgewire.sensor.length": uint32("Length"),
  "edgewire.sensor.rule": string("Rule"),
});

/** Findings as rules: what is suspicious about a packet that breaks none of its format's. */
const FINDINGS: Readonly<Record<FindingKind, Rule>> = {
  "replayed counter": rule("edgewire.sensor", "warning", "replayed counter"),
  "downgrade": rule("edgewire.sensor", "warning", "downgrade to plain text"),
  "repeated nonce": rule("edgewire.sensor", "warning", "repeated nonce"),
  "integrity": rule("edgewire.sensor", "warning", "integrity check failed"),
};

/**
 * Writes the layer, and the problems, of what stands at `[start, end)` of the source being read.
 *
 * @param device who sent it; -1 unknown
 */
export function putSensor(
  d: Dissection,
  report: SensorReport,
  device: DeviceId,
  start: number,
  end: number,
): void {
  for (const { rule, offset, detail } of report.problems) {
    // That a device is none of the known sensors is no flaw of it.
    if (rule.severity === "note" && report.format === "") continue;
    if (!isKnown(d, rule, offset)) d.problem(rule, offset, detail);
  }
  for (const { kind, detail } of report.findings) d.problem(FINDINGS[kind], start, detail);
  // Name, power and flags alone don't make a sensor.
  if (report.format === "") return;
  d.pos = start;
  d.depth = 0;
  d.putNone(SENSOR, start, end - start);
  d.depth = 1;
  d.putObject(F["edgewire.sensor.format"], report.format);
  if (device !== -1) d.putObject(F["edgewire.sensor.device"], deviceIdText(device).toLowerCase());
  if (report.model !== undefined) d.putObject(F["edgewire.sensor.model"], report.model);
  if (report.sealing !== "plain") d.putObject(F["edgewire.sensor.sealing"], report.sealing);
  if (report.sequence >= 0) d.put(F["edgewire.sensor.sequence"], report.sequence);
  if (report.stale) d.put(F["edgewire.sensor.stale"], 1);
  for (const one of report.findings) {
    d.putObject(F["edgewire.sensor.finding"], findingText(one));
  }
  const base = d.sources[d.source]!.start;
  for (const reading of report.readings) putReading(d, reading, base);
}

/** Whether the layers below said the same. */
function isKnown({ problems, sources, source }: Dissection, { text }: Rule, offset: number) {
  const at = offset - sources[source]!.start;
  return problems.some((known) =>
    known.rule.text === text && known.offset === at && known.source === source
  );
}

function findingText({ kind, detail }: Finding): string {
  return detail === "" ? kind : `${kind}: ${detail}`;
}

/** @param base where the frame, or what it was made into, begins in the bytes read */
function putReading(d: Dissection, reading: Reading, base: number): void {
  const { measure, value, raw, offset, length } = reading;
  const name = readingName(reading);
  const { multiplier, divisor, addend } = measure;
  const reason = F["edgewire.sensor.reading"];
  if (d.want[reason] !== 0) {
    d.putObject(reason, `${name}, ${explainReading(reading, -base)}`, offset, length);
  }
  d.push();
  d.putObject(F["edgewire.sensor.name"], name, offset, length);
  if (typeof value === "number" || typeof value === "boolean") {
    d.put(F["edgewire.sensor.value"], Number(value), offset, length);
  }
  d.putObject(F["edgewire.sensor.text"], valueText(value), offset, length);
  d.putObject(F["edgewire.sensor.unit"], measure.unit, offset, length);
  d.putObject(F["edgewire.sensor.raw"], String(raw), offset, length);
  if (measure.kind === "number") {
    d.put(F["edgewire.sensor.factor"], multiplier / divisor, offset, length);
    if (addend !== 0) d.put(F["edgewire.sensor.addend"], addend, offset, length);
  }
  d.put(F["edgewire.sensor.offset"], offset - base, offset, length);
  d.put(F["edgewire.sensor.length"], length, offset, length);
  d.putObject(F["edgewire.sensor.rule"], measure.rule, offset, length);
  d.pop();
}

function valueText(value: Reading["value"]): string {
  return value === null ? "not available" : String(value);
}
