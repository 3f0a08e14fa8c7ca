/** What strangers or slow readers can't do: end a trace, or make it take much memory. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { now } from "../../../gateway/clock.ts";
import { encoded } from "../../../gateway/recorder/encoder/comment_lines.ts";
import {
  PublishBook,
  type SeenPublish,
  shortTopic,
  WaitingPublishes,
} from "../../../gateway/recorder/encoder/publish_book.ts";
import { SubjectTable } from "../../../gateway/recorder/encoder/subject_table.ts";
import { TraceFile } from "../../../gateway/recorder/encoder/trace_file.ts";
import { Origin } from "../../../gateway/recorder/encoder/trace_ids.ts";
import { record, RUUVI_EVENT } from "../../support/radio.ts";
import { connectPacket } from "../../support/raw_mqtt.ts";
import { testWith } from "../../support/tools.ts";
import {
  EVERYTHING,
  facts,
  ownRows,
  Recording,
  sessionFacts,
  shared,
  topic,
  TROUBLE,
  troubled,
  tsharkRows,
} from "./recording.ts";

const ASKED = ["frame.interface_name", "frame.interface_description", "frame.comment", ...TROUBLE];

testWith(["tshark"], "names of 65,500 bytes are cut, and end no trace", async () => {
  const recording = new Recording();
  recording.open();
  const { recorder } = recording;
  for (const name of ["x".repeat(65_500), "é".repeat(32_750), "😀".repeat(16_375)]) {
    const client = recorder.connection(facts());
    client.named(name);
    client.received(connectPacket(name));
    const session = recorder.connection(sessionFacts());
    session.named(name);
    session.sentText(shared(JSON.stringify({ type: "data", id: "Ab-1", seq: 1, channel: name })));
    recorder.update(name, topic(name), 1, now(), "Ab-1", "", "1");
    const at = performance.now();
    recorder.radio(name, "Ab-2", 0, record(Uint8Array.fromHex(RUUVI_EVENT)), at - 1, at);
  }
  const file = await recording.finish();
  equal(recording.end.problem, undefined);
  const rows = await tsharkRows(file, ASKED);
  deepEqual(troubled(rows), []);
  const comments = rows.flatMap((row) => row["frame.comment"]!).join("\n");
  for (const key of ["client", "channel", "node"]) {
    const values = [...comments.matchAll(new RegExp(` ${key}=(\\S+)`, "g"))].map((m) => m[1]!);
    const names = [...new Set(values.map(decodeURIComponent))];
    deepEqual(names, [`${"x".repeat(255)}…`, `${"é".repeat(255)}…`, `${"😀".repeat(127)}…`], key);
  }
  const longest = Math.max(...rows.map((row) => row["frame.interface_name"]![0]!.length));
  equal(longest, "radio:".length + 256);
});

Deno.test("a name is not cut within a character", () => {
  const name = "😀".repeat(200);
  equal(decodeURIComponent(encoded(name)), `${"😀".repeat(127)}…`);
  equal(decodeURIComponent(encoded(`a${name}`)), `a${"😀".repeat(127)}…`);
  equal(decodeURIComponent(encoded("\ud800x")), "\ufffdx");
});

Deno.test("texts that no option of pcapng can hold are cut at a character", async () => {
  const long = `x${"é".repeat(40_000)}`;
  const options = { version: "1", hostname: long, clockOffset: 0, comment: long };
  const file = new TraceFile(options);
  const place = { name: long, linkType: 101, description: long };
  file.packet(place, 1, new Uint8Array(20), 1, { text: long, note: long });
  file.finish();
  const asked = ["frame.interface_name", "frame.interface_description", "frame.comment"];
  const [row] = await ownRows(file.take(), asked);
  const cut = `x${"é".repeat(32_767)}`;
  deepEqual(asked.map((field) => row![field]![0] === cut), [true, true, true]);
  equal(row!["frame.comment"]![1], long.slice(0, 500));
});

/** Writes updates of one topic. */
function updates(recording: Recording) {
  const desk = topic("t/x");
  return (count: number) => {
    for (let i = 0; i < count; i++) {
      recording.recorder.update("desk", desk, i, now(), `Id-${i}`, "", String(i));
    }
  };
}

Deno.test("recent: the first bytes go before all was read", async () => {
  const recording = new Recording({ mode: "recent", recentBytes: 4 << 20 });
  updates(recording)(50_000);
  recording.open();
  await Promise.resolve();
  for (let i = 0; i < 10; i++) recording.readings.step();
  ok(recording.file.length > 50_000);
  await recording.steps();
  equal(recording.end.packets, 50_000);
});

