/** MQTT connections over TCP in the file. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { now } from "../../../gateway/clock.ts";
import { connectPacket, encode, join, publishPacket } from "../../support/raw_mqtt.ts";
import { testWith } from "../../support/tools.ts";
import {
  facts,
  longestBlock,
  ownRows,
  Recording,
  type Row,
  topic,
  TROUBLE,
  troubled,
  tsharkRows,
} from "./recording.ts";

const FIELDS = [
  ...["frame.interface_name", "frame.comment", "frame.packet_flags_direction", "frame.drop_count"],
  ...["tcp.len", "tcp.flags.str", "tcp.seq", "tcp.analysis.lost_segment"],
  ...["mqtt.msgtype", "mqtt.topic", "mqtt.msg", "mqtt.ver", "mqtt.prop_string", "mqtt.clientid"],
  ...["mqtt.passwd", "tcp.stream"],
  ...TROUBLE,
];
const CONNACK = encode({ cmd: "connack", returnCode: 0, sessionPresent: false });

function values(rows: readonly Row[], field: string): string[] {
  return rows.flatMap((row) => row[field]!);
}

/** All lines of comments. */
function lines(rows: readonly Row[]): string[] {
  return values(rows, "frame.comment").flatMap((text) => text.split("\\n"));
}

function idsOf(rows: readonly Row[], dir: "in" | "out"): string[] {
  return lines(rows).filter((line) => line.includes(`dir=${dir}`))
    .flatMap((line) => /id=(\S+)/.exec(line)?.[1] ?? []);
}

testWith(["tshark"], "a PUBLISH in three writes with garbage behind it appears so", async () => {
  const recording = new Recording();
  recording.open();
  const client = recording.recorder.connection(facts());
  client.received(connectPacket("x"));
  client.sent(CONNACK);
  const publish = publishPacket("devices/a/t", "12345");
  client.received(publish.subarray(0, 1));
  client.received(publish.subarray(1, 9));
  client.received(join(publish.subarray(9), Uint8Array.of(0x30, 6, 0xff, 0xff, 0x41, 1)));
  recording.recorder.message(client, "Ab12Cd-1", 11, 5, 0);
  client.received(Uint8Array.of(0, 1));
  client.closed(false);
  const rows = await tsharkRows(await recording.finish(), FIELDS);
  const lengths = values(rows, "tcp.len").filter((length) => length !== "0");
  deepEqual(lengths, ["15", "4", "1", "8", `${publish.length - 9 + 6}`, "2"]);
  const carrier = rows.find((row) => lines([row]).some((line) => line.includes("id=Ab12Cd-1")))!;
  equal(carrier["tcp.len"]![0], `${publish.length - 9 + 6}`);
  ok(values(rows, "mqtt.topic").includes("devices/a/t"));
  ok(troubled(rows).some((row) => row["_ws.malformed"]!.length > 0), "tshark flags the garbage");
  deepEqual(values(rows, "tcp.analysis.flags"), []);
});

testWith(["tshark"], "a connection that was open before begins with its CONNECT", async () => {
  const recording = new Recording({ recentBytes: 0 });
  const client = recording.recorder.connection(facts({ local: { host: "192.0.2.1", port: 1884 } }));
  const connect = encode({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 5,
    clean: true,
    clientId: "before",
    keepalive: 0,
    username: "u",
    password: Buffer.from("geheim42"),
  }, 5);
  client.received(connect);
  client.named("before");
  client.sent(encode({ cmd: "connack", reasonCode: 0, sessionPresent: false }, 5));
  const silent = recording.recorder.connection(facts({ remote: { host: "192.0.2.5", port: 5 } }));
  silent.received(connectPacket("silent"));
  const properties = { userProperties: { unit: "lux" } };
  const first = encode(
    { cmd: "publish", topic: "a/b", payload: "1", qos: 0, dup: false, retain: false, properties },
    5,
  );
  client.received(first.subarray(0, 4));
  recording.open();
  client.received(join(first.subarray(4), first));
  client.received(first);
  silent.closed(true);
  const file = await recording.finish();
  const rows = await tsharkRows(file, FIELDS);
  deepEqual(troubled(rows), []);
  deepEqual(values(rows, "mqtt.msgtype"), ["1", "2", "3", "3"]);
  deepEqual(values(rows, "mqtt.ver"), ["5"]);
  deepEqual(values(rows, "mqtt.clientid"), ["before"]);
  deepEqual(values(rows, "mqtt.passwd"), ["********"]);
  deepEqual(lines(rows).slice(0, 5), [
    "edgewire hop=mqtt dir=in client=before port=1884 synthetic=handshake before=1",
    "edgewire hop=mqtt dir=out synthetic=handshake before=1",
    "edgewire hop=mqtt dir=in synthetic=handshake before=1",
    "edgewire hop=mqtt dir=in synthetic=connect",
    "edgewire hop=mqtt dir=out synthetic=connect",
  ]);
  const own = await ownRows(file, ["mqtt.msgtype", "mqtt.prop_value", "_ws.expert.message"]);
  deepEqual(values(own, "mqtt.msgtype"), ["1", "2", "3", "3"]);
  deepEqual(values(own, "mqtt.prop_value"), ["lux", "lux"]);
});

