/**
 * What must hold of every report and reading of a sensor, whatever was decoded.
 *
 * @module
 */
import assert from "node:assert/strict";
import { explainReading } from "../../../traces/sensors/explain.ts";
import type { Reading } from "../../../traces/sensors/measure.ts";
import type { SensorReport } from "../../../traces/sensors/sensor_report.ts";

/** Fails when a report contradicts itself. */
export function checkReport(report: SensorReport): void {
  const { sequence, sequenceModulus, payloadAddress, sealing } = report;
  assert.ok(sequence === -1 || (sequence >= 0 && sequence < sequenceModulus), `${sequence}`);
  assert.ok(Number.isInteger(sequence));
  assert.ok(payloadAddress >= -1 && payloadAddress < 2 ** 48);
  assert.ok(sealing !== "refused" || report.findings.length + report.problems.length > 0);
  for (const { detail, counter, last } of report.findings) {
    assert.ok(detail !== "" && Number.isInteger(counter) && Number.isInteger(last));
  }
}

/** Fails when a reading is not what its measure says, or stands outside of `[start, end)`. */
export function checkReading(reading: Reading, start: number, end: number): void {
  const { measure, value, raw, offset, length, instance } = reading;
  const what = `${measure.name}: ${value}`;
  assert.ok(offset >= start && length >= 0 && offset + length <= end, `${what} at ${offset}`);
  assert.ok(Number.isInteger(instance) && instance >= 0, what);
  assert.ok(typeof raw === "string" || Number.isFinite(raw), `${what} raw ${raw}`);
  if (value !== null) {
    switch (measure.kind) {
      case "number":
        assert.ok(typeof value === "number" && Number.isFinite(value), what);
        assert.ok(value >= measure.min && value <= measure.max, `${what} of ${measure.rule}`);
        break;
      case "binary":
        assert.equal(typeof value, "boolean", what);
        break;
      case "text":
        assert.equal(typeof value, "string", what);
        break;
      case "event":
        assert.ok(typeof value === "string" || Number.isInteger(value), what);
    }
  }
  const line = explainReading(reading);
  assert.ok(!/NaN|undefined/.test(line) || typeof value === "string", line);
}
