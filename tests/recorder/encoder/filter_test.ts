/** What a filter leaves. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { now } from "../../../gateway/clock.ts";
import type { TraceFilter } from "../../../gateway/recorder/trace_messages.ts";
import { RadioSource, record, RUUVI_EVENT } from "../../support/radio.ts";
import { connectPacket, encode, join, publishPacket } from "../../support/raw_mqtt.ts";
import { testWith } from "../../support/tools.ts";
import {
  facts,
  ownRows,
  Recording,
  type Row,
  sessionFacts,
  shared,
  topic,
  TROUBLE,
  troubled,
  tsharkRows,
} from "./recording.ts";

const FIELDS = [
  ...["frame.interface_name", "frame.comment", "mqtt.msgtype", "mqtt.topic", "mqtt.clientid"],
  ...["websocket.payload.text", "websocket.opcode", "bthci_evt.bd_addr", "tcp.stream"],
  ...TROUBLE,
];
const values = (rows: readonly Row[], field: string) => rows.flatMap((row) => row[field]!);
const on = (rows: readonly Row[], name: string) =>
  rows.filter((row) => row["frame.interface_name"]![0] === name);

/** Two channels, two nodes, three MQTT clients, two sessions. */
async function busy(filter: Partial<TraceFilter>, mode: "live" | "recent" = "live") {
  const recording = new Recording({ filter, mode });
  if (mode === "live") recording.open();
  const { recorder } = recording;
  const connect = (name: string, port: number) => {
    const client = recorder.connection(facts({ remote: { host: "192.0.2.7", port } }));
    client.received(connectPacket(name));
    client.sent(encode({ cmd: "connack", returnCode: 0, sessionPresent: false }));
    return client;
  };
  const desk = connect("desk", 1001);
  const idle = connect("idle", 1002);
  const attic = connect("attic", 1003);
  const cellar = connect("cellar", 1004);
  const sessions = [2001, 2002].map((port) =>
    recorder.connection(sessionFacts({ remote: { host: "192.0.2.8", port } }))
  );
  sessions[0]!.receivedText('{"type":"subscribe","channel":"desk"}');
  sessions[1]!.receivedText('{"type":"subscribe","channel":"other"}');
  const update = (channel: string, name: string, id: string, seq: number, node = "") => {
    const place = topic(name);
    const time = now();
    recorder.update(channel, place, seq, time, id, node, "1");
    const { head, tail } = place;
    return `{"type":"data","channel":"${channel}","seq":${seq},"time":${time}${head}1${node}${tail}${id}"}`;
  };
  const a = publishPacket("devices/desk/t", "1");
  const b = publishPacket("devices/other/t", "1");
  desk.received(join(b, a, b));
  for (const [id, channel] of [["Id-1", "other"], ["Id-2", "desk"], ["Id-3", "other"]] as const) {
    recorder.message(desk, id, channel === "desk" ? 14 : 15, 1, 0);
    const text = update(channel, `devices/${channel}/t`, id, Number(id.slice(3)));
    sessions[channel === "desk" ? 0 : 1]!.sentText(shared(text));
  }
  desk.received(encode({ cmd: "pingreq" }));
  idle.received(encode({ cmd: "pingreq" }));
  const frame = Uint8Array.fromHex(RUUVI_EVENT);
  for (
    const [client, name, id] of [[attic, "attic", "Id-4"], [cellar, "cellar", "Id-5"]] as const
  ) {
    const source = new RadioSource(name);
    const envelope = source.events(frame, frame);
    client.received(publishPacket(source.topic, Buffer.from(envelope)));
    recorder.message(client, id, source.topic.length, envelope.length, 0);
    const at = performance.now();
    recorder.radio(name, id, 0, record(frame), at - 10, at);
    recorder.radio(name, id, 1, record(frame), at - 5, at);
  }
  const name = "edgewire/v1/readings/r/temperature";
  sessions[0]!.sentText(shared(update("r", name, "Id-4.1", 9, `,"node":"attic"`)));
  for (const one of [desk, idle, attic, cellar]) one.closed(true);
  for (const one of sessions) one.closed(true, 1000);
  if (mode === "recent") recording.open();
  const file = await recording.finish();
  const rows = await tsharkRows(file, FIELDS);
  deepEqual(troubled(rows), []);
  return { rows, file };
}

