/**
 * What `decode` reports of the sensors in a capture, as updates of a gateway that hears the same.
 *
 * @module
 */
import { CaptureReader } from "../../traces/files/capture_reader.ts";
import { CaptureDecoder } from "../../traces/flows/capture_decoder.ts";
import { Observer } from "../../traces/flows/observer.ts";
import { wantAll } from "../../traces/report/report.ts";
import { deviceIdText } from "../../traces/sensors/device_id.ts";
import { readingName } from "../../traces/sensors/measure.ts";
import { type DeviceId, SensorDecoder } from "../../traces/sensors/sensor_decoder.ts";
import type { SensorReport } from "../../traces/sensors/sensor_report.ts";

/** One reading. */
export interface DecodedUpdate {
  /** "name value", the value as JSON. */
  readonly line: string;
  /** Of its frame, Unix ms. */
  readonly time: number;
}

/** Listens for what sensors say. */
class Listener extends Observer {
  readonly said = new Map<string, DecodedUpdate[]>();
  time = 0;
  readonly #last = new Map<string, string>();

  override sensor(device: DeviceId, { readings }: SensorReport): void {
    const channel = deviceIdText(device).replaceAll(":", "").replace("/", "-").toUpperCase();
    const updates = this.said.get(channel) ?? [];
    for (const reading of readings) {
      const { value, measure: { diagnostic, kind } } = reading;
      if (value === null) continue;
      const name = readingName(reading);
      const line = `${name} ${JSON.stringify(value)}`;
      const known = this.#last.get(`${channel} ${name}`) === line;
      this.#last.set(`${channel} ${name}`, line);
      // Words, and what is of technical interest alone, are told when they change.
      if (!known || !diagnostic && kind !== "text") updates.push({ line, time: this.time });
    }
    if (updates.length > 0) this.said.set(channel, updates);
  }
}

/** Decodes a capture. @returns updates by channel, in order */
export async function decodedUpdates(path: string): Promise<Map<string, DecodedUpdate[]>> {
  const observer = new Listener();
  const decoder = new CaptureDecoder({ observer, sensors: new SensorDecoder() });
  wantAll(decoder.d);
  await new CaptureReader(path, (frame) => {
    observer.time = frame.seconds * 1000 + frame.nanoseconds / 1e6;
    decoder.decode(frame);
  }).read();
  return observer.said;
}
