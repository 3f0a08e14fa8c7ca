/** Rooms with a store: what an earlier run left, and what a clock that jumps takes away. */
import assert from "node:assert/strict";
import type { IncomingMessage } from "../../gateway/broker/broker.ts";
import type { Config } from "../../gateway/config/schema.ts";
import { Rooms } from "../../gateway/rooms/rooms.ts";
import { Rules } from "../../gateway/rooms/rules.ts";
import type { Store } from "../../gateway/store/store.ts";
import { noTaps } from "../../gateway/taps.ts";
import { config, FakeTime } from "../sessions/fake_client.ts";
import { StoreFolder } from "../store/store_fixture.ts";

const DAY_MS = 86_400_000;

function message(topic: string, text: string, more: Partial<IncomingMessage> = {}) {
  const payload = new TextEncoder().encode(text);
  return { topic, payload, qos: 0, replayed: false, own: false, ...more } as const;
}

/** Rooms that are swept when the test says so. */
function setUp(store: Store | null, change: (settings: Config) => void = () => {}) {
  const settings = config();
  change(settings);
  const { setInterval } = globalThis;
  let sweep = () => {};
  globalThis.setInterval = ((callback: () => void) => {
    sweep = callback;
    return 0;
  }) as unknown as typeof setInterval;
  const rooms = new Rooms(settings, new Rules([], []), () => {}, noTaps, store);
  globalThis.setInterval = setInterval;
  return { rooms, sweep: () => sweep(), [Symbol.dispose]: () => rooms.close() };
}

/** What a snapshot says. */
function values(rooms: Rooms, name: string) {
  return JSON.parse(rooms.get(name)!.snapshot).values;
}

Deno.test("rooms are as an earlier run left them, and known values make no updates", async () => {
  await using folder = new StoreFolder();
  let before, epoch;
  {
    const store = await folder.open();
    using all = setUp(store);
    all.rooms.take(message("devices/desk/t", "21.50"));
    all.rooms.take(message("devices/desk/t", "22"));
    all.rooms.take(message("devices/desk/h", '"wet"'));
    all.rooms.event("desk", "said", { word: "hello" });
    all.rooms.take(message("other/x", "1"));
    before = values(all.rooms, "desk");
    epoch = all.rooms.epoch;
    await store.close();
  }
  const describe = (settings: Config) => settings.describe = [{ topic: "devices/+/t", unit: "°C" }];
  using again = setUp(await folder.open(), describe);
  const { rooms } = again;
  assert.equal(rooms.epoch, epoch);
  assert.deepEqual([...rooms.all()].map(({ name }) => name).sort(), ["desk", "other"]);
  const [t, h] = before;
  assert.deepEqual(values(rooms, "desk"), [{ ...t, unit: "°C" }, h]);
  const room = rooms.get("desk")!;
  assert.equal(room.seq, 4);
  rooms.take(message("devices/desk/t", "22", { replayed: true }));
  assert.equal(rooms.counters.unchanged, 1);
  rooms.take(message("devices/desk/t", "23"));
  assert.equal(room.seq, 5);
});

Deno.test("ids are not those of an earlier run", async () => {
  await using folder = new StoreFolder();
  const ids = [];
  for (let run = 0; run < 2; run++) {
    const store = await folder.open();
    using all = setUp(store);
    all.rooms.take(message("a/x", "1"));
    ids.push(values(all.rooms, "a")[0].id);
    await store.close();
  }
  assert.notEqual(ids[0], ids[1]);
});

Deno.test("a removed channel is removed from disk, and goes on counting when it comes back", async () => {
  await using folder = new StoreFolder();
  using time = new FakeTime();
  const real = Date.now;
  Date.now = () => real() + performance.now();
  try {
    const store = await folder.open();
    using all = setUp(store, (settings) => settings.history.ageSeconds = 60);
    all.rooms.take(message("a/x", "1"));
    const { seq } = all.rooms.get("a")!;
    for (let i = 0; i < 3; i++) {
      time.pass(50_000);
      all.sweep();
    }
    assert.equal(all.rooms.get("a"), undefined);
    all.rooms.take(message("a/x", "2"));
    assert.ok(all.rooms.get("a")!.seq > seq);
    const { entries } = await store.range("a", 0, Number.MAX_SAFE_INTEGER, 10);
    assert.deepEqual(entries.map(({ json }) => json), ["2"]);
  } finally {
    Date.now = real;
  }
});

Deno.test("a clock that jumps ahead for a moment removes no channel, one that stays there does", () => {
  using time = new FakeTime();
  const real = Date.now;
  const begun = real();
  let jump = 0;
  Date.now = () => begun + performance.now() + jump;
  const run = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10_000) {
      time.pass(10_000);
      all.sweep();
    }
  };
  const all = setUp(null, (settings) => settings.history.ageSeconds = DAY_MS / 1000);
  try {
    all.rooms.take(message("a/x", "1"));
    jump = 2 * DAY_MS;
    run(600_000);
    jump = 0;
    run(60_000);
    assert.ok(all.rooms.get("a"));
    assert.equal(all.rooms.get("a")!.history.length, 1);
    jump = 2 * DAY_MS;
    run(2 * 3_600_000);
    assert.equal(all.rooms.get("a"), undefined);
  } finally {
    Date.now = real;
    all[Symbol.dispose]();
  }
});
