/** What a subscription sends to clients of every speed, on a network of the test's own. */
import assert from "node:assert/strict";
import { Random } from "../../firmware/simulated/random.ts";
import type { Room } from "../../gateway/rooms/room.ts";
import type { ServerMessage } from "../../gateway/sessions/messages.ts";
import { checkLog } from "../support/log_check.ts";
import { EPOCH, FakeClient, FakeRooms, FakeTime, Guest } from "./fake_client.ts";

const WINDOW = 64 << 10;

function setUp(v1: boolean, historyCount?: number) {
  const time = new FakeTime();
  const rooms = new FakeRooms();
  const room = rooms.room("r", historyCount);
  rooms.publish("r", "a", "first");
  const client = new FakeClient(rooms, v1);
  return {
    time,
    rooms,
    room,
    client,
    [Symbol.dispose]() {
      rooms[Symbol.dispose]();
      time[Symbol.dispose]();
    },
  };
}

function ofType<T extends ServerMessage["type"]>(messages: ServerMessage[], type: T) {
  return messages.filter((m): m is Extract<ServerMessage, { type: T }> => m.type === type);
}

/** The log behind the client's snapshot. */
function logOf(client: FakeClient, channel = "r") {
  const own = client.read.filter((m) => "channel" in m && m.channel === channel);
  const at = own.findIndex(({ type }) => type === "snapshot");
  return checkLog(own.slice(at + 1), (own[at] as { seq: number }).seq);
}

/** Publishes until the client is far behind, and lets so much time pass that it is thinned. */
function fallBehind(all: ReturnType<typeof setUp>, count = 500) {
  for (let n = 0; n < count; n++) {
    all.rooms.publish("r", n % 2 ? "a" : "b", { n, x: "x".repeat(1000) });
    all.room.flush();
  }
  all.time.pass(1000);
}

