/** One value on its way through the gateway, as tshark and our decoder see it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { now } from "../../../gateway/clock.ts";
import { RadioSource, record, RUUVI_EVENT } from "../../support/radio.ts";
import { connectPacket, encode, publishPacket } from "../../support/raw_mqtt.ts";
import { testWith } from "../../support/tools.ts";
import { RadioLink } from "../../../traces/sensors/radio_envelope.ts";
import {
  bytes,
  facts,
  longestBlock,
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

const SECRET = "geheim42";
const FIELDS = [
  ...["frame.interface_name", "frame.comment", "frame.packet_flags_direction"],
  ...["mqtt.msgtype", "mqtt.topic", "mqtt.clientid", "mqtt.username", "mqtt.passwd"],
  ...["http.request.uri", "http.response.code", "websocket.opcode", "websocket.payload.text"],
  ...["websocket.payload.close.status_code", "websocket.payload.close.reason"],
  ...["bthci_evt.bd_addr", "bthci_evt.rssi", "btle.advertising_address", "wpan.src16"],
  ...["wpan-tap.ch_num", "ip.src", "tcp.srcport", "tcp.dstport"],
];

/** A 802.15.4 data frame with FCS, from 0x1234. */
const WPAN = Uint8Array.fromHex("418805cdabffff3412" + "0102" + "0000");
/** ADV_NONCONN_IND of 11:22:33:44:55:66 on the air, with a CRC. */
const BLE = Uint8Array.fromHex("d6be898e" + "0209" + "665544332211" + "020106" + "000000");

/** Everything once. */
async function everything(): Promise<Uint8Array> {
  const recording = new Recording();
  recording.open();
  const { recorder } = recording;
  const client = recorder.connection(facts());
  client.received(connectPacket("desk-node", { username: "desk", password: Buffer.from(SECRET) }));
  client.named("desk-node");
  client.sent(encode({ cmd: "connack", returnCode: 0, sessionPresent: false }));
  const session = recorder.connection(sessionFacts());
  session.named("Anna");
  session.receivedText('{"type":"subscribe","channel":"desk 1"}');
  const temperature = topic("devices/desk/temperature");
  client.received(publishPacket(temperature.topic, "21.5"));
  recorder.message(client, "Ab12Cd-1", temperature.topic.length, 4, 0);
  const time = now();
  recorder.update("desk 1", temperature, 7, time, "Ab12Cd-1", "", "21.5");
  const { head, tail } = temperature;
  session.sentText(
    shared(
      `{"type":"data","channel":"desk 1","seq":7,"time":${time}${head}21.5${tail}Ab12Cd-1"}`,
    ),
  );
  const wifi = topic("devices/desk/wifi_password");
  recorder.update("desk 1", wifi, 8, now(), "Ab12Cd-1", "", `"${SECRET}"`);
  const attic = new RadioSource("attic");
  const event = Uint8Array.fromHex(RUUVI_EVENT);
  const envelope = attic.events(event, event, event);
  client.received(publishPacket(attic.topic, Buffer.from(envelope)));
  recorder.message(client, "Ab12Cd-2", attic.topic.length, envelope.length, 0);
  const arrival = performance.now();
  const records = [
    record(event, { rssi: -68 }),
    record(BLE, { linkType: RadioLink.BleLinkLayer, channel: 37, rssi: -70 }),
    record(WPAN, { linkType: RadioLink.WpanWithFcs, channel: 15, flags: 3 }),
  ];
  records.forEach((one, index) => {
    recorder.radio("attic", "Ab12Cd-2", index, one, arrival - 60 + 10 * index, arrival);
  });
  const reading = topic("edgewire/v1/readings/CDD4FA527AF2/temperature");
  recorder.update("attic", reading, 1, now(), "Ab12Cd-2.0", `,"node":"attic"`, "25.01");
  session.closed(true, 1000, "bye");
  client.closed(false);
  return await recording.finish();
}

function linesOf(rows: readonly Row[], hop: string): string[] {
  return rows.flatMap((row) => row["frame.comment"]!).flatMap((text) => text.split("\\n"))
    .filter((line) => line.includes(` hop=${hop} `));
}

