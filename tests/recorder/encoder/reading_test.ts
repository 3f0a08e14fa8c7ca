/** How a reader is served: hold, credit, ends, what is said about the file itself. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { now } from "../../../gateway/clock.ts";
import { Readings } from "../../../gateway/recorder/encoder/readings.ts";
import { Kind, makeRingMemory } from "../../../gateway/recorder/ring_layout.ts";
import { RingWriter } from "../../../gateway/recorder/ring_writer.ts";
import type { FromTraceWorker } from "../../../gateway/recorder/trace_messages.ts";
import { record, RUUVI_EVENT } from "../../support/radio.ts";
import { connectPacket, publishPacket } from "../../support/raw_mqtt.ts";
import { testWith } from "../../support/tools.ts";
import {
  EVERYTHING,
  facts,
  OFFSET,
  ownRows,
  Recording,
  sessionFacts,
  shared,
  topic,
  tsharkRows,
} from "./recording.ts";

const FRAME = Uint8Array.fromHex(RUUVI_EVENT);

/** Blocks of a little-endian pcapng: type and bytes. */
function blocks(file: Uint8Array): { type: number; view: DataView; text: string }[] {
  const found = [];
  const view = new DataView(file.buffer);
  for (let at = 0; at < file.length;) {
    const length = view.getUint32(at + 4, true);
    const text = new TextDecoder("latin1").decode(file.subarray(at, at + length));
    found.push({
      type: view.getUint32(at, true),
      view: new DataView(file.buffer, at, length),
      text,
    });
    at += length;
  }
  return found;
}

function update(recording: Recording, seq: number, time = now()) {
  recording.recorder.update("desk", topic("t/x"), seq, time, `Id-${seq}`, "", String(seq));
}

Deno.test("live: a packet leaves the hold after 100 ms, and with it what is earlier", async () => {
  const recording = new Recording();
  recording.open();
  await recording.steps();
  const before = recording.file.length;
  const at = performance.now();
  update(recording, 1);
  await recording.steps();
  recording.now = 60;
  recording.recorder.radio("attic", "Ab-1", 0, record(FRAME), at - 50, at);
  await recording.steps();
  recording.now = 99;
  await recording.steps();
  equal(recording.file.length, before);
  recording.now = 101;
  await recording.steps();
  const rows = await ownRows(recording.file, ["frame.interface_name"]);
  deepEqual(rows.map((row) => row["frame.interface_name"]![0]), ["radio:attic", "room"]);
});

Deno.test("live: what is heard of too late keeps the order, and says so", async () => {
  const recording = new Recording();
  recording.open();
  const at = performance.now();
  update(recording, 1);
  await recording.settle();
  recording.recorder.radio("attic", "Ab-1", 0, record(FRAME), at - 3000, at);
  const rows = await ownRows(await recording.finish(), ["frame.time_epoch", "frame.comment"]);
  equal(rows[1]!["frame.time_epoch"]![0], rows[0]!["frame.time_epoch"]![0]);
  const late = Number(/ late_us=(\d+)$/.exec(rows[1]!["frame.comment"]![0]!)![1]);
  ok(Math.abs(late - 3_000_000) < 50_000, String(late));
});

Deno.test("recent: all there is, by time, then statistics and the end", async () => {
  const recording = new Recording({ mode: "recent" });
  const at = performance.now();
  update(recording, 1);
  recording.recorder.radio("attic", "Ab-1", 0, record(FRAME), at - 3000, at);
  update(recording, 2);
  recording.open();
  await recording.steps();
  deepEqual(recording.end, { type: "end", reader: 1, packets: 3, lost: 0 });
  const { file } = recording;
  const rows = await ownRows(file, ["frame.interface_name", "frame.comment"]);
  deepEqual(rows.map((row) => row["frame.interface_name"]![0]), ["radio:attic", "room", "room"]);
  ok(!rows[0]!["frame.comment"]![0]!.includes("late_us"));
  const statistics = blocks(file).filter(({ type }) => type === 5);
  deepEqual(statistics.map(({ view }) => view.getUint32(24, true)), [1, 2]);
});

