/**
 * Display filters against `tshark -Y`: the same frames of the same captures.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CaptureReader } from "../../../traces/files/capture_reader.ts";
import { CaptureDecoder } from "../../../traces/flows/capture_decoder.ts";
import { DisplayFilter } from "../../../traces/report/filter/display_filter.ts";
import { fieldNamed } from "../../../traces/wire/field.ts";
import { testWith } from "../../support/tools.ts";

const LUA = new URL("display_filters.lua", import.meta.url).pathname;
const SAMPLES = new URL("../../../traces/samples/", import.meta.url).pathname;

const MQTT = [
  "mqtt",
  "mqtt.msgtype in {1, 2, 8..10}",
  "mqtt.qos != 0",
  "any mqtt.qos != 0",
  'mqtt.topic matches "^[a-z]+/"',
  'mqtt.topic contains "a" and mqtt.hdrflags & 0x06',
  "len(mqtt.topic) > 8",
  "count(mqtt.msgtype) > 1",
  'mqtt.msg[0] == 7b or mqtt.msg contains "1"',
  "lower(mqtt.clientid) == mqtt.clientid",
  "!(mqtt.len > 10)",
  'frame.protocols contains "mqtt"',
];

const TCP = [
  "tcp.port == 1883 || tcp.dstport !== 80",
  "tcp.flags.syn == 1 && not tcp.flags.ack == True",
  "tcp.flags & 0x12 == 0x12",
  "tcp.srcport > tcp.dstport",
  "tcp.window_size in {1..60000}",
  "tcp.time_delta > 0.0005",
  "tcp.len == frame.cap_len - 66",
  "ip.addr == 127.0.0.0/8",
  "ip.src != 127.0.0.1 or ip.dst == 127.0.0.1",
  "eth.src[0:3] == 00:00:00",
  "frame.time_relative >= 0.01 and frame.time_delta < 0.001",
  'tcp contains "HTTP" or http.response.code == 101',
  "max(tcp.srcport, tcp.dstport) == tcp.srcport",
];

const WEBSOCKET = [
  "websocket.opcode == 1 and websocket.mask == 1",
  "websocket.payload_length > 20",
  "all websocket.fin == 1",
  'http.upgrade == "websocket"',
];

/** The frames that each filter lets through, and the port of the first frame's server. */
async function ours(
  path: string,
  filters: readonly DisplayFilter[],
): Promise<{ frames: number[][]; port: number }> {
  const decoder = new CaptureDecoder();
  const server = fieldNamed("tcp.dstport")!.id;
  decoder.d.want[server] = 1;
  let port = 0;
  for (const filter of filters) filter.want(decoder.d);
  const frames: number[][] = filters.map(() => []);
  await new CaptureReader(path, (frame) => {
    decoder.decode(frame);
    const { tree } = decoder.d;
    if (port === 0) port = tree.num[tree.id.indexOf(server)]!;
    filters.forEach((filter, i) => {
      if (filter.test(decoder.d)) frames[i]!.push(frame.number);
    });
  }).read();
  return { frames, port };
}

/** The frames that each filter lets through, of one run of tshark. */
async function tshark(
  path: string,
  filters: readonly string[],
  decodeAs: readonly string[],
): Promise<number[][]> {
  const taps = [
    "-X",
    `lua_script:${LUA}`,
    ...filters.flatMap((text) => ["-X", `lua_script1:${text}`]),
  ];
  const { stdout, stderr, success } = await new Deno.Command("tshark", {
    args: ["-n", "-q", "-r", path, ...decodeAs, ...taps],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const lines = new TextDecoder().decode(stdout).split("\n").slice(0, -1);
  assert.equal(lines.length, filters.length, new TextDecoder().decode(stderr));
  return lines.map((line) => line.split(" ").slice(1).map(Number));
}

const CASES: Readonly<Record<string, readonly string[]>> = {
  "mosquitto-mqttjs-mqtt5-tcp.pcapng": [...MQTT, ...TCP],
  "deflate-none-fragments.pcapng": WEBSOCKET,
};

for (const [name, texts] of Object.entries(CASES)) {
  testWith(
    ["tshark"],
    `display filters let the same frames through as tshark: ${name}`,
    async () => {
      const path = SAMPLES + name;
      const { frames, port } = await ours(path, texts.map((text) => new DisplayFilter(text)));
      const decodeAs = name.includes("-tcp.") ? ["-d", `tcp.port==${port},mqtt`] : [];
      const theirs = await tshark(path, texts, decodeAs);
      for (const [i, text] of texts.entries()) assert.deepEqual(frames[i], theirs[i], text);
    },
  );
}
