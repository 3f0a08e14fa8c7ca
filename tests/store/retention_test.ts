import assert from "node:assert/strict";
import { AgeClock } from "../../gateway/store/age_clock.ts";
import type { Store } from "../../gateway/store/store.ts";
import { eventually } from "../support/eventually.ts";
import { allEntries, ChannelWriter, KEEP_ALL, StoreFolder } from "./store_fixture.ts";

const room = "devices/desk";
const topic = `${room}/a`;
const DAY = 86_400_000;
const tuning = { sealBytes: 2000 };

/** Appends with times that end now. */
async function fill(store: Store, writer: ChannelWriter, rows: number, ms: number, bulky = false) {
  const now = Date.now();
  for (let i = 1; i <= rows; i++) {
    const bytes = crypto.getRandomValues(new Uint8Array(bulky ? 96 : 0));
    writer.append(topic, JSON.stringify(bytes.toBase64()), now - (rows - i) * ms);
    if (i % 50 === 0) await store.synced();
  }
  await store.synced();
}

/** Waits until nothing more is removed than up to this number. */
function firstHeld(store: Store, is: (first: number) => boolean): Promise<number> {
  return eventually("entries to be removed", async () => {
    const { first } = await store.range(room, 0, 0, 1);
    return is(first) && first;
  });
}

Deno.test("what is more than the count is removed, in whole chunks", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open({ keep: { ...KEEP_ALL, count: 800 }, tuning });
  const writer = new ChannelWriter(store, room);
  await fill(store, writer, 3000, 1000);
  const first = await firstHeld(store, (first) => first > writer.seq - 1100);
  const entries = await allEntries(store, room);
  assert.ok(entries[0]!.seq >= first);
  assert.ok(entries.length >= 800, `${entries.length}`);
  const { complete } = await store.series(room, entries[0]!.time - 1, Date.now(), 100);
  assert.equal(complete, false);
  const held = await store.series(room, entries.at(-9)!.time, Date.now(), 100);
  assert.equal(held.complete, true);
  await store.close();
  const again = await folder.open({ tuning });
  const left = await allEntries(again, room);
  assert.ok(left.length >= 800, `${left.length}`);
  assert.deepEqual(left, entries.slice(-left.length));
});

Deno.test("what is more than the bytes is removed", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open({ keep: { ...KEEP_ALL, bytes: 20_000 }, tuning });
  const writer = new ChannelWriter(store, room);
  await fill(store, writer, 1000, 1000, true);
  await firstHeld(store, (first) => first > writer.seq - 300);
  const entries = await allEntries(store, room);
  assert.ok(entries.length > 100, `${entries.length}`);
});

Deno.test("what is older than the age is removed, but not what was stored with a wrong clock", async () => {
  await using folder = new StoreFolder();
  const keep = { ...KEEP_ALL, ageMs: DAY };
  let store = await folder.open({ keep, tuning });
  let writer = new ChannelWriter(store, room);
  // Two days back, and a day ahead.
  await fill(store, writer, 2000, (2 * DAY) / 2000);
  const first = await firstHeld(store, (first) => first > 700);
  const entries = await allEntries(store, room);
  assert.ok(entries[0]!.seq >= first);
  assert.ok(entries[0]!.time > Date.now() - DAY * 1.3);
  assert.ok(entries.length >= 1000);
  const now = Date.now();
  for (let i = 0; i < 100; i++) writer.append(topic, "1", now + DAY + i);
  for (let i = 0; i < 100; i++) writer.append(topic, "1", now + i);
  await store.synced();
  await store.close();
  store = await folder.open({ keep, tuning });
  writer = new ChannelWriter(store, room);
  await fill(store, writer, 200, 1);
  assert.deepEqual((await allEntries(store, room)).slice(0, entries.length), entries);
});

Deno.test("the age's clock follows jumps ahead when they last, and back at once", () => {
  let wall = 10 * DAY;
  let monotonic = 0;
  const options = { wall: () => wall, monotonic: () => monotonic };
  const pass = (ms: number) => {
    wall += ms;
    monotonic += ms;
  };
  const clock = new AgeClock({ before: null, ...options });
  pass(60_000);
  assert.equal(clock.now(), wall);
  wall += DAY;
  assert.equal(clock.now(), wall - DAY);
  for (let minute = 0; minute < 59; minute++) {
    pass(60_000);
    assert.equal(clock.now(), wall - DAY);
  }
  wall -= DAY;
  assert.equal(clock.now(), wall, "it was but for a moment");
  wall += DAY;
  for (let minute = 0; minute < 60; minute++) {
    assert.equal(clock.now(), wall - DAY);
    pass(60_000);
  }
  assert.equal(clock.now(), wall, "it lasts");
  wall -= 3 * DAY;
  assert.equal(clock.now(), wall);
  const next = new AgeClock({ before: wall - DAY, ...options });
  assert.equal(next.now(), wall - DAY, "as it was when the gateway ran last");
  pass(3_600_000);
  assert.equal(next.now(), wall);
});