for (const v1 of [true, false]) {
  const kind = v1 ? "edgewire.v1" : "plain";

  Deno.test(`${kind}: one who reads nothing is sent no more than the window`, () => {
    using all = setUp(v1);
    all.client.session.subscribe("r");
    fallBehind(all, 2000);
    for (let i = 0; i < 10; i++) all.client.session.catchUp();
    assert.ok(all.client.unreadBytes <= (v1 ? WINDOW : 4 * WINDOW));
    assert.ok(all.client.unreadBytes > (v1 ? WINDOW : 4 * WINDOW) / 2);
  });

  Deno.test(`${kind}: thinned, it gets a gap, the latest of each topic, and every event`, () => {
    using all = setUp(v1, 100);
    const { client, room } = all;
    client.session.subscribe("r");
    const guest = new Guest();
    fallBehind(all);
    for (let i = 0; i < 50; i++) {
      room.join(guest);
      all.rooms.publish("r", "a", i);
      room.leave(guest, "test");
      room.flush();
    }
    all.rooms.publish("r", "b", "end");
    client.drain(room);
    const { gaps, events, updates } = logOf(client);
    assert.deepEqual(new Set(gaps.map(({ reason }) => reason)), new Set(["slow"]));
    assert.equal(events.length, 100);
    assert.equal(updates.findLast(({ topic }) => topic === "r/a")!.value, 49);
    assert.equal(updates.at(-1)!.value, "end");
  });

  Deno.test(`${kind}: a burst that is taken in a moment comes whole`, () => {
    using all = setUp(v1);
    const { client, room, rooms } = all;
    client.session.subscribe("r");
    for (let n = 0; n < 2000; n++) {
      rooms.publish("r", "a", { n, x: "x".repeat(300) });
      if (n % 100 === 0) room.flush();
    }
    room.flush();
    client.drain(room);
    const { gaps, updates } = logOf(client);
    assert.deepEqual(gaps, []);
    assert.equal(updates.length, 2000);
  });

  Deno.test(`${kind}: events that wait and are delivered bit by bit are no reason to give up`, () => {
    using all = setUp(v1);
    const { client, room } = all;
    client.session.subscribe("r");
    const guest = new Guest();
    for (let i = 0; i < 3000; i++) {
      room.join(guest);
      all.rooms.publish("r", "a", "x".repeat(1000));
      room.leave(guest, "test");
      room.flush();
      all.time.pass(300);
      if (i % 10 === 0) client.readFrames(v1 ? 3 : 30);
      if (i % 10 === 5) client.session.catchUp();
      assert.equal(client.closeCode, undefined);
    }
    client.drain(room);
    assert.equal(logOf(client).events.length, 6_000);
  });

  Deno.test(`${kind}: a member that joins while a batch is pending gets each number once`, () => {
    using all = setUp(v1);
    const { client, room, rooms } = all;
    room.join(new Guest());
    rooms.publish("r", "a", 1);
    rooms.publish("r", "a", 2);
    client.session.subscribe("r");
    const [snapshot] = ofType(client.read.concat(), "snapshot");
    assert.equal(snapshot, undefined);
    rooms.publish("r", "a", 3);
    client.drain(room);
    assert.equal(logOf(client).updates.map(({ value }) => value).join(), "3");
  });

  Deno.test(`${kind}: what is read of a snapshot's channel while others are busy`, () => {
    using all = setUp(v1);
    const { client, rooms, room } = all;
    const big = rooms.room("big");
    for (let i = 0; i < 10; i++) rooms.publish("big", String(i), "x".repeat(50_000));
    client.session.subscribe("r");
    client.session.subscribe("big");
    // Something is always under way: the last frame is never read before the next.
    for (let n = 0; n < 300; n++) {
      rooms.publish("r", "a", { n, x: "x".repeat(2000) });
      room.flush();
      client.session.catchUp();
      client.readFrames(Math.max(0, client.unreadFrames - 1));
    }
    assert.equal(ofType(client.read, "snapshot").filter((s) => s.channel === "big").length, 1);
    client.drain(room, big);
    logOf(client);
  });

  Deno.test(`${kind}: a long replay leaves turns to other channels`, () => {
    using all = setUp(v1);
    const { client, rooms, room } = all;
    const other = rooms.room("other");
    rooms.publish("other", "x", 0);
    for (let n = 0; n < 5000; n++) rooms.publish("r", "a", { n, x: "x".repeat(1000) });
    client.session.subscribe("other");
    client.drain(other);
    client.session.subscribe("r", `${EPOCH}:1`);
    // Larger than what a chunk of the replay leaves of the window.
    rooms.publish("other", "x", `soon ${"x".repeat(20_000)}`);
    other.flush();
    for (let i = 0; i < (v1 ? 12 : 3); i++) {
      client.readFrames();
      client.session.catchUp();
    }
    client.readFrames();
    assert.ok(ofType(client.read, "data").some(({ value }) => /^soon/.test(`${value}`)));
    assert.ok(!ofType(client.read, "recovered").some(({ channel }) => channel === "r"));
    client.drain(room, other);
    const [recovered] = ofType(client.read, "recovered");
    assert.equal(recovered!.complete, true);
  });
}

Deno.test("a claim that is given up does not hold up the others", () => {
  using all = setUp(true);
  const { client, rooms, room } = all;
  const big = rooms.room("big");
  for (let i = 0; i < 10; i++) rooms.publish("big", String(i), "x".repeat(50_000));
  client.session.subscribe("r");
  rooms.publish("r", "a", "x".repeat(50_000));
  room.flush();
  client.session.subscribe("big");
  client.say({ type: "unsubscribe", channel: "big" });
  client.drain(room, big);
  rooms.publish("r", "a", "end");
  client.drain(room, big);
  assert.equal(logOf(client).updates.at(-1)!.value, "end");
});

Deno.test("a plain client that falls behind in the middle of a batch gets the rest once", () => {
  using all = setUp(false);
  const { client, rooms, room } = all;
  client.session.subscribe("r");
  client.drain(room);
  for (let n = 0; n < 400; n++) rooms.publish("r", "a", { n, x: "x".repeat(1000) });
  room.flush();
  assert.ok(client.unreadFrames > 100 && client.unreadFrames < 400);
  client.drain(room);
  const { updates, gaps } = logOf(client);
  assert.deepEqual(gaps, []);
  assert.equal(updates.length, 400);
});

