/**
 * What the decoder says of a sample, as it stands beside it: a line per frame with its problems, then
 * the summary; of some samples also the fields.
 *
 * @module
 */
import { CaptureReader } from "../../../traces/files/capture_reader.ts";
import { CaptureDecoder } from "../../../traces/flows/capture_decoder.ts";
import { ByteWriter } from "../../../traces/report/byte_writer.ts";
import { SummaryReport } from "../../../traces/report/summary_report.ts";
import { TextReport } from "../../../traces/report/text_report.ts";
import { parseDeviceId } from "../../../traces/sensors/device_id.ts";
import { SensorDecoder } from "../../../traces/sensors/sensor_decoder.ts";
import { SensorKey } from "../../../traces/sensors/sensor_packet.ts";
import { keysFor } from "../compare/keys.ts";
import type { SampleFile } from "./sample_files.ts";

/** Samples that are shown with all fields and bytes: one of each kind. */
const DETAILED: ReadonlySet<string> = new Set([
  ...["icmp.pcap", "ipv6-extension-headers.pcap", "upper-pdu-mqtt.pcap"],
  ...["ble-radio-header.pcap", "hci-direction.pcap", "wpan-tap.pcap", "mqtt-no-connect.pcap"],
  ...["ble-sensors.pcap", "wpan-sensors.pcap"],
]);

/** Path of the expected report of a sample. */
export function expectedPath({ path }: SampleFile): string {
  return `${path}.expected.txt`;
}

export async function expectedReport({ name, path, bytes }: SampleFile): Promise<string> {
  const writer = new ByteWriter(64 * 1024);
  const summary = new SummaryReport(writer, false);
  const { wpan = [], zigbee = [], sensors = {} } = await keysFor(path);
  const decoder = new CaptureDecoder({
    observer: summary.summary,
    wpanKeys: wpan.map(({ key }) => Uint8Array.fromHex(key)),
    zigbeeKeys: zigbee.map((key) => Uint8Array.fromHex(key)),
    sensors: new SensorDecoder({
      keys: new Map(
        Object.entries(sensors).map(([address, key]) => [
          parseDeviceId(address)!,
          new SensorKey(Uint8Array.fromHex(key)),
        ]),
      ),
    }),
  });
  const report = new TextReport(writer, {
    details: DETAILED.has(name),
    color: false,
  });
  const { d } = decoder;
  report.want(d);
  summary.want(d);
  report.begin();
  const reader = new CaptureReader(bytes, (frame) => {
    decoder.decode(frame);
    decoder.clock.shown();
    report.frame(d, frame);
    summary.frame(d, frame);
  }, { secrets: ({ type, data }) => decoder.addSecrets(type, data) });
  const end = await reader.read();
  report.end();
  writer.string("\n");
  summary.end();
  if ("message" in end) writer.string(`\n${end.message}\n`);
  return new TextDecoder().decode(writer.written);
}