Deno.test("recent: not older than asked for", async () => {
  const recording = new Recording({ mode: "recent", seconds: 10 });
  update(recording, 1, now() - 11_000);
  update(recording, 2, now() - 9000);
  const session = recording.recorder.connection(sessionFacts());
  session.sentText(shared("{}"));
  recording.open();
  await recording.steps();
  const rows = await ownRows(recording.file, ["frame.comment", "frame.interface_name"]);
  const room = rows.filter((row) => row["frame.interface_name"]![0] === "room");
  deepEqual(room.map((row) => /seq=\d/.exec(row["frame.comment"]![0]!)![0]), ["seq=2"]);
});

Deno.test("live: ends by itself after the seconds asked for", async () => {
  const recording = new Recording({ seconds: 5 });
  recording.open();
  update(recording, 1);
  recording.now = 4900;
  await recording.steps();
  equal(recording.messages.at(-1)!.type, "chunk");
  update(recording, 2);
  recording.now = 5001;
  await recording.steps();
  equal(recording.end.packets, 2);
  equal(blocks(recording.file).at(-1)!.type, 5);
});

Deno.test("no more is sent than the reader has credit for, cut anywhere", async () => {
  const recording = new Recording({ credit: 100, mode: "recent" });
  for (let i = 0; i < 50; i++) update(recording, i);
  recording.open();
  await recording.steps();
  equal(recording.file.length, 100);
  while (recording.messages.at(-1)!.type !== "end") {
    recording.readings.take({ type: "credit", reader: 1, bytes: 77 });
    await recording.steps();
    for (const message of recording.messages) {
      if (message.type === "chunk") ok(message.bytes.length <= 100);
    }
  }
  equal((await ownRows(recording.file, ["frame.number"])).length, 50);
});

Deno.test("without credit nothing is taken; what is written over then is lost and said", async () => {
  const recording = new Recording({ recentBytes: 64 << 10, credit: 2000 });
  recording.open();
  for (let round = 0; round < 30; round++) {
    for (let i = 0; i < 100; i++) update(recording, round * 100 + i);
    await recording.settle();
  }
  recording.readings.take({ type: "credit", reader: 1, bytes: 1 << 20 });
  await recording.settle();
  const file = await recording.finish();
  const { packets, lost } = recording.end;
  ok(lost > 0);
  equal(packets + lost, 3000);
  const progress = recording.messages.findLast(({ type }) => type === "progress");
  deepEqual(progress, { type: "progress", reader: 1, packets, lost });
  const statistics = blocks(file).at(-1)!.view;
  equal(statistics.getUint32(24, true), 3000);
  equal(statistics.getUint32(36, true), lost);
});

Deno.test("cancel: nothing more comes", async () => {
  const recording = new Recording();
  recording.open();
  await recording.steps();
  const count = recording.messages.length;
  recording.readings.take({ type: "cancel", reader: 1 });
  update(recording, 1);
  await recording.settle();
  equal(recording.messages.length, count);
  equal(recording.readings.busy, false);
});

/** A ring without the recorder, for what the recorder does not do. */
function bare(clockOffset = OFFSET) {
  const ring = new RingWriter(makeRingMemory(1 << 16));
  const messages: FromTraceWorker[] = [];
  const clock = { now: 0 };
  const readings = new Readings((message) => messages.push(message), {
    now: () => clock.now,
    unix: () => performance.now() + OFFSET,
  });
  const setting = { memory: ring.memory, version: "1", hostname: "gw", clockOffset };
  readings.take({ type: "begin", setting });
  const request = { mode: "live", filter: EVERYTHING } as const;
  readings.take({ type: "open", reader: 1, request, credit: Infinity });
  let ids = 1;
  const heard = (node: number, time = performance.now()) => {
    ring.begin(Kind.Radio, 0, time, node, `Ab-${ids++}`, 3, time + 1, 187, 3, 0);
    ring.add(Uint8Array.of(4, 0x10, 0));
    ring.end();
  };
  const opened = (connection: number, time: number) => {
    ring.begin(Kind.Open, 0, time, connection, "", 0, 0, 0, 0, 0);
    ring.end();
  };
  const steps = (now: number) => {
    do {
      clock.now = Math.min(now, clock.now + 10);
      while (readings.step());
    } while (clock.now < now);
  };
  const rows = (...fields: string[]) => {
    const chunks = messages.flatMap((message) => message.type === "chunk" ? [message.bytes] : []);
    return ownRows(Uint8Array.from(chunks.flatMap((chunk) => [...chunk])), fields);
  };
  const stall = (now: number) => {
    clock.now = now;
    while (readings.step());
  };
  const told = (subject: number) => ring.told(subject);
  return { readings, heard, opened, steps, stall, told, rows };
}