testWith(["tshark"], "every hop of one file dissects in tshark by itself", async () => {
  const file = await everything();
  const rows = await tsharkRows(file, [...FIELDS, ...TROUBLE]);
  deepEqual(troubled(rows), []);
  const values = (field: string) => rows.flatMap((row) => row[field]!);
  deepEqual([...new Set(values("frame.interface_name"))].sort(), [
    "mqtt",
    "radio:attic",
    "room",
    "ws",
  ]);
  deepEqual(values("mqtt.msgtype"), ["1", "2", "3", "3"]);
  deepEqual(values("mqtt.topic"), ["devices/desk/temperature", "edgewire/v1/attic/radio"]);
  deepEqual(values("mqtt.clientid"), ["desk-node"]);
  deepEqual(values("mqtt.passwd"), ["*".repeat(SECRET.length)]);
  deepEqual(values("http.response.code"), ["101"]);
  deepEqual(values("websocket.opcode"), ["1", "1", "8", "8"]);
  deepEqual(values("websocket.payload.close.status_code"), ["1000", "1000"]);
  deepEqual(values("websocket.payload.close.reason"), ["bye", "bye"]);
  deepEqual(values("bthci_evt.bd_addr"), ["cd:d4:fa:52:7a:f2"]);
  deepEqual(values("btle.advertising_address"), ["11:22:33:44:55:66"]);
  deepEqual(values("wpan.src16"), ["0x1234"]);
  deepEqual(values("wpan-tap.ch_num"), ["15"]);
  ok(longestBlock(file) < 262_144);
});

testWith(["tshark"], "one id leads from the radio to the screen", async () => {
  const rows = await tsharkRows(await everything(), FIELDS);
  const radio = linesOf(rows, "radio");
  deepEqual(radio, [
    "edgewire id=Ab12Cd-2.0 hop=radio dir=in channel=attic seq=1 node=attic",
    "edgewire id=Ab12Cd-2.1 hop=radio dir=in node=attic",
    "edgewire id=Ab12Cd-2.2 hop=radio dir=in node=attic",
  ]);
  const timeless = (lines: string[]) =>
    lines.map((line) => line.replace(/since_us=\d+/, "since_us=N"));
  deepEqual(timeless(linesOf(rows, "mqtt").filter((line) => line.includes(" id="))), [
    "edgewire id=Ab12Cd-1 hop=mqtt dir=in channel=desk%201 seq=7",
    "edgewire id=Ab12Cd-1 hop=mqtt dir=in channel=desk%201 seq=8",
    "edgewire id=Ab12Cd-2 hop=mqtt dir=in",
    "edgewire id=Ab12Cd-2.0 hop=mqtt dir=in channel=attic seq=1 since_us=N",
  ]);
  deepEqual(timeless(linesOf(rows, "room")), [
    "edgewire id=Ab12Cd-1 hop=room dir=in channel=desk%201 seq=7 since_us=N",
    "edgewire id=Ab12Cd-1 hop=room dir=in channel=desk%201 seq=8 since_us=N",
    "edgewire id=Ab12Cd-2.0 hop=room dir=in channel=attic seq=1 since_us=N",
  ]);
  deepEqual(timeless(linesOf(rows, "ws").filter((line) => line.includes(" id="))), [
    "edgewire id=Ab12Cd-1 hop=ws dir=out channel=desk%201 seq=7 since_us=N",
  ]);
  const mqtt = linesOf(rows, "mqtt").find((line) => line.includes("id=Ab12Cd-2.0"))!;
  const since = Number(/since_us=(\d+)/.exec(mqtt)![1]);
  ok(since > 55_000 && since < 70_000, `on air 60 ms before the PUBLISH: ${since} us`);
});

testWith(["tshark"], "radio frames come before the PUBLISH that brought them", async () => {
  const rows = await tsharkRows(await everything(), ["frame.time_epoch", "frame.interface_name"]);
  const times = rows.map((row) => row["frame.time_epoch"]![0]!);
  deepEqual(times, times.toSorted());
  ok(times[0]!.startsWith(String(Math.floor(Date.now() / 1000)).slice(0, 6)), `${times[0]}`);
});

Deno.test("our decoder agrees: the same messages, and no problem", async () => {
  const rows = await ownRows(await everything(), [...FIELDS, "_ws.expert.message"]);
  const values = (field: string) => rows.flatMap((row) => row[field]!);
  deepEqual(values("mqtt.msgtype"), ["1", "2", "3", "3"]);
  deepEqual(values("websocket.opcode"), ["1", "1", "8", "8"]);
  deepEqual(values("bthci_evt.bd_addr"), ["cd:d4:fa:52:7a:f2"]);
  deepEqual(values("wpan.src16"), ["0x1234"]);
  ok(values("frame.comment").length >= rows.length);
});

Deno.test("secrets are nowhere in the file", async () => {
  const file = Buffer.from(await everything());
  for (const secret of [SECRET, btoa(SECRET)]) equal(file.indexOf(bytes(secret)), -1);
  ok(file.indexOf(bytes("desk-node")) > 0);
});
