/** Resumes that reach behind what memory holds: from a store on disk, on a network of the test's own. */
import assert from "node:assert/strict";
import type { Room } from "../../gateway/rooms/room.ts";
import { partsOf } from "../../gateway/sessions/replay.ts";
import type { Store } from "../../gateway/store/store.ts";
import type { StoredEntry, StoredGap } from "../../gateway/store/store_messages.ts";
import { StoreFolder } from "../store/store_fixture.ts";
import { checkLog } from "../support/log_check.ts";
import { eventually } from "../support/eventually.ts";
import { EPOCH, FakeClient, FakeRooms } from "./fake_client.ts";

function entry(seq: number): StoredEntry {
  return { seq, time: seq, topic: "r/a", json: String(seq), id: `id${seq}`, node: "" };
}

function gap(from: number, to: number, reason: string): StoredGap {
  return { channel: "r", from, to, reason };
}

/** `1-5` for entries, `6-9 disk` for a hole. */
function told(...args: Parameters<typeof partsOf>): string[] {
  return partsOf(...args).map(({ from, to, missing }) =>
    missing === null ? `${from}-${to}` : `${from}-${to} ${missing}`
  );
}

Deno.test("an answer without a hole is one run, up to its last entry", () => {
  const entries = [entry(3), entry(4), entry(5)];
  assert.deepEqual(told(3, 5, { entries, gaps: [], first: 1 }), ["3-5"]);
  assert.deepEqual(told(3, 900, { entries, gaps: [], first: 1 }), ["3-5"]);
});

Deno.test("what is older than all that is held was forgotten, other holes are the disk's", () => {
  const entries = [entry(5), entry(6), entry(9)];
  assert.deepEqual(told(1, 9, { entries, gaps: [], first: 5 }), [
    "1-4 history",
    "5-6",
    "7-8 disk",
    "9-9",
  ]);
  assert.deepEqual(told(1, 4, { entries: [], gaps: [], first: 5 }), ["1-4 history"]);
  assert.deepEqual(told(1, 9, { entries: [], gaps: [], first: 4 }), ["1-3 history", "4-9 disk"]);
});

Deno.test("holes have the reasons that the store gives, cut to what was asked for", () => {
  const gaps = [gap(1, 3, "disk"), gap(4, 6, "backlog"), gap(7, 1000, "restart")];
  const entries = [entry(1001)];
  assert.deepEqual(told(2, 1001, { entries, gaps, first: 1 }), [
    "2-6 disk",
    "7-1000 restart",
    "1001-1001",
  ]);
  assert.deepEqual(told(2, 800, { entries: [], gaps, first: 1 }), ["2-6 disk", "7-800 restart"]);
  const apart = [gap(4, 5, "restart"), gap(8, 8, "restart")];
  assert.deepEqual(told(1, 10, { entries: [], gaps: apart, first: 3 }), [
    "1-2 history",
    "3-3 disk",
    "4-5 restart",
    "6-7 disk",
    "8-8 restart",
    "9-10 disk",
  ]);
});

/** A room that remembers ten entries, a store that remembers all. */
async function setUp(folder: StoreFolder, v1: boolean, count: number) {
  const store = await folder.open();
  const rooms = new FakeRooms(store);
  const room = rooms.room("r", 10);
  for (let n = 0; n < count; n++) rooms.publish("r", n % 2 ? "a" : "b", n);
  return { store, rooms, room, client: new FakeClient(rooms, v1) };
}

/** Reads until `recovered` has come. */
async function recovered(client: FakeClient, room: Room) {
  return await eventually("recovered", () => {
    client.drain(room);
    return client.read.find((message) => message.type === "recovered");
  });
}

