/**
 * Decodes vectors and lists what they say.
 *
 * @module
 */
import { readingName } from "../../../traces/sensors/measure.ts";
import { SensorDecoder } from "../../../traces/sensors/sensor_decoder.ts";
import { SensorKey } from "../../../traces/sensors/sensor_packet.ts";
import type { SensorReport } from "../../../traces/sensors/sensor_report.ts";
import { advertisementOf, type SensorVector } from "./sensor_vectors.ts";

/** A decoder that knows one device's key, or none. */
export function decoderFor(address: number, key?: string): SensorDecoder {
  if (key === undefined) return new SensorDecoder();
  return new SensorDecoder({ keys: new Map([[address, new SensorKey(Uint8Array.fromHex(key))]]) });
}

/** What a device says that says it first. */
export function decodeVector(vector: SensorVector, time = 0): SensorReport {
  return decodeWith(decoderFor(vector.address, vector.key), vector, time);
}

export function decodeWith(
  decoder: SensorDecoder,
  vector: SensorVector,
  time: number,
): SensorReport {
  const data = advertisementOf(vector);
  return decoder.advertisement(vector.address, data, 0, data.length, time);
}

/** Names and values. */
export function valuesOf(report: SensorReport): Record<string, unknown> {
  return Object.fromEntries(
    report.readings.map((reading) => [readingName(reading), reading.value]),
  );
}

/** What is wrong, in words. */
export function problemsOf(report: SensorReport): string[] {
  return report.problems.map(({ rule }) => rule.text);
}

/** Kinds of findings. */
export function findingsOf(report: SensorReport): string[] {
  return report.findings.map(({ kind }) => kind);
}