testWith(["tshark"], "what a slow reader lost is a hole, and nothing is malformed", async () => {
  const recording = new Recording({ recentBytes: 64 << 10, credit: 20_000 });
  recording.open();
  const client = recording.recorder.connection(facts());
  client.received(connectPacket("x"));
  client.sent(CONNACK);
  const big = publishPacket("devices/a/big", "y".repeat(3000));
  for (let i = 0; i < 20; i++) {
    // Packets that lie across chunks.
    client.received(big.subarray(0, 1000));
    client.received(big.subarray(1000));
    await recording.settle();
  }
  for (let i = 0; i < 60; i++) client.received(join(big.subarray(i && 700), big.subarray(0, 700)));
  recording.readings.take({ type: "credit", reader: 1, bytes: 10_000_000 });
  await recording.settle();
  client.received(join(big.subarray(700), big));
  const rows = await tsharkRows(await recording.finish(), FIELDS);
  const { lost } = recording.end;
  ok(lost > 0);
  equal(rows.filter((row) => row["_ws.malformed"]!.length > 0).length, 0);
  deepEqual(values(rows, "frame.drop_count").map(Number).reduce((sum, n) => sum + n), lost);
  const said = lines(rows).flatMap((line) => /lost=(\d+)/.exec(line)?.[1] ?? []);
  deepEqual(said.map(Number).reduce((sum, n) => sum + n), lost);
  ok(values(rows, "tcp.analysis.lost_segment").length > 0);
  equal(values(rows, "mqtt.topic").at(-1), "devices/a/big");
});

testWith(["tshark"], "refused PUBLISHes have no id, those of QoS 2 wait for PUBREL", async () => {
  const recording = new Recording();
  recording.open();
  const { recorder } = recording;
  const client = recorder.connection(facts());
  client.received(connectPacket("x"));
  const two = publishPacket("t/two", "2", { qos: 2, messageId: 7 });
  const refused = publishPacket("t/no", "abc");
  client.received(join(two, refused, publishPacket("t/one", "1"), publishPacket("t/ones", "1")));
  recorder.message(client, "Id-1", 5, 1, 0);
  recorder.message(client, "Id-2", 6, 1, 0);
  client.received(encode({ cmd: "pubrel", messageId: 7 }));
  recorder.message(client, "Id-3", 5, 1, 2);
  const rows = await tsharkRows(await recording.finish(), FIELDS);
  deepEqual(troubled(rows), []);
  const carrier = rows.find((row) => row["mqtt.topic"]!.length > 0)!;
  deepEqual(lines([carrier]), [
    "edgewire id=Id-3 hop=mqtt dir=in",
    "edgewire hop=mqtt dir=in",
    "edgewire id=Id-1 hop=mqtt dir=in",
    "edgewire id=Id-2 hop=mqtt dir=in",
  ]);
});

testWith(
  ["tshark"],
  "a PUBLISH that is taken in after its connection ended has its id",
  async () => {
    const recording = new Recording();
    recording.open();
    const client = recording.recorder.connection(facts());
    client.received(join(connectPacket("x"), publishPacket("t/x", "1")));
    client.closed(true);
    recording.recorder.message(client, "Id-1", 3, 1, 0);
    const rows = await tsharkRows(await recording.finish(), FIELDS);
    deepEqual(idsOf(rows, "in"), ["Id-1"]);
  },
);

testWith(["tshark"], "what goes out has the id of what came in", async () => {
  const recording = new Recording();
  recording.open();
  const { recorder } = recording;
  const from = recorder.connection(facts());
  const to = recorder.connection(facts({ remote: { host: "192.0.2.78", port: 50_124 } }));
  for (const client of [from, to]) {
    client.received(connectPacket("x"));
    client.sent(CONNACK);
  }
  for (const [id, payload] of [["Id-1", "20"], ["Id-2", "21"], ["Id-3", "20"]] as const) {
    from.received(publishPacket("t/x", payload));
    recorder.message(from, id, 3, 2, 0);
    to.sent(publishPacket("t/x", payload));
  }
  // More often than it came in: the gateway's own, or retained.
  to.sent(publishPacket("t/x", "20"));
  const reading = topic("edgewire/v1/readings/desk/temperature");
  const time = now();
  recorder.update("desk", reading, 4, time, "Id-4.1", `,"node":"attic"`, "25");
  const text = `{"value":25,"unit":"°C","time":${time},"node":"attic"}`;
  to.sent(publishPacket(reading.topic, text));
  const rows = await tsharkRows(await recording.finish(), FIELDS);
  deepEqual(troubled(rows), []);
  deepEqual(idsOf(rows.filter((row) => row["mqtt.msgtype"]!.length > 0), "out"), [
    ...["Id-1", "Id-2", "Id-3", "Id-4.1"],
  ]);
  const last = lines(rows).find((line) => line.includes("dir=out") && line.includes("Id-4.1"))!;
  ok(/^edgewire id=Id-4.1 hop=mqtt dir=out channel=desk seq=4 since_us=\d+$/.test(last), last);
});