for (const v1 of [true, false]) {
  const kind = v1 ? "edgewire.v1" : "plain";

  Deno.test(`${kind}: a resume gets all from disk, then from memory, then live`, async () => {
    await using folder = new StoreFolder();
    const { rooms, room, client } = await setUp(folder, v1, 5000);
    client.session.subscribe("r", `${EPOCH}:7`);
    const { from, to, complete } = await recovered(client, room) as {
      from: number;
      to: number;
      complete: boolean;
    };
    assert.deepEqual([from, complete], [8, true]);
    rooms.publish("r", "a", "live");
    client.drain(room);
    const { gaps, updates } = checkLog(client.read, 7);
    assert.deepEqual(gaps, []);
    assert.deepEqual(updates.map(({ value }) => value), [
      ...Array.from({ length: 4993 }, (_, i) => i + 7),
      "live",
    ]);
    assert.ok(to >= 5000);
    rooms[Symbol.dispose]();
  });

  Deno.test(`${kind}: what came while the disk was read, and memory lost, is replayed as well`, async () => {
    await using folder = new StoreFolder();
    const { rooms, room, client } = await setUp(folder, v1, 3000);
    client.session.subscribe("r", `${EPOCH}:1`);
    client.drain(room);
    for (let n = 0; n < 500; n++) rooms.publish("r", "a", `meanwhile ${n}`);
    const { complete, to } = await recovered(client, room) as { complete: boolean; to: number };
    assert.ok(complete);
    assert.ok(to >= 3500);
    const { gaps, updates } = checkLog(client.read, 1);
    assert.deepEqual(gaps, []);
    assert.equal(updates.length, 3499);
    rooms[Symbol.dispose]();
  });
}

Deno.test("more than is replayed: a gap says so, then come the newest values and what memory has", async () => {
  await using folder = new StoreFolder();
  const { rooms, room } = await setUp(folder, true, 5000);
  rooms.publish("r", "rare", "once");
  for (let n = 0; n < 50; n++) rooms.publish("r", "a", n);
  const client = new FakeClient(rooms, true, 3000);
  client.session.subscribe("r", `${EPOCH}:7`);
  const { complete } = await recovered(client, room) as { complete: boolean };
  assert.equal(complete, false);
  const { gaps, updates } = checkLog(client.read, 7);
  assert.deepEqual(gaps.map(({ from, reason }) => [from, reason]), [[8, "limit"]]);
  assert.ok(updates.some(({ value }) => value === "once"), "though memory has lost it");
  assert.deepEqual(updates.slice(-5).map(({ value }) => value), [45, 46, 47, 48, 49]);
  const near = new FakeClient(rooms, true, 3000);
  near.session.subscribe("r", `${EPOCH}:${room.seq - 2500}`);
  assert.equal((await recovered(near, room) as { complete: boolean }).complete, true);
  rooms[Symbol.dispose]();
});

Deno.test("a client that leaves or starts over while the disk is read hurts nobody", async () => {
  await using folder = new StoreFolder();
  const { rooms, room, client, store } = await setUp(folder, true, 2000);
  client.session.subscribe("r", `${EPOCH}:1`);
  client.session.subscribe("r");
  await store.range("r", 1, 1, 1);
  client.drain(room);
  assert.ok(client.read.some(({ type }) => type === "snapshot"));
  assert.ok(!client.read.some(({ type }) => type === "recovered" || type === "gap"));
  client.session.subscribe("r", `${EPOCH}:1`);
  client.session.end(1000, "gone");
  await store.range("r", 1, 1, 1);
  client.drain(room);
  rooms[Symbol.dispose]();
});

Deno.test("a store that answers nothing is a gap, with the newest value of each topic behind it", async () => {
  const store = {
    state: { state: "off" },
    channel: () => 1,
    topic: () => 2,
    append: () => {},
    count: () => Promise.resolve(1),
    range: () => Promise.reject(new Error("closed")),
  } as unknown as Store;
  using rooms = new FakeRooms(store);
  const room = rooms.room("r", 10);
  rooms.publish("r", "rare", "once");
  for (let n = 0; n < 100; n++) rooms.publish("r", "a", n);
  const client = new FakeClient(rooms, true);
  client.session.subscribe("r", `${EPOCH}:0`);
  const { complete } = await recovered(client, room) as { complete: boolean };
  assert.equal(complete, false);
  const { gaps, updates } = checkLog(client.read, 0);
  assert.deepEqual(gaps.map(({ reason }) => reason), ["disk"]);
  assert.equal(updates[0]!.value, "once");
  assert.equal(updates.length, 1 + 9);
});