Deno.test("recent: who takes nothing loses what is written over, and has nothing kept", async () => {
  const recording = new Recording({ mode: "recent", recentBytes: 4 << 20, credit: 1000 });
  const write = updates(recording);
  write(50_000);
  recording.open();
  await recording.settle();
  write(60_000);
  recording.readings.take({ type: "credit", reader: 1, bytes: 1 << 30 });
  await recording.settle();
  const { packets, lost } = recording.end;
  ok(packets < 30_000 && lost > 20_000, `${packets} packets, ${lost} lost`);
});

Deno.test("recent: one after the other, but past one that takes nothing", async () => {
  const recording = new Recording({ mode: "recent", credit: 1000 });
  updates(recording)(20_000);
  recording.open();
  const request = { mode: "recent" as const, filter: EVERYTHING };
  for (const reader of [2, 3]) {
    recording.readings.take({ type: "open", reader, request, credit: 1 << 30 });
  }
  await recording.steps();
  const ends = recording.messages.filter(({ type }) => type === "end");
  deepEqual(ends.map(({ reader }) => reader), [2, 3]);
  const first = recording.messages.findIndex(({ reader }) => reader === 3);
  ok(first > recording.messages.indexOf(ends[0]!), "3 begins when 2 has ended");
});

Deno.test("live: seconds end also for who takes nothing, with what is there then", async () => {
  const recording = new Recording({ seconds: 5, recentBytes: 1 << 20, credit: 1000 });
  const write = updates(recording);
  recording.open();
  write(100);
  await recording.settle();
  recording.now = 6000;
  await recording.steps();
  write(30_000);
  await recording.settle();
  recording.readings.take({ type: "credit", reader: 1, bytes: 1 << 30 });
  await recording.settle();
  ok(recording.end.packets < 10_000, String(recording.end.packets));
});

for (const mode of ["recent", "live"] as const) {
  Deno.test(`${mode}: ends for a slow reader, however much is written meanwhile`, async () => {
    const recording = new Recording({ mode, recentBytes: 1 << 20, credit: 4000 });
    const write = updates(recording);
    if (mode === "live") recording.open();
    write(2000);
    if (mode === "recent") recording.open();
    await recording.steps();
    recording.readings.take({ type: "finish", reader: 1 });
    for (let i = 0; recording.messages.at(-1)?.type !== "end"; i++) {
      ok(i < 500, "it goes on and on");
      write(2000);
      recording.readings.take({ type: "credit", reader: 1, bytes: 4000 });
      await recording.settle();
    }
  });
}

Deno.test("connections to other machines are counted, not looked for", () => {
  const table = new SubjectTable();
  const connection = (id: number, host: string) => ({
    kind: "connection" as const,
    id,
    facts: facts({ remote: { host, port: 1 } }),
    opened: 0,
  });
  table.put(connection(1, "127.0.0.1"));
  table.put(connection(2, "192.0.2.1"));
  table.put({ ...connection(2, "192.0.2.1"), name: "x" });
  table.put({ kind: "node", id: 3, name: "attic" });
  equal(table.distant, 1);
  for (const id of [2, 2, 1, 3]) table.forget(id);
  deepEqual([table.distant, table.has(1), table.get(2)], [0, false, undefined]);
});

function publish(time: number, more: Partial<SeenPublish> = {}): SeenPublish {
  return {
    topic: "a/b",
    topicLength: 3,
    qos: 0,
    packetId: 0,
    payloadLength: 1,
    time,
    key: "",
    unix: NaN,
    origin: null,
    update: null,
    ...more,
  };
}

Deno.test("PUBLISHes that nobody takes in do not wait for ever", () => {
  const waiting = new WaitingPublishes();
  for (let i = 0; i < 20_000; i++) waiting.add(publish(i * 10));
  ok(waiting.size <= 501, String(waiting.size));
  const sizes = new WaitingPublishes();
  for (let i = 0; i < 40_000; i++) sizes.add(publish(0));
  ok(sizes.size <= 10_000, String(sizes.size));
});

Deno.test("long topics are remembered by a hash, and told apart", () => {
  const [a, b] = [`t/${"x".repeat(60_000)}a`, `t/${"x".repeat(60_000)}b`];
  ok(shortTopic(a).length < 300);
  ok(shortTopic(a) !== shortTopic(b));
  equal(shortTopic("a/b"), "a/b");
});

Deno.test("what came in long ago is forgotten, and not found", () => {
  const book = new PublishBook();
  const origin = new Origin("Ab-1", null);
  for (let i = 0; i < 1000; i++) book.taken(publish(i, { key: `k${i}`, origin }), false);
  book.taken(publish(60_000, { key: "new", origin }), false);
  const late = publish(60_001, { key: "k0" });
  book.identify(late, 1);
  equal(late.origin, null);
  const soon = publish(60_001, { key: "new" });
  book.identify(soon, 1);
  equal(soon.origin, origin);
});
