/** WebSocket sessions in the file. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { now } from "../../../gateway/clock.ts";
import { testWith } from "../../support/tools.ts";
import {
  bytes,
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

const FIELDS = [
  ...["frame.interface_name", "frame.comment", "frame.packet_flags_direction", "frame.drop_count"],
  ...["http.request.uri", "http.authorization", "http.cookie", "http.response.code"],
  ...["websocket.opcode", "websocket.payload.text", "websocket.payload.close.status_code"],
  ...["websocket.payload_length_ext_64", "tcp.flags.str", "tcp.srcport", "tcp.stream"],
  ...["tcp.analysis.lost_segment"],
  ...TROUBLE,
];
const values = (rows: readonly Row[], field: string) => rows.flatMap((row) => row[field]!);
const lines = (rows: readonly Row[]) =>
  values(rows, "frame.comment").flatMap((text) => text.split("\\n"));

function data(channel: string, seq: number, id: string, time = now()) {
  const { head, tail } = topic("t/x");
  return `{"type":"data","channel":"${channel}","seq":${seq},"time":${time}${head}1${tail}${id}"}`;
}

testWith(["tshark"], "a session: upgrade without secrets, texts, a line per update", async () => {
  const recording = new Recording();
  recording.open();
  const session = recording.recorder.connection(sessionFacts());
  const event = `{"type":"event","channel":"a","seq":3,"time":1,"kind":"join","detail":{}}`;
  const texts = [`[${data("a", 1, "Id-1")},${data("b", 2, "Id-2.4")},${event}]`, '{"type":"pong"}'];
  session.receivedText('{"type":"command","id":"c1","channel":"a","topic":"x","value":1}');
  recording.recorder.update("a", topic("t/x"), 1, now(), "Id-1", "", "1");
  recording.recorder.update("b", topic("t/x"), 2, now(), "Id-2.4", "", "1");
  for (const text of texts) session.sentText(shared(text));
  session.receivedText('{"token":"geheim42"}');
  session.closed(false, 1001, "going away");
  const file = await recording.finish();
  const rows = await tsharkRows(file, FIELDS);
  deepEqual(troubled(rows), []);
  deepEqual(values(rows, "http.request.uri"), ["/ws?token=********&x=1"]);
  deepEqual(values(rows, "http.authorization"), ["Bearer ********"]);
  deepEqual(values(rows, "websocket.opcode"), ["1", "1", "1", "1", "8", "8"]);
  deepEqual(values(rows, "websocket.payload.close.status_code"), ["1001", "1001"]);
  deepEqual(
    lines(rows.filter((row) => row["websocket.opcode"]!.length > 0))
      .map((line) => line.replace(/since_us=\d+/, "since_us=N")),
    [
      "edgewire hop=ws dir=in",
      "edgewire id=Id-1 hop=ws dir=out channel=a seq=1 since_us=N",
      "edgewire id=Id-2.4 hop=ws dir=out channel=b seq=2 since_us=N",
      "edgewire hop=ws dir=out channel=a seq=3",
      "edgewire hop=ws dir=out",
      "edgewire hop=ws dir=in",
      "edgewire hop=ws dir=out",
      "edgewire hop=ws dir=in synthetic=close",
    ],
  );
  const own = await ownRows(file, ["websocket.payload.text", "_ws.expert.message"]);
  deepEqual(values(own, "websocket.payload.text").slice(1, 3), texts);
  deepEqual(values(own, "_ws.expert.message"), []);
  equal(new TextDecoder().decode(file).includes("geheim42"), false);
});

testWith(["tshark"], "a text that goes to many is in every conversation", async () => {
  const recording = new Recording();
  recording.open();
  const sessions = [1, 2, 3].map((i) =>
    recording.recorder.connection(sessionFacts({ remote: { host: "192.0.2.88", port: 4000 + i } }))
  );
  const text = shared(data("a", 1, "Id-1"));
  for (const session of sessions) session.sentText(text);
  const rows = await tsharkRows(await recording.finish(), FIELDS);
  deepEqual(troubled(rows), []);
  deepEqual(values(rows, "websocket.payload.text"), [text.text, text.text, text.text]);
  equal(lines(rows).filter((line) => line.includes("id=Id-1")).length, 3);
  equal(new Set(values(rows, "tcp.stream")).size, 3);
});

testWith(["tshark"], "a session that was open before begins with an upgrade", async () => {
  const recording = new Recording({ recentBytes: 0 });
  const session = recording.recorder.connection(sessionFacts());
  session.named("Anna");
  session.sentText(shared(data("a", 1, "Id-1")));
  recording.open();
  session.sentText(shared(data("a", 2, "Id-2")));
  session.closed(true, 1005);
  const rows = await tsharkRows(await recording.finish(), FIELDS);
  deepEqual(troubled(rows), []);
  deepEqual(values(rows, "websocket.opcode"), ["1", "8", "8"]);
  deepEqual(values(rows, "websocket.payload.close.status_code"), []);
  deepEqual(lines(rows).slice(0, 4), [
    "edgewire hop=ws dir=in client=Anna port=443 synthetic=handshake before=1",
    "edgewire hop=ws dir=out synthetic=handshake before=1",
    "edgewire hop=ws dir=in synthetic=handshake before=1",
    "edgewire hop=ws dir=in synthetic=upgrade before=1",
  ]);
});

testWith(
  ["tshark"],
  "a text of 1 MiB, and one of so many updates that not all lines fit",
  async () => {
    const recording = new Recording({ recentBytes: 32 << 20 });
    recording.open();
    const session = recording.recorder.connection(sessionFacts());
    const long = `{"type":"snapshot","x":"${"y".repeat(1 << 20)}"}`;
    session.sentText(shared(long));
    session.receivedText(long);
    const many = Array.from({ length: 3000 }, (_, i) => data("a", i, `Id-${i}`));
    session.sentText(shared(`[${many}]`));
    const file = await recording.finish();
    ok(longestBlock(file) < 262_144);
    const rows = await tsharkRows(file, FIELDS);
    deepEqual(troubled(rows), []);
    deepEqual(
      values(rows, "websocket.payload_length_ext_64").map(Number),
      [long.length, long.length, `[${many}]`.length],
    );
    const carrier = rows.find((row) => row["frame.comment"]![0]!.includes("id=Id-7 "))!;
    const told = lines([carrier]).filter((line) => line.startsWith("edgewire")).length;
    ok(told > 500 && told <= 1000, `${told} lines`);
    ok(carrier["frame.comment"]!.at(-1)!.endsWith(`${3000 - told} more lines do not fit here`));
  },
);

testWith(["tshark"], "a broken connection has no close frame", async () => {
  const recording = new Recording();
  recording.open();
  const session = recording.recorder.connection(sessionFacts());
  session.sentText(shared("{}"));
  session.closed(true, 0);
  const rows = await tsharkRows(await recording.finish(), FIELDS);
  deepEqual(troubled(rows), []);
  deepEqual(values(rows, "websocket.opcode"), ["1"]);
  const first = rows.find((row) => row["tcp.flags.str"]![0]!.includes("F"))!;
  deepEqual(first["tcp.srcport"], ["40000"]);
});

testWith(["tshark"], "binary messages of a session are there", async () => {
  const recording = new Recording();
  recording.open();
  const session = recording.recorder.connection(sessionFacts());
  session.received(bytes("abc"));
  const rows = await tsharkRows(await recording.finish(), FIELDS);
  deepEqual(troubled(rows), []);
  deepEqual(values(rows, "websocket.opcode"), ["2"]);
});

testWith(["tshark"], "texts that were lost are a hole, and the next one is read", async () => {
  const recording = new Recording({ recentBytes: 64 << 10, credit: 5000 });
  recording.open();
  const session = recording.recorder.connection(sessionFacts());
  for (let i = 0; i < 20; i++) session.sentText(shared(data("a", i, `Id-${i}`)));
  await recording.settle();
  for (let i = 0; i < 1000; i++) {
    session.sentText(shared(data("a", 100 + i, `Id-${100 + i}`)));
    if (i % 100 === 0) await recording.settle();
  }
  recording.readings.take({ type: "credit", reader: 1, bytes: 10_000_000 });
  await recording.settle();
  session.sentText(shared(data("a", 9999, "Id-9999")));
  const rows = await tsharkRows(await recording.finish(), FIELDS);
  const { lost } = recording.end;
  ok(lost > 0);
  equal(rows.filter((row) => row["_ws.malformed"]!.length > 0).length, 0);
  deepEqual(values(rows, "tcp.analysis.lost_segment").length, 1);
  const first = rows.find((row) => row["frame.drop_count"]!.length > 0)!;
  equal(first["frame.drop_count"]![0], String(lost));
  ok(lines([first])[0]!.endsWith(` lost=${lost}`));
  ok(lines(rows).at(-1)!.includes("id=Id-9999 "));
});
