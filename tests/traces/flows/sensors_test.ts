/**
 * What sensors say, as a layer of the decoder, in every form of report.
 *
 * @module
 */
import assert from "node:assert/strict";
import { inflateRawSync } from "node:zlib";
import { parseDecodeOptions, UsageError } from "../../../traces/command/decode_options.ts";
import { CaptureReader } from "../../../traces/files/capture_reader.ts";
import { PcapWriter } from "../../../traces/files/pcap_writer.ts";
import { CaptureDecoder, type DecoderOptions } from "../../../traces/flows/capture_decoder.ts";
import { ByteWriter } from "../../../traces/report/byte_writer.ts";
import { FieldsReport } from "../../../traces/report/fields_report.ts";
import { HtmlReport } from "../../../traces/report/html_report.ts";
import { JsonReport } from "../../../traces/report/json_report.ts";
import type { Report } from "../../../traces/report/report.ts";
import { SummaryReport } from "../../../traces/report/summary_report.ts";
import { TextReport } from "../../../traces/report/text_report.ts";
import { SensorDecoder } from "../../../traces/sensors/sensor_decoder.ts";
import { withRadioHeader } from "../samples/ble_session.ts";
import {
  chainedAdvertisements,
  RUUVI_AIR_KINDS,
  SENSOR_KEYS,
  sensorAdvertisements,
  sensorReports,
  WPAN_SENSOR_KEY,
  wpanSensors,
} from "../samples/sensor_session.ts";
import { ad, address, advertisingPdu, packet } from "../support/ble_frames.ts";
import { bytesOf, ipv6, udp } from "../support/packets.ts";
import { hex, macFrame } from "../support/wpan_frames.ts";

const LE = 251;
const LE_RADIO = 256;
const H4 = 187;
const WPAN = 230;

/** Words of the command line that give the keys of the samples. */
const KEYS = [
  ...Object.entries(SENSOR_KEYS).flatMap(([of, key]) => ["--sensor-key", `${of}=${key}`]),
  ...["--sensor-key", `00:12:4b:00:01:02:03:04=${WPAN_SENSOR_KEY}`],
];
const EVERY_KEY = [...Object.values(SENSOR_KEYS), WPAN_SENSOR_KEY];

type MakeReport = (writer: ByteWriter) => Report;
const json: MakeReport = (writer) => new JsonReport(writer, { lines: true, fields: undefined });
const details: MakeReport = (writer) => new TextReport(writer, { details: true, color: false });
const lines: MakeReport = (writer) => new TextReport(writer, { details: false, color: false });

interface Options {
  readonly keys?: readonly string[];
  readonly sensors?: SensorDecoder;
}

/** The report of frames of a link type. */
async function report(
  linkType: number,
  frames: readonly Uint8Array[],
  make: MakeReport,
  { keys = [], sensors }: Options = {},
): Promise<string> {
  const { wpanKeys, sensorKeys } = parseDecodeOptions(["x.pcap", ...keys]);
  const writer = new ByteWriter(64 * 1024);
  const made = make(writer);
  const options: DecoderOptions = {
    wpanKeys,
    sensors: sensors ?? new SensorDecoder({ keys: sensorKeys }),
  };
  const decoder = new CaptureDecoder(
    made instanceof SummaryReport ? { ...options, observer: made.summary } : options,
  );
  const out = new PcapWriter({ linkType });
  frames.forEach((frame, i) => {
    out.packet({ seconds: 1_760_000_000 + i, nanoseconds: 0 }, frame);
  });
  made.want(decoder.d);
  made.begin();
  await new CaptureReader(out.take(), (frame) => {
    decoder.decode(frame);
    made.frame(decoder.d, frame);
  }).read();
  made.end();
  return new TextDecoder().decode(writer.written);
}

interface JsonFrame {
  readonly info: string;
  readonly layers: readonly Record<string, string | string[]>[];
  readonly problems?: readonly { text: string; offset: number; layer: string; severity: string }[];
}

