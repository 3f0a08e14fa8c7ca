/**
 * The sensors of a capture: which formats they send, and what they said last.
 *
 * @module
 */
import { deviceIdText } from "../../sensors/device_id.ts";
import type { Reading } from "../../sensors/measure.ts";
import type { DeviceId } from "../../sensors/sensor_decoder.ts";
import type { SensorReport } from "../../sensors/sensor_report.ts";

/** Sensors told apart, each with each of its formats; packets of further ones are counted together. */
export const MAX_SENSORS = 50_000;

export interface SensorDevice {
  /** Its address; "unknown" when the packets don't hold one. */
  readonly device: string;
  readonly format: string;
  /** Packets, repeated ones included. */
  packets: number;
  /** Those among them that could not be read: no key, or a wrong one, or a replay. */
  closed: number;
  /** What the last packet that could be read said. */
  readings: readonly Reading[];
}

export class SensorDevices {
  readonly #sensors = new Map<string, SensorDevice>();
  others = 0;

  add(device: DeviceId, report: SensorReport): void {
    const { format, sealing, readings } = report;
    const key = `${device} ${format}`;
    let sensor = this.#sensors.get(key);
    if (sensor === undefined) {
      if (this.#sensors.size === MAX_SENSORS) {
        this.others++;
        return;
      }
      const text = device === -1 ? "unknown" : deviceIdText(device).toLowerCase();
      sensor = { device: text, format, packets: 0, closed: 0, readings: [] };
      this.#sensors.set(key, sensor);
    }
    sensor.packets++;
    if (sealing === "no key" || sealing === "refused") sensor.closed++;
    else sensor.readings = readings;
  }

  /** Most packets first. */
  sorted(): SensorDevice[] {
    return [...this.#sensors.values()].sort((a, b) => b.packets - a.packets);
  }
}