Deno.test("an event whose subject is not known yet waits for it, but not for ever", async () => {
  const { readings, heard, steps, told, rows } = bare();
  told(8);
  heard(7);
  steps(0);
  readings.take({ type: "subjects", subjects: [{ kind: "node", id: 7, name: "attic" }] });
  steps(30);
  heard(8);
  heard(7);
  steps(40);
  steps(80);
  steps(100);
  steps(1000);
  const found = await rows("frame.interface_name", "frame.comment");
  deepEqual(found.map((row) => row["frame.interface_name"]![0]), ["radio:attic", "radio:attic"]);
  ok(found[1]!["frame.comment"]![0]!.endsWith(" lost=1"));
});

Deno.test("who stood still, we or the gateway, has not waited for an event's subject", async () => {
  const { readings, heard, steps, stall, told, rows } = bare();
  const subject = (id: number) => {
    readings.take({ type: "subjects", subjects: [{ kind: "node", id, name: `n${id}` }] });
  };
  told(7);
  heard(7);
  steps(0);
  stall(1000);
  subject(7);
  steps(1100);
  heard(8);
  steps(2000);
  told(8);
  subject(8);
  steps(3000);
  heard(9);
  steps(5100);
  heard(7);
  steps(6000);
  const found = await rows("frame.interface_name", "frame.comment");
  const names = found.map((row) => row["frame.interface_name"]![0]);
  deepEqual(names, ["radio:n7", "radio:n8", "radio:n7"]);
  const comments = found.map((row) => row["frame.comment"]![0]!);
  deepEqual(comments.map((comment) => / lost=\d+/.exec(comment)?.[0]), [
    undefined,
    undefined,
    " lost=1",
  ]);
});

Deno.test("a turn of the gateway that takes long: its subjects are waited for", async () => {
  const { readings, heard, steps, told, rows } = bare();
  const began = performance.now() - 500;
  heard(7, began);
  heard(8, began);
  steps(300);
  for (const id of [7, 8]) {
    readings.take({ type: "subjects", subjects: [{ kind: "node", id, name: `n${id}` }] });
  }
  told(8);
  steps(600);
  const comments = (await rows("frame.comment")).map((row) => row["frame.comment"]![0]!);
  deepEqual(comments.map((comment) => comment.includes("lost=")), [false, false]);
});

Deno.test("many unknown subjects are waited for together", async () => {
  const { readings, heard, steps, told, rows } = bare();
  told(300);
  readings.take({ type: "subjects", subjects: [{ kind: "node", id: 7, name: "attic" }] });
  const at = performance.now() - 5;
  for (let node = 100; node < 300; node++) heard(node, at);
  heard(7);
  steps(0);
  steps(60);
  steps(200);
  const [found] = await rows("frame.comment");
  ok(found!["frame.comment"]![0]!.endsWith(" lost=200"));
});

Deno.test("a set clock: times are new from there on, and the packet says so", async () => {
  const { readings, heard, steps, rows } = bare();
  readings.take({ type: "subjects", subjects: [{ kind: "node", id: 7, name: "attic" }] });
  const at = performance.now();
  heard(7, at);
  steps(0);
  steps(200);
  readings.take({ type: "clock", clockOffset: OFFSET - 3_600_000 });
  heard(7, at + 1);
  steps(300);
  steps(500);
  const found = await rows("frame.time_epoch", "frame.comment");
  const [first, second] = found.map((row) => Number(row["frame.time_epoch"]![0]));
  ok(Math.abs(first! - second! - 3599.999) < 1e-3);
  ok(found[1]!["frame.comment"]![0]!.endsWith(" clock=set"));
});

