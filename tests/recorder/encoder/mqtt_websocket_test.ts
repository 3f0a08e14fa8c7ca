/** MQTT over WebSocket in the file. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { connectPacket, encode, publishPacket } from "../../support/raw_mqtt.ts";
import { testWith } from "../../support/tools.ts";
import {
  facts,
  longestBlock,
  mqttWebSocketFacts,
  ownRows,
  Recording,
  type RecordingOptions,
  type Row,
  TROUBLE,
  troubled,
  tsharkRows,
} from "./recording.ts";

const FIELDS = [
  ...["frame.interface_name", "frame.comment", "frame.packet_flags_direction", "frame.len"],
  ...["websocket.opcode", "websocket.payload_length", "frame.cap_len"],
  ...["exported_pdu.ipv4_src", "exported_pdu.src_port", "exported_pdu.dst_port"],
  ...["mqtt.msgtype", "mqtt.topic", "mqtt.msg", "mqtt.ver", "mqtt.prop_value", "mqtt.passwd"],
  ...TROUBLE,
];

const FACTS = mqttWebSocketFacts();

const CONNECT = encode({
  cmd: "connect",
  protocolId: "MQTT",
  protocolVersion: 5,
  clean: true,
  clientId: "browser",
  keepalive: 0,
  username: "u",
  password: Buffer.from("geheim42"),
}, 5);
const CONNACK = encode({ cmd: "connack", reasonCode: 0, sessionPresent: false }, 5);

function publish(payload: string) {
  const properties = { userProperties: { unit: "lux" } };
  return encode(
    { cmd: "publish", topic: "a/b", payload, qos: 0, dup: false, retain: false, properties },
    5,
  );
}

/** Sends field by field, as mqtt.js does. */
function inPieces(packet: Uint8Array, send: (piece: Uint8Array) => void) {
  for (const [start, end] of [[0, 1], [1, 2], [2, 4], [4, 7], [7, 8], [8, packet.length]]) {
    send(packet.subarray(start, end));
  }
}

async function session(options: RecordingOptions = {}, before = false) {
  const recording = new Recording({ ...options, ...(before ? { recentBytes: 0 } : {}) });
  if (!before) recording.open();
  const { recorder } = recording;
  const client = recorder.connection(FACTS);
  client.received(CONNECT);
  client.named("browser");
  client.sent(CONNACK);
  if (before) {
    client.received(publish("0").subarray(0, 2));
    recording.open();
    client.received(publish("0").subarray(2));
  }
  inPieces(publish("12"), (piece) => client.received(piece));
  recorder.message(client, "Id-1", 3, 2, 0);
  client.sent(publish("12"));
  client.closed(true, 1005);
  return await recording.finish();
}

const values = (rows: readonly Row[], field: string) => rows.flatMap((row) => row[field]!);
const on = (rows: readonly Row[], name: string) =>
  rows.filter((row) => row["frame.interface_name"]![0] === name);

testWith(["tshark"], "packets that mqtt.js cut into frames are put together", async () => {
  const file = await session();
  const rows = await tsharkRows(file, FIELDS);
  deepEqual(troubled(rows), []);
  const frames = on(rows, "mqtt-websocket");
  deepEqual(values(frames, "websocket.opcode"), [..."222222222".split(""), "8", "8"]);
  const pdus = on(rows, "mqtt-pdu");
  deepEqual(values(pdus, "mqtt.msgtype"), ["1", "2", "3", "3"]);
  deepEqual(values(pdus, "mqtt.ver"), ["5"]);
  deepEqual(values(pdus, "mqtt.msg"), ["3132", "3132"]);
  deepEqual(values(pdus, "mqtt.prop_value"), ["lux", "lux"]);
  deepEqual(values(pdus, "mqtt.passwd"), ["********"]);
  deepEqual(pdus.map((row) => row["exported_pdu.src_port"]![0]), [
    "50123",
    "8883",
    "50123",
    "8883",
  ]);
  deepEqual(pdus.map((row) => row["frame.packet_flags_direction"]![0]), [
    ...["0x00000001", "0x00000002", "0x00000001", "0x00000002"],
  ]);
  const withId = rows.filter((row) => row["frame.comment"]![0]!.includes("id=Id-1"));
  deepEqual(values(withId, "frame.interface_name"), [
    ...["mqtt-websocket", "mqtt-pdu", "mqtt-websocket", "mqtt-pdu"],
  ]);
});

