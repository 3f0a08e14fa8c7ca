import { deepEqual, equal, ok } from "node:assert/strict";
import { Recorder } from "../../gateway/recorder/recorder.ts";
import { RingReader } from "../../gateway/recorder/ring_reader.ts";
import type { ConnectionSubject, Subject } from "../../gateway/recorder/trace_messages.ts";
import type { BytesEvent, TextEvent, TraceEvent } from "../../gateway/recorder/trace_event.ts";
import type { ConnectionFacts, TappedTopic } from "../../gateway/taps.ts";

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

  readonly listener = {
    subjects: (subjects: Subject[]) => {
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
  const { seen, firstIn, firstOut, name } = reader.connection;
  deepEqual({ seen, firstIn, firstOut, name }, {
    seen: false,
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
  equal(reader.connection.seen, true);
  recorder.detach(reader.listener);
  equal(recorder.ring, null);
  tap.received(PING);
  const again = new Reader(recorder, "oldest");
  equal(again.connection.seen, false);
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
