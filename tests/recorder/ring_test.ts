import { deepEqual, equal, ok } from "node:assert/strict";
import { Flag, Kind, makeRingMemory, NO_BOUNDARY } from "../../gateway/recorder/ring_layout.ts";
import { RingReader } from "../../gateway/recorder/ring_reader.ts";
import { RingWriter } from "../../gateway/recorder/ring_writer.ts";
import type { BytesEvent, TraceEvent } from "../../gateway/recorder/trace_event.ts";

function writeBytes(ring: RingWriter, data: Uint8Array, time = 1) {
  if (
    ring.begin(Kind.Bytes, Flag.Out, time, 7, "", data.length, 100, 0, data.length, NO_BOUNDARY)
  ) {
    ring.add(data);
  }
  ring.end();
}

function all(reader: RingReader, bytes = 1 << 20): { events: TraceEvent[]; lost: number } {
  const events: TraceEvent[] = [];
  let lost = 0;
  for (;;) {
    const taken = reader.take(bytes);
    events.push(...taken.events);
    lost += taken.lost;
    if (taken.drained) return { events, lost };
  }
}

Deno.test("ring: what is written is read, field by field", () => {
  const ring = new RingWriter(makeRingMemory(1 << 16));
  const reader = new RingReader(ring.memory, "now");
  writeBytes(ring, Uint8Array.of(1, 2, 3), 12.5);
  const blob = ring.head;
  ring.begin(Kind.Blob, 0, 0, 0, "", 6, 0, 0, 6, 0);
  ring.text("hällo", 6);
  ring.end();
  ring.begin(Kind.Text, 0, 13, 8, "", 0, 4, blob, 6, 0);
  ring.end();
  ring.begin(Kind.Close, Flag.ByPeer, 14, 8, "", 3, 1001, 1000, 3, 0);
  ring.text("bye", 3);
  ring.end();
  ring.begin(Kind.Message, 0, 15, 9, "Ab-1", 0, 1, 0, 20, 5);
  ring.end();
  const packed = 251 + 2 ** 16 * (-71 + 128) + 2 ** 24 * 37 + 2 ** 32 * 3 + 2 ** 40 * 255;
  ring.begin(Kind.Radio, 0, 16, 3, "Ab-1", 2, 15.5, packed, 2, 4);
  ring.add(Uint8Array.of(0, 9, 8, 0), 1, 3);
  ring.end();
  ring.begin(Kind.Update, 0, 17, 5, "Ab-1.4", 20 + 4, 1234, 18.25, 4, 16);
  ring.ascii(`,"node":"attic"`.padEnd(16));
  ring.text("21.5", 4);
  ring.end();
  const { events, lost } = all(reader);
  equal(lost, 0);
  deepEqual(events.map((event) => ({ ...event, number: 0 })), [
    {
      kind: "bytes",
      time: 12.5,
      number: 0,
      connection: 7,
      out: true,
      message: false,
      offset: 100,
      length: 3,
      data: Uint8Array.of(1, 2, 3),
      boundary: -1,
    },
    {
      kind: "text",
      time: 13,
      number: 0,
      connection: 8,
      out: false,
      offset: 4,
      length: 6,
      data: new TextEncoder().encode("hällo"),
    },
    {
      kind: "close",
      time: 14,
      number: 0,
      connection: 8,
      byPeer: true,
      code: 1001,
      reason: "bye",
      answer: 1000,
    },
    {
      kind: "message",
      time: 15,
      number: 0,
      connection: 9,
      id: "Ab-1",
      qos: 1,
      payloadLength: 20,
      topicLength: 5,
    },
    {
      kind: "radio",
      time: 16,
      number: 0,
      node: 3,
      id: "Ab-1",
      index: 4,
      arrival: 15.5,
      linkType: 251,
      rssi: -71,
      channel: 37,
      flags: 3,
      lqi: 255,
      data: Uint8Array.of(9, 8),
    },
    {
      kind: "update",
      time: 17,
      number: 0,
      topic: 5,
      id: "Ab-1.4",
      seq: 1234,
      unix: 18.25,
      node: `,"node":"attic" `,
      json: "21.5",
    },
  ]);
});

Deno.test("ring: any sizes, around the end many times, come out in order and whole", () => {
  const ring = new RingWriter(makeRingMemory(1 << 16));
  const reader = new RingReader(ring.memory, "now");
  let seed = 1;
  const random = (below: number) => (seed = seed * 48271 % 0x7fffffff) % below;
  let expected = 0;
  for (let i = 0; i < 20_000; i++) {
    writeBytes(ring, new Uint8Array(random(900)).fill(i), i);
    if (random(6) > 0) continue;
    const { events, lost } = all(reader, 1 + random(3000));
    equal(lost, 0);
    for (const event of events as BytesEvent[]) {
      equal(event.time, expected);
      ok(event.data!.every((byte) => byte === (expected & 0xff)));
      expected++;
    }
  }
  ok(expected > 19_000);
});

Deno.test("ring: a slow reader loses the oldest, and is told how many", () => {
  const ring = new RingWriter(makeRingMemory(1 << 14));
  const reader = new RingReader(ring.memory, "now");
  writeBytes(ring, new Uint8Array(10), 0);
  equal(all(reader).events.length, 1);
  for (let i = 1; i <= 1000; i++) writeBytes(ring, new Uint8Array(100), i);
  const { events, lost } = all(reader);
  equal(lost + events.length, 1000);
  ok(events.length > 90 && events.length < 120, `${events.length}`);
  equal(events.at(-1)!.time, 1000);
  equal(events[0]!.time, lost + 1);
  deepEqual(
    all(new RingReader(ring.memory, "oldest")).events.map(({ time }) => time),
    events.map(({ time }) => time),
  );
});

Deno.test("ring: contents that are too long are left out, with their length", () => {
  const ring = new RingWriter(makeRingMemory(1 << 14));
  const reader = new RingReader(ring.memory, "now");
  writeBytes(ring, new Uint8Array(5000), 1);
  const [event] = all(reader).events as BytesEvent[];
  equal(event!.data, null);
  equal(event!.length, 5000);
});

Deno.test("ring: text that others refer to is found by who came later, and not once it is gone", () => {
  const ring = new RingWriter(makeRingMemory(1 << 14));
  const blob = ring.head;
  ring.begin(Kind.Blob, 0, 0, 0, "", 2, 0, 0, 2, 0);
  ring.text("hi", 2);
  ring.end();
  const refer = () => {
    ring.begin(Kind.Text, Flag.Out, 1, 1, "", 0, 0, blob, 2, 0);
    ring.end();
  };
  const late = new RingReader(ring.memory, "now");
  refer();
  const text = (reader: RingReader) => {
    const event = all(reader).events.at(-1)!;
    return event.kind === "text" && event.data && new TextDecoder().decode(event.data);
  };
  equal(text(late), "hi");
  for (let i = 0; i < 200; i++) writeBytes(ring, new Uint8Array(100));
  const later = new RingReader(ring.memory, "now");
  refer();
  equal(ring.holds(blob), false);
  equal(text(later), null);
});