testWith(["tshark"], "one that was open before begins between two packets", async () => {
  const file = await session({}, true);
  const rows = await tsharkRows(file, FIELDS);
  deepEqual(troubled(rows), []);
  deepEqual(values(on(rows, "mqtt-pdu"), "mqtt.msgtype"), ["1", "2", "3", "3"]);
  const comments = values(rows, "frame.comment");
  ok(comments.some((text) => text.includes("synthetic=upgrade before=1")));
  equal(comments.filter((text) => text.includes("synthetic=connect")).length, 4);
});

Deno.test("our decoder finds the same packets in the frames and by themselves", async () => {
  for (const before of [false, true]) {
    const fields = ["frame.interface_name", "mqtt.msgtype", "mqtt.topic", "_ws.expert.message"];
    const rows = await ownRows(await session({}, before), fields);
    for (const name of ["mqtt-websocket", "mqtt-pdu"]) {
      deepEqual(values(on(rows, name), "mqtt.msgtype"), ["1", "2", "3", "3"], name);
      deepEqual(values(on(rows, name), "_ws.expert.message"), []);
    }
  }
});

testWith(
  ["tshark"],
  "a packet of 300 KB is cut short by itself, and whole in its frames",
  async () => {
    const recording = new Recording({ recentBytes: 8 << 20 });
    recording.open();
    const client = recording.recorder.connection(FACTS);
    client.received(connectPacket("x"));
    const big = publishPacket("a/big", "z".repeat(300_000));
    for (let at = 0; at < big.length; at += 70_000) client.received(big.subarray(at, at + 70_000));
    const file = await recording.finish();
    ok(longestBlock(file) < 262_144);
    const rows = await tsharkRows(file, FIELDS);
    equal(rows.filter((row) => row["_ws.malformed"]!.length > 0).length, 0);
    const pdu = on(rows, "mqtt-pdu").at(-1)!;
    deepEqual(pdu["mqtt.topic"], ["a/big"]);
    ok(Number(pdu["frame.len"]![0]) > 300_000);
    ok(Number(pdu["frame.cap_len"]![0]) < 200_000);
  },
);

testWith(["tshark"], "the gateway as client: ports that are not known are made up", async () => {
  const recording = new Recording();
  recording.open();
  const dialled = facts({
    transport: "websocket",
    dialled: true,
    local: { host: "0.0.0.0", port: 0 },
    remote: { host: "192.0.2.5", port: 443 },
    upgrade: {
      target: "/mqtt",
      requestHeaders: [["Host", "broker"], ["Upgrade", "websocket"], ["Connection", "Upgrade"]],
      responseHeaders: [["Upgrade", "websocket"], ["Connection", "Upgrade"]],
    },
  });
  for (const name of ["one", "two"]) {
    const up = recording.recorder.connection(dialled);
    up.sent(connectPacket(name));
  }
  const file = await recording.finish();
  const rows = await tsharkRows(file, ["mqtt.clientid", "tcp.dstport", "tcp.stream", ...FIELDS]);
  deepEqual(troubled(rows), []);
  deepEqual(values(rows, "mqtt.clientid"), ["one", "two"]);
  equal(new Set(values(rows, "tcp.stream")).size, 2);
  deepEqual(values(rows, "websocket.opcode"), ["2", "2"]);
  const own = await ownRows(file, ["mqtt.clientid", "_ws.expert.message"]);
  deepEqual(values(own, "_ws.expert.message"), []);
});

testWith(["tshark"], "a text message is there: it says why the connection ends", async () => {
  const recording = new Recording();
  recording.open();
  const client = recording.recorder.connection(FACTS);
  client.received(connectPacket("x"));
  client.receivedText('{"hello":1}');
  client.received(publishPacket("a/b", "1"));
  client.closed(false, 1003, "MQTT needs binary frames");
  const rows = await tsharkRows(await recording.finish(), FIELDS);
  deepEqual(rows.filter((row) => row["_ws.malformed"]!.length > 0), []);
  deepEqual(values(rows, "tcp.analysis.flags"), []);
  const frames = on(rows, "mqtt-websocket");
  deepEqual(values(frames, "websocket.opcode"), ["2", "1", "2", "8", "8"]);
  deepEqual(values(on(rows, "mqtt-pdu"), "mqtt.msgtype"), ["1", "3"]);
});