testWith(["tshark"], "hops: only their interfaces are there", async () => {
  for (
    const [hops, names] of [
      [["radio"], ["radio:attic", "radio:cellar"]],
      [["mqtt"], ["mqtt"]],
      [["room", "ws"], ["room", "ws"]],
    ] as const
  ) {
    const { rows } = await busy({ hops });
    deepEqual([...new Set(values(rows, "frame.interface_name"))].sort(), names);
  }
});

for (const mode of ["live", "recent"] as const) {
  testWith(["tshark"], `channel: what became part of it, and no more (${mode})`, async () => {
    const { rows, file } = await busy({ channels: ["desk"] }, mode);
    deepEqual([...new Set(values(rows, "frame.interface_name"))].sort(), ["mqtt", "room", "ws"]);
    deepEqual(values(on(rows, "mqtt"), "mqtt.msgtype"), ["1", "2", "3"]);
    deepEqual(values(rows, "mqtt.topic"), ["devices/desk/t"]);
    deepEqual(values(rows, "mqtt.clientid"), ["desk"]);
    equal(on(rows, "room").length, 1);
    const texts = values(on(rows, "ws"), "websocket.payload.text");
    equal(texts.length, 2);
    ok(texts.every((text) => text.includes('"channel":"desk"')));
    const notes = values(rows, "frame.comment").filter((text) => text.includes("fits the filter"));
    equal(notes.length, 2);
    const own = await ownRows(file, ["mqtt.msgtype", "_ws.expert.message"]);
    deepEqual(values(own, "_ws.expert.message"), []);
  });
}

testWith(["tshark"], "channel of a device that a node heard: the frames that made it", async () => {
  const { rows } = await busy({ channels: ["r"] });
  equal(on(rows, "radio:attic").length, 1);
  equal(on(rows, "radio:cellar").length, 0);
  deepEqual(values(rows, "mqtt.topic"), ["edgewire/v1/attic/radio"]);
  equal(on(rows, "room").length, 1);
  equal(values(on(rows, "ws"), "websocket.payload.text").length, 1);
});

testWith(["tshark"], "node: its radio, its PUBLISHes, what was made of them", async () => {
  const { rows } = await busy({ nodes: ["attic"] });
  equal(on(rows, "radio:attic").length, 2);
  equal(on(rows, "radio:cellar").length, 0);
  deepEqual(values(rows, "mqtt.topic"), ["edgewire/v1/attic/radio"]);
  equal(on(rows, "room").length, 1);
  equal(values(on(rows, "ws"), "websocket.payload.text").length, 1);
});

testWith(["tshark"], "nothing fits: nothing is written", async () => {
  const { rows } = await busy({ channels: ["nowhere"] });
  deepEqual(rows, []);
});

testWith(["tshark"], "MQTT over WebSocket: whole packets, each in one frame", async () => {
  const recording = new Recording({ filter: { channels: ["desk"] } });
  recording.open();
  const { recorder } = recording;
  const client = recorder.connection(
    { ...sessionFacts(), protocol: "mqtt", transport: "websocket" },
  );
  client.received(connectPacket("x"));
  const wanted = publishPacket("devices/desk/t", "1");
  for (const part of [wanted.subarray(0, 3), wanted.subarray(3), publishPacket("other", "22")]) {
    client.received(part);
  }
  recorder.message(client, "Id-1", 14, 1, 0);
  recorder.message(client, "Id-2", 5, 2, 0);
  recorder.update("desk", topic("devices/desk/t"), 1, now(), "Id-1", "", "1");
  const rows = await tsharkRows(await recording.finish(), FIELDS);
  deepEqual(troubled(rows), []);
  deepEqual(values(on(rows, "mqtt-pdu"), "mqtt.msgtype"), ["1", "3"]);
  deepEqual(values(on(rows, "mqtt-websocket"), "websocket.opcode"), ["2", "2"]);
});