// Random runs, against what holds for every client.

interface Run {
  random: Random;
  rooms: FakeRooms;
  room: Room;
  time: FakeTime;
  guest: Guest;
  v1: boolean;
  client: FakeClient;
  /** Last number the client has read; -1 before the first snapshot. */
  position: number;
  seen: ServerMessage[];
}

function pick(random: Random, below: number): number {
  return Math.floor(random.uniform() * below);
}

function publishSome(run: Run) {
  const { random, rooms } = run;
  for (let count = pick(random, 40); count > 0; count--) {
    const length = random.uniform() < 0.02 ? 70_000 : pick(random, 3000);
    rooms.publish("r", `t${pick(random, 5)}`, "y".repeat(length) + rooms.room("r").seq);
  }
}

/** Checks what a connection brought. @param whole Whether it was drained. */
function settle(run: Run, whole: boolean) {
  const { read } = run.client;
  const at = read.findIndex(({ type }) => type === "snapshot");
  if (run.position < 0 && at < 0) return;
  const from = at < 0 ? run.position : (read[at] as { seq: number }).seq;
  assert.ok(run.position < 0 || at < 0, "a snapshot though the position was good");
  checkLog(read.slice(at + 1), from, whole);
  run.position = from;
  for (const message of read) {
    if (message.type === "data" || message.type === "event") run.position = message.seq;
    if (message.type === "recovered") assert.ok(message.to >= run.position);
  }
  run.seen.push(...read);
}

function connect(run: Run) {
  run.client = new FakeClient(run.rooms, run.v1);
  const since = run.position < 0 ? undefined : `${EPOCH}:${run.position}`;
  run.client.session.subscribe("r", since);
}

function reconnect(run: Run) {
  settle(run, false);
  run.client.session.end(1006, "");
  connect(run);
}

const STEPS: ((run: Run) => void)[] = [
  publishSome,
  publishSome,
  publishSome,
  ({ room }) => room.flush(),
  ({ room }) => room.flush(),
  ({ client, random }) => client.readFrames(1 + pick(random, 6)),
  ({ client, random }) => client.readFrames(1 + pick(random, 30)),
  ({ client }) => client.session.catchUp(),
  ({ time, random }) => time.pass(pick(random, 300)),
  ({ room, guest }) => room.members.has(guest) ? room.leave(guest, "x") : room.join(guest),
  (run) => run.random.uniform() < 0.1 && reconnect(run),
];

function randomRun(seed: number) {
  const random = new Random(seed);
  using time = new FakeTime();
  using rooms = new FakeRooms();
  const room = rooms.room("r", [5, 60, 10_000][pick(random, 3)]!);
  const guest = new Guest();
  const run = { random, rooms, room, time, guest, v1: seed % 2 === 0, position: -1, seen: [] };
  rooms.publish("r", "t0", 0);
  const started = run as unknown as Run;
  connect(started);
  for (let i = 0; i < 300; i++) STEPS[pick(random, STEPS.length)]!(started);
  started.client.drain(room);
  settle(started, true);
  checkEnd(started);
}

function checkEnd({ seen, room }: Run) {
  for (const { topic, last } of room.topics.values()) {
    const told = seen.flatMap((m) =>
      m.type === "snapshot" ? m.values : m.type === "data" ? [m] : []
    );
    const newest = told.findLast((update) => update.topic === topic);
    assert.equal(newest?.seq, last!.seq, `the latest of ${topic}`);
  }
  const start = ofType(seen, "snapshot")[0]!.seq;
  const events = new Set(ofType(seen, "event").map(({ seq }) => seq));
  const lost = ofType(seen, "gap").filter(({ reason }) => reason === "history");
  for (const { seq, topic } of room.history.after(start)) {
    if (topic !== null || events.has(seq)) continue;
    assert.ok(lost.some(({ from, to }) => from <= seq && seq <= to), `event ${seq} is missing`);
  }
}

Deno.test("whatever happens, every number is told once in order or named, and no event is lost", () => {
  for (let seed = 0; seed < 60; seed++) {
    try {
      randomRun(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
});