async function frames(...args: Parameters<typeof report>): Promise<JsonFrame[]> {
  const text = await report(...args);
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** Values of a field of the layer, in order; none without the layer. */
function values({ layers }: JsonFrame, name: string): string[] {
  const layer = layers.find(({ layer }) => layer === "edgewire.sensor");
  return [layer?.[`edgewire.sensor.${name}`] ?? []].flat();
}

/** Readings without those of the advertisement itself, as `temperature 25.06 °C`. */
function readings(frame: JsonFrame): string[] {
  const [texts, units] = [values(frame, "text"), values(frame, "unit")];
  return values(frame, "name")
    .map((name, i) => `${name} ${texts[i]} ${units[i]}`.trimEnd())
    .filter((text) => !/^(?:flags|local_name)/.test(text));
}

const heard = sensorAdvertisements().map((one) => withRadioHeader(one));
const bthome = (data: string) =>
  packet(advertisingPdu(0x02, address("54:48:e6:8f:80:a5"), ad(0x16, 0xd2, 0xfc, hex(data))));

Deno.test("every format in JSON, by name, value and unit", async () => {
  const all = await frames(LE_RADIO, heard, json, { keys: KEYS });
  assert.deepEqual(all.slice(0, 9).map((frame) => values(frame, "format")[0]), [
    ...["Ruuvi 5", "BTHome v2", "pvvx", "pvvx encrypted", "MiBeacon v5"],
    ...["iBeacon", "Eddystone URL", "Eddystone TLM", "BTHome v2"],
  ]);
  const [ruuvi, diy, , , xiaomi, , , , sealed] = all;
  assert.deepEqual(readings(ruuvi!).slice(0, 3), [
    ...["temperature 24.3 °C", "humidity 53.49 %", "pressure 1000.44 hPa"],
  ]);
  assert.deepEqual(readings(diy!), ["temperature 25 °C", "humidity 50.55 %"]);
  assert.deepEqual(readings(xiaomi!), ["humidity 46.7 %"]);
  assert.deepEqual(readings(sealed!), ["temperature 25.06 °C", "humidity 50.55 %"]);
  assert.deepEqual(values(sealed!, "sealing"), ["opened"]);
  assert.deepEqual(values(sealed!, "device"), ["54:48:e6:8f:80:a5"]);
});

Deno.test("parts of a reading: raw value, factor, place, rule", async () => {
  const [frame] = await frames(LE, [bthome("4002ca09450601")], json);
  assert.deepEqual(values(frame!, "name"), ["temperature_1", "temperature_2"]);
  assert.deepEqual(values(frame!, "value"), ["25.06", "26.2"]);
  assert.deepEqual(values(frame!, "raw"), ["2506", "262"]);
  assert.deepEqual(values(frame!, "factor"), ["0.01", "0.1"]);
  // Access address 4, header 2, address 6, AD length and type 2, UUID 2, information byte, object id.
  assert.deepEqual(values(frame!, "offset"), ["18", "21"]);
  assert.deepEqual(values(frame!, "length"), ["2", "2"]);
  assert.match(values(frame!, "rule")[0]!, /^BTHome v2, object 0x02/);
  assert.deepEqual(frame!.problems, undefined);
});

Deno.test("-v: a line per reading says why, and points at its bytes", async () => {
  const text = await report(LE, [bthome("4002ca09")], details);
  assert.match(text, /^ {2}Sensor {2}\[12\.\.19\]$/m);
  assert.match(text, /^ {4}Format: BTHome v2 {2}edgewire\.sensor\.format$/m);
  assert.match(
    text,
    /^ {4}Reading: temperature, bytes 18\.\.19: 0x09ca = 2506 x 0\.01 = 25\.06 °C \(BTHome v2, object 0x02.*\) {2}edgewire\.sensor\.reading {2}\[18\.\.19: ca 09\]$/m,
  );
  assert.doesNotMatch(text, /edgewire\.sensor\.raw/, "the line says it");
});

Deno.test("HTML: bytes of a reading are marked", async () => {
  const html = await report(LE, [bthome("4002ca09")], (writer) => new HtmlReport(writer, "x"));
  const [, packed] = /class="details">([^<]+)</.exec(html)!;
  const [, named] = /id="fields">([^<]+)</.exec(html)!;
  const fields = JSON.parse(named!) as Record<string, [string, string]>;
  const [[entries]] = JSON.parse(
    inflateRawSync(Uint8Array.fromBase64(packed!)).toString(),
  ) as [[[number, number, number, number, number, string][]]];
  const value = entries.find(([id]) => fields[id]![0] === "edgewire.sensor.value");
  assert.deepEqual(value!.slice(2), [0, 18, 20, "25.06"]);
});

Deno.test("a line per frame ends with a few readings", async () => {
  const text = await report(LE_RADIO, heard, lines, { keys: KEYS });
  assert.match(
    text,
    /ADV_NONCONN_IND, Ruuvi 5: 24\.3 °C, 53\.49 %, 1000\.44 hPa, 0\.004 g, \.\.\.\n/,
  );
  assert.match(text, /ADV_NONCONN_IND, Eddystone URL: url http:\/\/edgewire\.com\/\n/);
  assert.match(text, /BTHome v2: refused, replayed counter \[warning: replayed counter: /);
});

Deno.test("without keys, encrypted packets say so and nothing else", async () => {
  const all = await frames(LE_RADIO, heard, json);
  for (const i of [3, 4, 8, 9, 10, 11, 12]) {
    assert.deepEqual(values(all[i]!, "sealing"), ["no key"], `frame ${i + 1}`);
    assert.match(all[i]!.info, /: encrypted, no key$/);
    assert.deepEqual(readings(all[i]!), []);
  }
});

Deno.test("findings are fields and problems: replay, integrity, downgrade", async () => {
  const all = await frames(LE_RADIO, heard, json, { keys: KEYS });
  const found = all.slice(8, 14).map((frame) => [
    values(frame, "finding").map((text) => text.replace(/:.*/, "")).join(),
    (frame.problems ?? []).map(({ text, severity }) => `${severity}: ${text}`).join(),
    values(frame, "sealing").join(),
  ]);
  assert.deepEqual(found, [
    ["", "", "opened"],
    ["", "", "opened"],
    ["replayed counter", "warning: replayed counter", "refused"],
    ["", "", "opened"],
    ["integrity", "warning: integrity check failed", "refused"],
    ["downgrade", "warning: downgrade to plain text", "refused"],
  ]);
});

Deno.test("malformed packets: what was read, then the problem at its offset", async () => {
  const [unknown, cut] = await frames(
    LE,
    [bthome("40015dfe5d0903b718"), bthome("4002ca0903bf")],
    json,
  );
  assert.deepEqual(readings(unknown!), ["battery 93 %"]);
  assert.deepEqual(unknown!.problems!.map(({ layer, offset }) => [layer, offset]), [
    ["bthome", 19],
  ]);
  assert.deepEqual(readings(cut!), ["temperature 25.06 °C"]);
  assert.deepEqual(cut!.problems!.map(({ layer, offset }) => [layer, offset]), [["bthome", 20]]);
});

Deno.test("what the layers below said is not said again", async () => {
  const pdu = advertisingPdu(0x02, address("54:48:e6:8f:80:a5"), [9, 0x16, 0xd2, 0xfc, 0x40]);
  const [frame] = await frames(LE, [packet(pdu)], json);
  assert.deepEqual(
    frame!.problems!.filter(({ text }) => text.startsWith("AD structure")).map(({ layer }) =>
      layer
    ),
    ["btcommon"],
  );
});

Deno.test("advertising data in a chain of PDUs is read whole", async () => {
  const chain = chainedAdvertisements().map((one, i) => withRadioHeader(one, RUUVI_AIR_KINDS[i]));
  const [begin, end] = await frames(LE_RADIO, chain, json);
  assert.deepEqual(readings(begin!), []);
  assert.deepEqual(values(end!, "format"), ["Ruuvi E1"]);
  assert.deepEqual(values(end!, "device"), ["cb:b8:33:4c:88:4f"]);
  assert.ok(readings(end!).includes("co2 201 ppm"), readings(end!).join());
});

Deno.test("advertising reports of HCI", async () => {
  const all = await frames(H4, sensorReports(), json);
  assert.deepEqual(all.map((frame) => [values(frame, "format")[0], readings(frame)[0]]), [
    ["Ruuvi 5", "temperature 25.01 °C"],
    ["Ruuvi 2", "power_at_0m -18 dBm"],
    ["ATC1441", "temperature 16.2 °C"],
    ["pvvx", "temperature 17.05 °C"],
    ["pvvx", "temperature 25.1 °C"],
    ["MiBeacon v2", "temperature 25.4 °C"],
    ["MiBeacon v3", "temperature 27.2 °C"],
    ["iBeacon", "uuid e2c56db5-dffb-48d2-b060-d0f5a71096e0"],
    ["AltBeacon", "beacon_id d3162f5a-f3ee-4947-99db-09756062d0fc/90/5"],
  ]);
});

Deno.test("802.15.4: BTHome plain, opened with the sender's key, and over UDP", async () => {
  const all = await frames(WPAN, wpanSensors(), json, { keys: KEYS });
  const said = (
    i: number,
  ) => [values(all[i]!, "device")[0], values(all[i]!, "sealing")[0], readings(all[i]!).at(-1)];
  assert.deepEqual(said(2), ["1234/0001", undefined, "humidity 50.55 %"]);
  assert.deepEqual(said(4), ["00:12:4b:00:01:02:03:04", "opened", "humidity 50.55 %"]);
  assert.deepEqual(said(5), ["00:12:4b:00:01:02:03:04", "opened", "temperature 25.12 °C"]);
  assert.deepEqual(said(6), [undefined, undefined, undefined], "another key");
  assert.deepEqual(said(7), ["1234/0001", undefined, "humidity 50.55 %"]);
  const closed = await frames(WPAN, wpanSensors(), json);
  assert.deepEqual(readings(closed[4]!), []);
});

Deno.test("802.15.4: without an integrity code nothing counts as opened, and it is told", async () => {
  const key = hex(WPAN_SENSOR_KEY);
  const made = [0, 4, 2, 6].map((level, i) =>
    macFrame({
      ...{ destination: 0, source: "00124b0001020304", compression: true },
      payload: hex("4002ca09"),
      security: { level, key, counter: 20 + i },
    })
  );
  const all = await frames(WPAN, made, json, { keys: KEYS });
  assert.deepEqual(
    all.map((frame) => [
      ...[readings(frame)[0], values(frame, "sealing")[0], values(frame, "finding")[0]],
      frame.problems?.find(({ layer }) => layer === "edgewire.sensor")?.text,
    ]),
    [0, 4].map((level) => [
      ...["temperature 25.06 °C", undefined],
      `downgrade: a frame of security level ${level} has no integrity code`,
      "downgrade to plain text",
    ]).concat([2, 6].map(() => ["temperature 25.06 °C", "opened", undefined, undefined])),
  );
});

Deno.test("802.15.4: a CoAP message in a datagram is no sensor's", async () => {
  const linkLocal = (last: number) => [0xfe, 0x80, ...new Array<number>(13).fill(0), last];
  const ends = { source: linkLocal(1), destination: linkLocal(2) };
  const made = [5683, 61631, 7000].map((port) =>
    macFrame({
      ...{ destination: 0, source: 1, compression: true },
      payload: bytesOf(0x41, ipv6({ ...ends, next: 17 }, udp(ends, port, port, hex("4002ca09")))),
    })
  );
  const all = await frames(WPAN, made, json);
  assert.deepEqual(all.map((frame) => values(frame, "format")), [[], [], ["BTHome v2"]]);
});

Deno.test("802.15.4: a plain packet that looks like Zigbee at first is read all the same", async () => {
  const [frame] = await frames(WPAN, [wpanSensors()[3]!], json);
  assert.ok(frame!.layers.some(({ layer }) => layer === "zbee_nwk"));
  assert.ok(readings(frame!).some((text) => text.startsWith("motion")));
});

Deno.test("802.15.4: other payloads are no sensor", async () => {
  const payloads = ["48 0001 02ca09", "20 0001 02ca09", "40", "40 02", "deadbeef"];
  const all = await frames(
    WPAN,
    payloads.map((payload) =>
      macFrame({ destination: 0, source: 1, compression: true, payload: hex(payload) })
    ),
    json,
  );
  assert.deepEqual(all.flatMap((frame) => values(frame, "format")), []);
});

Deno.test("the layer changes nothing that Wireshark has", async () => {
  const names = ["frame.protocols", "btcommon.eir_ad.entry.service_data", "btle.crc", "wpan.fcs"];
  for (const [linkType, some] of [[LE_RADIO, heard], [WPAN, wpanSensors()]] as const) {
    const fields = (more: string[]) =>
      report(linkType, some, (writer) => new FieldsReport(writer, [...names, ...more]));
    const alone = await fields([]);
    const beside = (await fields(["edgewire.sensor.name"])).replaceAll(/\t[^\t\n]*$/gm, "");
    assert.equal(beside, alone);
    assert.doesNotMatch(alone, /edgewire/);
  }
});

Deno.test("nothing is decoded while nobody wants it", async () => {
  const sensors = new SensorDecoder();
  const fields = (name: string) => (writer: ByteWriter) => new FieldsReport(writer, [name]);
  await report(LE, [bthome("4002ca09")], fields("btle.crc"), { sensors });
  assert.equal(sensors.report.format, "");
  await report(LE, [bthome("4002ca09")], fields("edgewire.sensor.value"), { sensors });
  assert.equal(sensors.report.format, "BTHome v2");
});

Deno.test("--summary: what each sensor said last, and how often it stayed closed", async () => {
  const summary = async (make: MakeReport) => await report(LE_RADIO, heard, make, { keys: KEYS });
  const text = await summary((writer) => new SummaryReport(writer, false));
  assert.match(
    text,
    / {2}54:48:e6:8f:80:a5 {2}BTHome v2 +6 +3\n {6}temperature 25\.06 °C, humidity 50\.55 %\n/,
  );
  const { sensors } = JSON.parse(await summary((writer) => new SummaryReport(writer, true)));
  const xiaomi = sensors.find(({ format }: { format: string }) => format === "MiBeacon v5");
  assert.deepEqual(xiaomi, {
    ...{ device: "a4:c1:38:02:83:f4", format: "MiBeacon v5", packets: 1, closed: 0 },
    readings: [
      { name: "flags", value: 6, unit: "" },
      { name: "humidity", value: 46.7, unit: "%" },
    ],
  });
});

Deno.test("no report shows a key, in whichever spelling", async () => {
  const makers: MakeReport[] = [
    ...[json, details, lines],
    (writer) => new SummaryReport(writer, false),
    (writer) => new SummaryReport(writer, true),
  ];
  let all = "";
  for (const make of makers) {
    all += await report(LE_RADIO, heard, make, { keys: KEYS });
    all += await report(WPAN, wpanSensors(), make, { keys: KEYS });
  }
  const digits = all.toLowerCase().replaceAll(/[^0-9a-z]/g, "");
  for (const key of EVERY_KEY) {
    assert.ok(!digits.includes(key), key);
    assert.ok(!all.includes(hex(key).toBase64().slice(0, 20)), key);
  }
});

Deno.test("--sensor-key: three spellings of an address, two lengths of a key", () => {
  const key = "231d39c1d7cc1ab1aee224cd096db932";
  for (const text of ["A4:C1:38:8D:18:B2", "a4-c1-38-8d-18-b2", "a4c1388d18b2"]) {
    const { sensorKeys } = parseDecodeOptions(["x.pcap", "--sensor-key", `${text}=${key}`]);
    assert.deepEqual([...sensorKeys.keys()], [0xa4c1388d18b2]);
    assert.equal(JSON.stringify([...sensorKeys]).includes(key), false);
  }
  const legacy = parseDecodeOptions(["x.pcap", "--sensor-key", `a4c1388d18b2=${key.slice(8)}`]);
  assert.equal(legacy.sensorKeys.get(0xa4c1388d18b2)!.length, 12);
  const { sensorKeys, wpanKeys } = parseDecodeOptions([
    ...["x.pcap", "--sensor-key", `00:12:4b:00:01:02:03:04=${key}`],
  ]);
  assert.equal(sensorKeys.size, 0);
  assert.deepEqual(wpanKeys, [{ key: Uint8Array.fromHex(key), source: 0x00124b0001020304n }]);
});

Deno.test("--sensor-key: what is wrong is said, the key is not", () => {
  const key = "231d39c1d7cc1ab1aee224cd096db932";
  const cases: [string, RegExp][] = [
    [key, /^--sensor-key: write ADDRESS=KEY.*: there is no "="$/],
    [`a4:c1=${key}`, /"a4:c1" is none$/],
    [`1A62/0001=${key}`, /"1A62\/0001" is none$/],
    [`a4c1388d18b2=${key}00`, /the key of a4c1388d18b2 is not 32 hexadecimal digits.*or 24/],
    [`00124b0001020304=${key.slice(8)}`, /is not 32 hexadecimal digits \(16 bytes\)$/],
  ];
  for (const [given, message] of cases) {
    assert.throws(() => parseDecodeOptions(["x.pcap", "--sensor-key", given]), (error: Error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /231d39c1|aee224cd/);
      return true;
    });
  }
});
