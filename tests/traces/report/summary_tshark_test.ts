/**
 * The figures of a summary against what tshark says of the same frames.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CaptureReader } from "../../../traces/files/capture_reader.ts";
import { CaptureDecoder } from "../../../traces/flows/capture_decoder.ts";
import { Summary } from "../../../traces/report/summary/summary.ts";
import { summaryJson } from "../../../traces/report/summary/summary_json.ts";
import { allFields } from "../../../traces/wire/field.ts";
import { testWith } from "../../support/tools.ts";

const SAMPLES = new URL("../../../traces/samples/", import.meta.url).pathname;
const WEBSOCKET = "edgewire-chromium.pcapng";

interface Talk {
  client: string;
  server: string;
  fromClient: { frames: number; bytes: number };
  fromServer: { frames: number; bytes: number };
}

// deno-lint-ignore no-explicit-any
async function summaryOf(name: string): Promise<any> {
  const summary = new Summary(allFields().length);
  const decoder = new CaptureDecoder({ observer: summary });
  await new CaptureReader(SAMPLES + name, (frame) => {
    decoder.decode(frame);
    summary.frame(frame, decoder.d);
  }).read();
  return JSON.parse(JSON.stringify(summaryJson(summary)));
}

async function tshark(name: string, ...args: string[]): Promise<string[]> {
  const { stdout } = await new Deno.Command("tshark", {
    args: ["-n", "-r", SAMPLES + name, ...args],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}

/** "<-" frames and bytes, then "->" frames and bytes, of the two endpoints named. */
const CONVERSATION = /^(\S+) +<-> (\S+) +(\d+) (\d+) bytes +(\d+) (\d+) bytes/;

for (const name of [WEBSOCKET, "mosquitto-paho-tcp.pcapng", "mosquitto-will.pcapng"]) {
  testWith(["tshark"], `summary: conversations of ${name} are those of tshark`, async () => {
    const expected = (await tshark(name, "-q", "-z", "conv,tcp"))
      .map((line) => CONVERSATION.exec(line)).filter((match) => match !== null)
      .map(([, a, b, ...numbers]) => {
        const [toA, bytesToA, toB, bytesToB] = numbers.map(Number);
        return [`${a} ${toB} ${bytesToB}`, `${b} ${toA} ${bytesToA}`].sort().join(", ");
      });
    const found = (await summaryOf(name)).conversations.map((talk: Talk) =>
      [
        `${talk.client} ${talk.fromClient.frames} ${talk.fromClient.bytes}`,
        `${talk.server} ${talk.fromServer.frames} ${talk.fromServer.bytes}`,
      ].sort().join(", ")
    );
    assert.ok(expected.length > 0);
    assert.deepEqual(found.sort(), expected.sort());
  });
}

testWith(
  ["tshark"],
  "summary: framing of WebSocket is 2 to 14 bytes, as tshark's fields add up",
  async () => {
    const lines = await tshark(
      WEBSOCKET,
      "-Y",
      "websocket",
      "-T",
      "fields",
      ...["mask", "payload_length", "payload_length_ext_16", "payload_length_ext_64"]
        .flatMap((field) => ["-e", `websocket.${field}`]),
    );
    const header = { client: 0, server: 0 };
    const payload = { client: 0, server: 0 };
    const count = { client: 0, server: 0 };
    for (const line of lines) {
      const [mask, short, word, long] = line.split("\t").map((cell) => cell.split(",").map(Number));
      for (const [i, masked] of mask!.entries()) {
        const side = masked === 1 ? "client" : "server";
        const wide = short![i] === 126 ? 2 : short![i] === 127 ? 8 : 0;
        count[side]++;
        header[side] += 2 + wide + 4 * masked;
        payload[side] += wide === 2 ? word!.shift()! : wide === 8 ? long!.shift()! : short![i]!;
      }
    }
    const { overhead } = await summaryOf(WEBSOCKET);
    for (const side of ["client", "server"] as const) {
      const row = overhead[side === "client" ? "webSocketFromClient" : "webSocketFromServer"];
      assert.ok(count[side] > 0);
      assert.deepEqual([row.count, row.header, row.payload], [
        count[side],
        header[side],
        payload[side],
      ]);
      assert.ok(row.least >= 2 && row.greatest <= 14);
    }
  },
);

testWith(["tshark"], "summary: HTTP heads are as long as tshark says", async () => {
  const lines = await tshark(
    WEBSOCKET,
    "-o",
    "tcp.desegment_tcp_streams:FALSE",
    "-Y",
    "http.request || http.response",
    "-T",
    "fields",
    "-e",
    "tcp.payload",
  );
  // Each head of this capture is in one segment.
  const length = (payload: string) => payload.indexOf("0d0a0d0a") / 2 + 4;
  const { overhead } = await summaryOf(WEBSOCKET);
  assert.equal(overhead.httpRequest.count + overhead.httpResponse.count, lines.length);
  assert.equal(
    overhead.httpRequest.header + overhead.httpResponse.header,
    lines.reduce((sum, line) => sum + length(line), 0),
  );
});

Deno.test("summary: QoS handshakes, pings and commands have their round trips", async () => {
  const { roundTrips, topics, problems } = await summaryOf("mosquitto-mqttjs-mqtt5-tcp.pcapng");
  for (const kind of ["tcp handshake", "mqtt connect", "mqtt qos 1", "mqtt qos 2"]) {
    const { count, least, median, greatest } = roundTrips[kind];
    assert.ok(count > 0 && least > 0 && least <= median && median <= greatest, kind);
  }
  assert.ok(topics.length > 1);
  assert.ok(problems.every(({ frames }: { frames: number[] }) => frames.length > 0));
});

Deno.test("summary: problems are worst first, with their frames", async () => {
  const { problems } = await summaryOf("websocket-breaches.pcap");
  const order = ["error", "warning", "note"];
  const found = problems.map(({ severity }: { severity: string }) => order.indexOf(severity));
  assert.deepEqual(found, found.toSorted((a: number, b: number) => a - b));
  assert.ok(problems.some(({ clause }: { clause: string }) => clause.startsWith("RFC 6455")));
});

Deno.test("summary: radio devices and networks", async () => {
  const ble = (await summaryOf("ble-radio-header.pcap")).bleDevices;
  assert.ok(ble.length > 0);
  for (const { address, frames, rssi } of ble) {
    assert.match(address, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    assert.ok(frames > 0 && rssi.least >= -127 && rssi.greatest < 20);
  }
  const networks = (await summaryOf("wpan-tap.pcap")).wpanNetworks;
  assert.ok(networks.some(({ devices }: { devices: unknown[] }) => devices.length > 0));
});
