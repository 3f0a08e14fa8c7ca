import { deepEqual, equal, ok } from "node:assert/strict";
import { Recorder } from "../../gateway/recorder/recorder.ts";
import { RingReader } from "../../gateway/recorder/ring_reader.ts";
import type { ConnectionSubject, Subject } from "../../gateway/recorder/trace_messages.ts";
import type { BytesEvent, TextEvent, TraceEvent } from "../../gateway/recorder/trace_event.ts";
import { eventually } from "../support/eventually.ts";
import { record } from "../support/radio.ts";
import type { ConnectionFacts, TappedTopic, Upgrade } from "../../gateway/taps.ts";

const RECENT = 64 << 10;

function facts(given: Partial<ConnectionFacts> = {}): ConnectionFacts {
  return {
    protocol: "mqtt",
    transport: "tcp",
    dialled: false,
    local: { host: "127.0.0.1", port: 1883 },
    remote: { host: "127.0.0.1", port: 50_000 },
    tls: false,
    ...given,
  };
}

function topicOf(name: string): TappedTopic {
  return { topic: name, head: `,"topic":"${name}","value":`, tail: `,"id":"`, recorded: null };
}

/** Somebody who reads a recorder. */
class Reader {
  readonly subjects = new Map<number, Subject>();
  readonly recorder: Recorder;
  readonly #ring: RingReader;

  constructor(recorder: Recorder, from: "now" | "oldest" = "now") {
    this.recorder = recorder;
    this.#ring = new RingReader(recorder.attach(this.listener), from);
  }

  allTold = false;
  /** Most subjects that were told at once. */
  largest = 0;

  readonly listener = {
    allTold: () => void (this.allTold = true),
    subjects: (subjects: Subject[]) => {
      this.largest = Math.max(this.largest, subjects.length);
      for (const subject of subjects) this.subjects.set(subject.id, subject);
    },
    forget: (ids: number[]) => {
      for (const id of ids) this.subjects.delete(id);
    },
  };

  take(): TraceEvent[] {
    return this.#ring.take(1 << 20).events;
  }

  get connection(): ConnectionSubject {
    return [...this.subjects.values()].find(({ kind }) =>
      kind === "connection"
    ) as ConnectionSubject;
  }
}

// CONNECT (client id "a"), PINGREQ; the last byte is the first of the next packet.
const CONNECT = Uint8Array.of(0x10, 13, 0, 4, 77, 81, 84, 84, 4, 2, 0, 60, 0, 1, 97);
const PING = Uint8Array.of(0xc0, 0);

Deno.test("recorder: bytes come out as they went in, with where packets begin", () => {
  const recorder = new Recorder({ recentBytes: RECENT });
  const reader = new Reader(recorder);
  const tap = recorder.connection(facts());
  tap.received(CONNECT.subarray(0, 6));
  tap.received(Uint8Array.of(...CONNECT.subarray(6), 0xc0));
  tap.received(Uint8Array.of(0));
  tap.received(Uint8Array.of(...PING, 0x30));
  tap.sent(Uint8Array.of(0x20, 2, 0, 0));
  tap.closed(true);
  tap.closed(false);
  const events = reader.take();
  deepEqual(events.map(({ kind }) => kind), [
    "open",
    ..."bbbbb".replaceAll("b", "bytes ").trim().split(" "),
    "close",
  ]);
  const bytes = events.filter(({ kind }) => kind === "bytes") as BytesEvent[];
  deepEqual(bytes.map(({ offset, length, boundary, out }) => [offset, length, boundary, out]), [
    [0, 6, 0, false],
    [6, 10, 9, false],
    [16, 1, -1, false],
    [17, 3, 0, false],
    [0, 4, 0, true],
  ]);
  deepEqual(bytes[1]!.data, Uint8Array.of(...CONNECT.subarray(6), 0xc0));
  equal(events.at(-1)!.kind === "close" && events.at(-1)!.time >= bytes[4]!.time, true);
});

Deno.test("recorder: who comes later learns how a connection began", () => {
  const recorder = new Recorder({ recentBytes: 0 });
  equal(recorder.ring, null);
  const tap = recorder.connection(facts());
  tap.named("a");
  tap.received(CONNECT);
  tap.sent(Uint8Array.of(0x20, 2, 0, 0));
  const reader = new Reader(recorder);
  const { firstIn, firstOut, name } = reader.connection;
  deepEqual({ firstIn, firstOut, name }, {
    firstIn: CONNECT,
    firstOut: Uint8Array.of(0x20, 2, 0, 0),
    name: "a",
  });
  tap.received(PING);
  deepEqual(reader.take().map((event) => event.kind === "bytes" && event.boundary), [0]);
});

