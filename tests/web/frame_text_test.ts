/** Payloads with all their digits, out of the frames that the gateway's rooms make. */
import assert from "node:assert/strict";
import { frame, joinFrame } from "../../gateway/rooms/batch.ts";
import type { Room } from "../../gateway/rooms/room.ts";
import { Rooms } from "../../gateway/rooms/rooms.ts";
import { Rules } from "../../gateway/rooms/rules.ts";
import type { ServerMessage, Update } from "../../gateway/sessions/messages.ts";
import { noTaps } from "../../gateway/taps.ts";
import { payloadText } from "../../web/app/channel/payload_text.ts";
import { ChannelModel } from "../../web/app/channel_model.ts";
import { FrameText } from "../../web/client/frame_text.ts";
import { config } from "../sessions/fake_client.ts";

globalThis.requestAnimationFrame ??= (task) => {
  queueMicrotask(() => task(performance.now()));
  return 0;
};

/** What the page shows, by what was published. */
const JSON_TEXTS = [
  "21.50",
  "1e3",
  "-0",
  "0.10E+2",
  "12345678901234567890123",
  "true",
  "null",
  "[]",
  "{}",
  "[ 1.0,\t[2.0], {} ]",
  '{"value":7.0,"unit":"V"}',
  '{ "a": { "value": 1.10, "seq": 2 }, "10": 1, "2": 2.0, "a": 3.0 }',
  '{"values":[{"seq":1,"time":1,"value":5.0}],"seq":1,"time":2,"value":3.0}',
  '{"quotes":"\\"}]\\\\","brackets":"[{,:","":0.0}',
  '[{"seq":3,"value":9.0}]',
];

function publish(rooms: Rooms, topic: string, payload: string | Uint8Array) {
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  rooms.take({ topic, payload: bytes, qos: 0, replayed: false, own: false });
}

/** A room that took the payloads in, each on a topic of its own. */
function roomOf(payloads: readonly (string | Uint8Array)[]) {
  const rooms = new Rooms(config(), new Rules([], []), () => {}, noTaps);
  payloads.forEach((payload, i) => publish(rooms, `desk/${i}`, payload));
  return { room: rooms.get("desk")!, [Symbol.dispose]: () => rooms.close() };
}

function dataFrames(room: Room): string[] {
  return [...room.history.after(0)].map((entry) => room.encode(entry));
}

/** Payload texts that the page shows of a frame's updates, by topic. */
function shown(text: string): string[] {
  const source = new FrameText(text);
  const parsed: ServerMessage | ServerMessage[] = JSON.parse(text);
  const updates = [parsed].flat().flatMap((message): Update[] =>
    message.type === "snapshot" ? message.values : message.type === "data" ? [message] : []
  );
  return updates.map((update) => payloadText(update.value, () => source.value(update)));
}

Deno.test("JSON is shown as it was sent: in frames of one, of many, in snapshots", () => {
  using all = roomOf(JSON_TEXTS);
  const frames = dataFrames(all.room);
  assert.deepEqual(shown(joinFrame(frames).text), JSON_TEXTS);
  assert.deepEqual(frames.flatMap((text) => shown(frame(text).text)), JSON_TEXTS);
  assert.deepEqual(shown(all.room.snapshot), JSON_TEXTS);
  const event =
    '{"type":"event","channel":"desk","seq":99,"time":1,"kind":"x","detail":{"value":1}}';
  assert.deepEqual(shown(joinFrame([event, ...frames, event]).text), JSON_TEXTS);
});

Deno.test("text is shown as text, bytes in hex", () => {
  using all = roomOf([
    "on",
    "21.50 V",
    "1.",
    'say "hi" \\ {',
    "",
    Uint8Array.of(0xff, 0, 1),
  ]);
  const wanted = ["on", "21.50 V", "1.", 'say "hi" \\ {', "", "ff 00 01"];
  assert.deepEqual(shown(all.room.snapshot), wanted);
  assert.deepEqual(shown(joinFrame(dataFrames(all.room)).text), wanted);
});

Deno.test("what is no update of a frame has no text in it", () => {
  const text = '[{"seq":1,"time":5,"topic":"a","value":1.0},{"seq":2,"time":6}]';
  const source = new FrameText(text);
  assert.equal(source.value({ seq: 1, time: 5 }), "1.0");
  assert.equal(source.value({ seq: 1, time: 6 }), undefined);
  assert.equal(source.value({ seq: 2, time: 6 }), undefined);
  assert.equal(new FrameText(" 5 ").value({ seq: 1, time: 5 }), undefined);
});

Deno.test("a topic keeps the frame of the update that it shows", async () => {
  using all = roomOf(["21.50", "1e3"]);
  const model = new ChannelModel("desk");
  const [first, second] = dataFrames(all.room) as [string, string];
  for (const text of [all.room.snapshot, joinFrame([first, second]).text]) {
    for (const message of [JSON.parse(text)].flat()) model.receive(message, new FrameText(text));
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  const leave = model.topics.subscribe(({ length }) => length === 2 && resolve());
  await promise;
  leave();
  const texts = model.topics.value.map(({ frame, update }) => frame?.value(update.value!));
  assert.deepEqual(texts, ["21.50", "1e3"]);
});