testWith(["tshark"], "a PUBLISH of 300 KB lies in segments, the id on its last", async () => {
  const recording = new Recording();
  recording.open();
  const client = recording.recorder.connection(facts());
  client.received(connectPacket("x"));
  client.sent(CONNACK);
  const publish = publishPacket("t/big", "z".repeat(300_000));
  client.received(publish.subarray(0, 100_000));
  client.received(publish.subarray(100_000));
  recording.recorder.message(client, "Id-1", 5, 300_000, 0);
  const file = await recording.finish();
  const rows = await tsharkRows(file, FIELDS);
  deepEqual(troubled(rows), []);
  const carrier = rows.find((row) => row["mqtt.topic"]!.length > 0)!;
  equal(carrier["mqtt.msg"]![0]!.length, 600_000);
  deepEqual(idsOf([carrier], "in"), ["Id-1"]);
  ok(longestBlock(file) < 262_144);
});

testWith(["tshark"], "the gateway as client; who closes sends the first FIN, or RST", async () => {
  const recording = new Recording();
  recording.open();
  const { recorder } = recording;
  const remote = { host: "2001:db8::5", port: 8883 };
  const local = { host: "2001:db8::1", port: 50_000 };
  const broker = recorder.connection(facts({ dialled: true, local, remote }));
  broker.sent(connectPacket("gateway"));
  broker.received(CONNACK);
  broker.closed(true);
  const client = recorder.connection(facts());
  client.received(connectPacket("x"));
  client.closed(true, 0, "Connection reset by peer (os error 104)");
  const fields = ["ipv6.src", "tcp.srcport", "tcp.dstport", ...FIELDS];
  const rows = await tsharkRows(await recording.finish(), fields);
  deepEqual(troubled(rows), []);
  const [connect, connack] = rows.filter((row) => row["mqtt.msgtype"]!.length > 0);
  deepEqual(connect!["ipv6.src"], ["2001:db8::1"]);
  deepEqual(connect!["tcp.dstport"], ["1883"]);
  ok(lines([connect!])[0]!.includes("dir=out"));
  deepEqual(connack!["frame.packet_flags_direction"], ["0x00000001"]);
  const finish = rows.find((row) => row["tcp.flags.str"]![0]!.includes("F"))!;
  deepEqual(finish["tcp.srcport"], ["1883"]);
  ok(rows.at(-1)!["tcp.flags.str"]![0]!.includes("R"));
  ok(lines([rows.at(-1)!])[0]!.includes("dir=in synthetic=close"));
});

/** A stream of PUBLISH packets whose headers of four bytes lie where `at` says. */
function headersAt(...at: number[]): Uint8Array {
  const HEAD = publishPacket("a/b", "x".repeat(15_000)).length - 15_000;
  const packets: Uint8Array[] = [];
  let length = 0;
  const fill = (until: number) => {
    while (length < until) {
      const left = until - length;
      const size = left > 40_000 ? 20_000 : left > 20_000 ? 17_500 : left;
      packets.push(publishPacket("a/b", "x".repeat(size - HEAD)));
      length += size;
    }
  };
  for (const each of at) fill(each);
  packets.push(publishPacket("a/b", "x".repeat(18_000)));
  return join(...packets);
}

testWith(
  ["tshark"],
  "our own cuts are in no fixed header, which tshark calls malformed",
  async () => {
    for (const inside of [1, 2, 3]) {
      const recording = new Recording();
      recording.open();
      const client = recording.recorder.connection(facts());
      client.received(connectPacket("x"));
      client.sent(CONNACK);
      // In one read, and with a read that ends within a header.
      const long = headersAt(32_000 - inside);
      client.received(long);
      const cut = headersAt(65_536 - inside);
      client.received(cut.subarray(0, 65_536));
      client.received(cut.subarray(65_536));
      const last = headersAt(65_536 - inside).subarray(0, 65_536);
      client.received(last);
      client.closed(false);
      const rows = await tsharkRows(await recording.finish(), FIELDS);
      deepEqual(troubled(rows), [], `${inside} bytes`);
      const bytes = values(rows, "tcp.len").reduce((sum, length) => sum + Number(length), 0);
      equal(bytes, 15 + 4 + long.length + cut.length + last.length);
    }
  },
);