Deno.test("recorder: without flight recorder it is off again when the last reader goes", async () => {
  const recorder = new Recorder({ recentBytes: 0 });
  const reader = new Reader(recorder);
  const tap = recorder.connection(facts());
  tap.received(CONNECT);
  await Promise.resolve();
  equal(reader.take().length, 2);
  recorder.detach(reader.listener);
  equal(recorder.ring, null);
  tap.received(PING);
  const again = new Reader(recorder, "oldest");
  deepEqual(again.take(), []);
  tap.received(PING);
  equal(again.take().length, 1);
});

Deno.test("recorder: a text for many is kept once; whole frames are counted", () => {
  const recorder = new Recorder({ recentBytes: RECENT });
  const reader = new Reader(recorder);
  const session = () => recorder.connection(facts({ protocol: "session", transport: "websocket" }));
  const [one, two] = [session(), session()];
  const text = "é".repeat(100);
  const shared = { text, bytes: 200, kept: -1 };
  one.sentText(shared);
  one.sentText({ text: "x", bytes: 1, kept: -1 });
  one.receivedText("{}");
  one.receivedText("{}");
  const before = recorder.ring!.head;
  two.sentText(shared);
  ok(recorder.ring!.head - before < 100);
  const texts = reader.take().filter(({ kind }) => kind === "text") as TextEvent[];
  deepEqual(texts.map(({ offset, out, length }) => [offset, out, length]), [
    [0, true, 200],
    [204, true, 1],
    [0, false, 2],
    [8, false, 2],
    [0, true, 200],
  ]);
  equal(new TextDecoder().decode(texts[4]!.data!), text);
  equal(texts[0]!.data, texts[4]!.data);
});

Deno.test("recorder: updates name their topic, and anew when it is described otherwise", async () => {
  const recorder = new Recorder({ recentBytes: RECENT });
  const reader = new Reader(recorder);
  const topic = topicOf("devices/desk/temperature");
  recorder.update("desk", topic, 5, 1_700_000_000_000.125, "Ab-1", `,"node":"attic"`, "21.5");
  topic.tail = `,"unit":"°C","id":"`;
  recorder.update("desk", topic, 6, 1_700_000_000_001, "Ab-2", "", `"°"`);
  recorder.update("desk", topic, 7, 1_700_000_000_002, "Ab-3", "", "1");
  await Promise.resolve();
  const updates = reader.take();
  deepEqual(
    updates.map((event) =>
      event.kind === "update" && [event.seq, event.unix, event.id, event.node, event.json]
    ),
    [
      [5, 1_700_000_000_000.125, "Ab-1", `,"node":"attic"`, "21.5"],
      [6, 1_700_000_000_001, "Ab-2", "", `"°"`],
      [7, 1_700_000_000_002, "Ab-3", "", "1"],
    ],
  );
  const subjects = updates.map((event) =>
    event.kind === "update" && reader.subjects.get(event.topic)
  ) as { channel: string; tail: string }[];
  deepEqual(subjects.map(({ channel, tail }) => [channel, tail]), [
    ["desk", `,"id":"`],
    ["desk", `,"unit":"°C","id":"`],
    ["desk", `,"unit":"°C","id":"`],
  ]);
});

Deno.test("recorder: what is named no more is forgotten, so that memory stays bounded", async () => {
  const recorder = new Recorder({ recentBytes: RECENT });
  const reader = new Reader(recorder);
  for (let i = 0; i < 20_000; i++) {
    const tap = recorder.connection(facts());
    tap.received(CONNECT);
    tap.closed(true);
    recorder.update("desk", topicOf(`devices/desk/${i}`), i, 0, "Ab-1", "", "1");
    if (i % 100 === 0) await Promise.resolve();
  }
  await Promise.resolve();
  const kinds = Object.groupBy([...reader.subjects.values()], ({ kind }) => kind);
  ok(kinds.connection!.length < 400, `${kinds.connection!.length} connections`);
  ok(kinds.topic!.length < 6000, `${kinds.topic!.length} topics`);
});

Deno.test("recorder: of connections that ended not more is kept than some megabytes, though the ring has them", async () => {
  const recorder = new Recorder({ recentBytes: 64 << 20 });
  const reader = new Reader(recorder);
  const upgrade: Upgrade = {
    target: "/mqtt",
    requestHeaders: [["cookie", "x".repeat(8000)]],
    responseHeaders: [],
  };
  for (let i = 0; i < 10_000; i++) {
    recorder.connection(facts({ transport: "websocket", upgrade })).closed(true, 1006);
    if (i % 100 === 0) await Promise.resolve();
  }
  await Promise.resolve();
  ok(recorder.ring!.tail === 0, "the ring still has all of them");
  const ids = [...reader.subjects.keys()];
  ok(ids.length > 1000 && ids.length <= 2000, `${ids.length} connections`);
  equal(ids.at(-1), 10_000, "the newest stay");
});