Deno.test("a frame was on the air before its message came in, whatever the node's clock says", async () => {
  const recording = new Recording();
  recording.open();
  const { recorder } = recording;
  const tap = recorder.connection(facts());
  tap.named("attic");
  tap.received(connectPacket("attic"));
  const topic = "edgewire/v1/attic/radio";
  const payload = "x".repeat(30);
  tap.received(publishPacket(topic, payload));
  recorder.message(tap, "Ab-1", topic.length, payload.length, 0);
  // The node's first batch: its clock is set by the moment at which we look.
  const at = performance.now() + 0.5;
  recorder.radio("attic", "Ab-1", 0, record(FRAME), at, at);
  const rows = await ownRows(await recording.finish(), ["frame.interface_name", "frame.comment"]);
  const last = rows.slice(-2).map((row) => row["frame.interface_name"]![0]);
  deepEqual(last, ["radio:attic", "mqtt"]);
});

Deno.test("times are those of the ring, to the nanosecond", async () => {
  const { readings, heard, steps, rows } = bare(1_795_190_000_000.25);
  readings.take({ type: "subjects", subjects: [{ kind: "node", id: 7, name: "attic" }] });
  for (const time of [12_345.678901, 999_999_999.75]) heard(7, time);
  steps(0);
  steps(200);
  deepEqual((await rows("frame.time_epoch")).map((row) => row["frame.time_epoch"]![0]), [
    "1795190012.345928901",
    "1796190000.000000000",
  ]);
});

Deno.test("the packets of a handshake are apart, also after years", async () => {
  const { readings, opened, steps, rows } = bare();
  for (const [id, days] of [[1, 0.1], [2, 1000], [3, 5000]] as const) {
    const connection = { kind: "connection" as const, id, facts: facts(), opened: 0 };
    readings.take({ type: "subjects", subjects: [connection] });
    opened(id, days * 86_400_000);
  }
  steps(0);
  steps(200);
  const times = (await rows("frame.time_epoch")).map((row) => row["frame.time_epoch"]![0]!);
  equal(times.length, 9);
  equal(new Set(times).size, 9);
  deepEqual(times, times.toSorted());
});

testWith(["tshark"], "the section says who wrote it, the opening who is there", async () => {
  const recording = new Recording();
  recording.open();
  const client = recording.recorder.connection(facts());
  client.named("Küche 1");
  client.received(connectPacket("Küche 1"));
  const file = await recording.finish();
  const [section] = blocks(file);
  ok(section!.text.includes("edgewire 1.2.3") && section!.text.includes("gw-test"));
  const rows = await tsharkRows(file, ["frame.comment"]);
  ok(rows[0]!["frame.comment"]![0]!.includes(" client=K%C3%BCche%201 "));
});

Deno.test("loopback has the host's name, and only where there are no other addresses", async () => {
  for (const other of [false, true]) {
    const recording = new Recording();
    recording.open();
    if (other) recording.recorder.connection(facts());
    const host = "127.0.0.1";
    const client = recording.recorder.connection(
      facts({ local: { host, port: 1883 }, remote: { host, port: 5000 } }),
    );
    client.named("client");
    client.received(connectPacket("client"));
    const file = await recording.finish();
    const loopback = "\x7f\0\0\x01";
    const names = blocks(file).filter(({ type, text }) => type === 4 && text.includes(loopback));
    deepEqual(names.map(({ text }) => text.includes("gw-test\0")), other ? [] : [true]);
  }
});

Deno.test("an address is named once its client has a name, MQTT before sessions", async () => {
  const recording = new Recording();
  recording.open();
  const client = recording.recorder.connection(facts());
  client.received(connectPacket("x"));
  await recording.settle();
  const named = () =>
    blocks(recording.file).filter(({ type }) => type === 4)
      .map(({ text }) => /[\w-]+(?=\0)/g.exec(text.slice(16))?.[0]);
  deepEqual(named(), ["gw-test"]);
  client.named("kitchen");
  client.received(publishPacket("a", "1"));
  await recording.settle();
  deepEqual(named(), ["gw-test", "kitchen"]);
  const session = recording.recorder.connection(sessionFacts({ remote: facts().remote }));
  session.named("m1");
  session.sentText(shared("{}"));
  await recording.finish();
  deepEqual(named(), ["gw-test", "kitchen"]);
});
