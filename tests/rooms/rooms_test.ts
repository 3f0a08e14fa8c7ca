/** Rooms without clients: what they keep, forget and tell. */
import assert from "node:assert/strict";
import type { IncomingMessage } from "../../gateway/broker/broker.ts";
import { Rooms } from "../../gateway/rooms/rooms.ts";
import { noTaps } from "../../gateway/taps.ts";
import { Rules } from "../../gateway/rooms/rules.ts";
import type { Batch } from "../../gateway/rooms/batch.ts";
import type { Room, RoomMember } from "../../gateway/rooms/room.ts";
import { config, FakeTime } from "../sessions/fake_client.ts";

function message(topic: string, text: string, more: Partial<IncomingMessage> = {}) {
  const payload = new TextEncoder().encode(text);
  return { topic, payload, qos: 0, replayed: false, own: false, ...more } as const;
}

/** Rooms that are swept when the test says so. */
function setUp(change: (settings: ReturnType<typeof config>) => void = () => {}) {
  const settings = config();
  change(settings);
  const { setInterval } = globalThis;
  let sweep = () => {};
  globalThis.setInterval = ((callback: () => void) => {
    sweep = callback;
    return 0;
  }) as unknown as typeof setInterval;
  const rooms = new Rooms(settings, new Rules([], []), () => {}, noTaps);
  globalThis.setInterval = setInterval;
  return { rooms, sweep: () => sweep(), [Symbol.dispose]: () => rooms.close() };
}

class Listener implements RoomMember {
  readonly info = { member: "listener", role: "viewer", since: 0 } as const;
  readonly takesArrays = true;
  readonly seqs: number[] = [];

  deliver({ entries }: Batch) {
    this.seqs.push(...entries.map(({ seq }) => seq));
  }

  notice() {}
}

function snapshot(room: Room) {
  return JSON.parse(room.snapshot);
}

Deno.test("a room that is removed and comes back goes on counting behind it", () => {
  using all = setUp((settings) => settings.history.ageSeconds = 0);
  const { rooms } = all;
  for (let i = 0; i < 5; i++) rooms.take(message("a/x", String(i)));
  assert.equal(rooms.get("a")!.seq, 5);
  const { time } = rooms.get("a")!;
  while (performance.timeOrigin + performance.now() <= time + 1);
  all.sweep();
  assert.equal(rooms.get("a"), undefined);
  rooms.take(message("a/x", "new"));
  const room = rooms.get("a")!;
  assert.equal(room.seq, 6);
  assert.equal(room.history.reaches(3, room.seq), false);
  assert.equal(snapshot(room).values[0].value, "new");
});

Deno.test("a room with members stays, however old its values are", () => {
  using all = setUp((settings) => settings.history.ageSeconds = 0);
  all.rooms.take(message("a/x", "1"));
  all.rooms.get("a")!.join(new Listener());
  const end = performance.now() + 2;
  while (performance.now() < end);
  all.sweep();
  assert.ok(all.rooms.get("a"));
});

Deno.test("a replayed message that says what is known makes no update", () => {
  using all = setUp();
  const { rooms } = all;
  rooms.take(message("a/x", "1"));
  rooms.take(message("a/x", "1", { replayed: true }));
  assert.equal(rooms.get("a")!.seq, 1);
  rooms.take(message("a/x", "2", { replayed: true }));
  rooms.take(message("a/x", "2"));
  assert.equal(rooms.get("a")!.seq, 3);
  assert.equal(rooms.counters.unchanged, 1);
});

Deno.test("channels and topics beyond the limits are left out and counted", () => {
  using all = setUp(({ limits }) => {
    limits.channels = 2;
    limits.topicsPerChannel = 2;
  });
  for (const channel of ["a", "b", "c"]) {
    for (const topic of ["x", "y", "z"]) all.rooms.take(message(`${channel}/${topic}`, "1"));
  }
  assert.equal(all.rooms.size, 2);
  assert.equal(all.rooms.counters.updates, 4);
  assert.equal(all.rooms.counters.overLimit, 5);
});

Deno.test("rooms share the memory for history", () => {
  using all = setUp(({ history }) => {
    history.bytes = 1 << 20;
    history.totalBytes = 2 << 20;
  });
  const text = "x".repeat(10_000);
  for (let i = 0; i < 200; i++) all.rooms.take(message("first/x", text));
  for (let room = 0; room < 20; room++) {
    for (let i = 0; i < 200; i++) all.rooms.take(message(`r${room}/x`, text));
  }
  all.sweep();
  const bytes = [...all.rooms.all()].reduce((sum, { history }) => sum + history.bytes, 0);
  assert.ok(bytes <= 2 << 20, `${bytes} bytes`);
});

Deno.test("a unit that becomes known is in the next snapshot", () => {
  using all = setUp();
  all.rooms.take(message("a/x", "1"));
  const room = all.rooms.get("a")!;
  assert.equal(snapshot(room).values[0].unit, undefined);
  all.rooms.describe({ topic: "a/x", unit: "°C" });
  assert.equal(snapshot(room).values[0].unit, "°C");
  all.rooms.undescribe("a/x");
  assert.equal(snapshot(room).values[0].unit, undefined);
});

Deno.test("a notice is not lost when its timer fires before it is due", async () => {
  using time = new FakeTime();
  using all = setUp();
  all.rooms.take(message("a/x", "1"));
  const room = all.rooms.get("a")!;
  const listener = new Listener();
  const delivered = Promise.withResolvers<void>();
  const noticed = Promise.withResolvers<void>();
  listener.deliver = () => delivered.resolve();
  listener.notice = () => noticed.resolve();
  room.join(listener);
  // The timer goes by the real clock; by the room's clock it is early.
  await delivered.promise;
  time.pass(300);
  await noticed.promise;
});

Deno.test("members get every entry once, across leaving and joining", () => {
  using all = setUp();
  const { rooms } = all;
  rooms.take(message("a/x", "1"));
  const room = rooms.get("a")!;
  const [first, second] = [new Listener(), new Listener()];
  room.join(first);
  rooms.take(message("a/x", "2"));
  room.leave(first, "test");
  rooms.take(message("a/x", "3"));
  room.join(second);
  rooms.take(message("a/x", "4"));
  room.flush();
  assert.deepEqual(first.seqs, []);
  assert.deepEqual(second.seqs, [6, 7]);
  assert.equal(room.seq, 7);
});

Deno.test("who asks where topics belong throws no live route out of the cache", () => {
  const rules = new Rules([], []);
  const rooms = new Rooms(config(), rules, () => {}, noTaps);
  try {
    const live = rules.route("a/x");
    assert.equal(rooms.route("a/x"), live);
    const long = "x".repeat(60_000);
    for (let i = 0; i < 400; i++) assert.equal(rooms.route(`${i}/${long}`).channel, String(i));
    assert.equal(rules.route("a/x"), live);
  } finally {
    rooms.close();
  }
});