Deno.test("recorder: names are cut", async () => {
  const recorder = new Recorder({ recentBytes: RECENT });
  const reader = new Reader(recorder);
  recorder.connection(facts()).named("n".repeat(65_000));
  for (let index = 0; index < 2; index++) {
    recorder.radio("😀".repeat(16_000), "Ab-1", index, record(new Uint8Array(1)), 0, 0);
  }
  await Promise.resolve();
  const names = [...reader.subjects.values()].map((subject) => "name" in subject && subject.name);
  deepEqual(names, ["n".repeat(256), "😀".repeat(128)]);
});

Deno.test("recorder: what is told of a connection behind its end brings it not back", async () => {
  const recorder = new Recorder({ recentBytes: 0 });
  const late = recorder.connection(facts());
  late.closed(true);
  late.received(CONNECT);
  late.sent(Uint8Array.of(0x20, 2, 0, 0));
  late.named("a");
  const reader = new Reader(recorder);
  equal(reader.subjects.size, 0);
  const other = recorder.connection(facts());
  other.closed(true);
  other.received(PING);
  other.receivedText("{}");
  other.sentText({ text: "{}", bytes: 2, kept: -1 });
  await Promise.resolve();
  deepEqual(reader.take().map(({ kind }) => kind), ["open", "close"]);
});

Deno.test("recorder: who attaches is told thousands of subjects in slices", async () => {
  const recorder = new Recorder({ recentBytes: RECENT });
  const taps = Array.from({ length: 5000 }, () => recorder.connection(facts()));
  const reader = new Reader(recorder);
  equal(reader.subjects.size, 2000);
  equal(reader.allTold, false);
  taps[4999]!.named("changed meanwhile");
  recorder.connection(facts());
  await eventually("the last slice", () => reader.allTold);
  equal(reader.largest, 2000);
  equal(reader.subjects.size, 5001);
  const changed = reader.subjects.get(5000);
  equal(changed?.kind === "connection" && changed.name, "changed meanwhile");
  const early = new Reader(recorder);
  recorder.detach(early.listener);
  await new Promise((resolve) => setTimeout(resolve, 20));
  equal(early.subjects.size, 2000, "who detaches is told no more");
});

Deno.test("recorder: nodes are forgotten as topics are, and come back", async () => {
  const recorder = new Recorder({ recentBytes: RECENT });
  const reader = new Reader(recorder);
  const heardRecord = record(new Uint8Array(100));
  const heard = (node: string) => recorder.radio(node, "Ab-1", 0, heardRecord, 0, 0);
  const nodes = () =>
    [...reader.subjects.values()].flatMap((subject) =>
      subject.kind === "node" ? [subject.name] : []
    );
  heard("always");
  heard("once");
  for (let i = 0; i < 5000; i++) {
    heard(`${i}`);
    heard("always");
  }
  await Promise.resolve();
  ok(nodes().length < 1000, `${nodes().length} nodes`);
  ok(nodes().includes("always"), "a node that is heard stays");
  ok(!nodes().includes("once"));
  heard("once");
  await Promise.resolve();
  ok(nodes().includes("once"));
});

Deno.test("recorder: a topic that is always updated stays, whatever comes and goes", async () => {
  const recorder = new Recorder({ recentBytes: RECENT });
  const reader = new Reader(recorder);
  const always = topicOf("desk/always");
  for (let i = 0; i < 10_000; i++) {
    recorder.update("desk", topicOf(`desk/${i}`), i, 0, "Ab-1", "", "1");
    recorder.update("desk", always, i, 0, "Ab-1", "", "1");
    if (i % 100 === 0) await Promise.resolve();
  }
  await Promise.resolve();
  const topics = [...reader.subjects.values()].filter(({ kind }) => kind === "topic");
  ok(topics.length < 1000, `${topics.length} topics`);
  equal(topics[0]!.id, 2);
});

Deno.test("recorder: of long topics not more is kept than some megabytes", async () => {
  const recorder = new Recorder({ recentBytes: 1 << 20 });
  const reader = new Reader(recorder);
  const name = "x".repeat(60_000);
  const known: TappedTopic[] = [];
  for (let i = 0; i < 1000; i++) {
    const topic = topicOf(`${i}${name}`);
    known.push(topic);
    recorder.update("desk", topic, i, 0, "Ab-1", "", "1");
  }
  await Promise.resolve();
  ok(reader.subjects.size < 300, `${reader.subjects.size} topics`);
  recorder.update("desk", known[0]!, 1000, 0, "Ab-1", "", "1");
  await Promise.resolve();
  const last = [...reader.subjects.values()].at(-1)!;
  equal(last.kind === "topic" && last.topic, known[0]!.topic);
});
