/** When a session counts as stuck, and how it says goodbye. */
import assert from "node:assert/strict";
import { FakeClient, FakeRooms, FakeTime } from "./fake_client.ts";

const T = 10_000;

function setUp(v1: boolean) {
  const time = new FakeTime();
  const rooms = new FakeRooms();
  const room = rooms.room("r");
  rooms.publish("r", "a", 0);
  const client = new FakeClient(rooms, v1);
  client.session.subscribe("r");
  client.drain(room);
  return {
    time,
    client,
    publish() {
      rooms.publish("r", "a", "x".repeat(1000));
      room.flush();
    },
    /** Lets time pass, looking as often as the gateway does. @returns Whether it got stuck. */
    wait(ms: number): boolean {
      for (; ms > 0; ms -= T / 10) {
        time.pass(T / 10);
        if (client.session.isStuck(T)) return true;
      }
      return false;
    },
    [Symbol.dispose]() {
      rooms[Symbol.dispose]();
      time[Symbol.dispose]();
    },
  };
}

for (const v1 of [true, false]) {
  const kind = v1 ? "edgewire.v1" : "plain";

  Deno.test(`${kind}: a quiet client is never stuck`, () => {
    using all = setUp(v1);
    assert.equal(all.wait(10 * T), false);
  });

  Deno.test(`${kind}: one who was quiet for long has all of T for what comes then`, () => {
    using all = setUp(v1);
    all.wait(5 * T);
    all.publish();
    assert.equal(all.client.session.isStuck(T), false);
    assert.equal(all.wait(0.9 * T), false);
    all.client.readFrames();
    assert.equal(all.wait(5 * T), false);
  });

  Deno.test(`${kind}: one who takes nothing is stuck after T`, () => {
    using all = setUp(v1);
    all.publish();
    assert.equal(all.wait(0.9 * T), false);
    assert.equal(all.wait(0.4 * T), true);
  });

  Deno.test(`${kind}: one who always has a backlog but takes it is not stuck`, () => {
    using all = setUp(v1);
    for (let i = 0; i < 3; i++) all.publish();
    for (let i = 0; i < 50; i++) {
      all.publish();
      assert.equal(all.wait(T / 5), false);
      all.client.readFrames(1);
      assert.ok(all.client.unreadFrames > 0);
    }
  });
}

Deno.test("edgewire.v1: one who is heard is slow, not dead", () => {
  using all = setUp(true);
  all.publish();
  for (let i = 0; i < 30; i++) {
    assert.equal(all.wait(T / 2), false);
    all.client.say({ type: "ping", id: i });
  }
});

Deno.test("who asks on and on and reads nothing is closed", () => {
  using all = setUp(false);
  for (let id = 0; !all.client.session.ended; id++) {
    assert.ok(id < 50_000, "it goes on forever");
    all.client.say({ type: "ping", id: "x".repeat(100) });
  }
  assert.deepEqual(all.client.counters.closed, { 4408: 1 });
  assert.ok(all.client.unreadBytes < 2 << 20);
});

Deno.test("the close frame waits for what is before it", async () => {
  using all = setUp(false);
  all.publish();
  all.client.session.close(1001, "bye");
  assert.equal(all.client.closeCode, undefined);
  all.client.readFrames();
  all.time.pass(10);
  await looked();
  assert.equal(all.client.closeCode, undefined, "the client was heard a moment ago");
  all.time.pass(20);
  await looked();
  assert.equal(all.client.closeCode, 1001);
});

Deno.test("the close frame waits for a client of edgewire.v1 that is late, but not for ever", async () => {
  for (const late of [true, false]) {
    using all = setUp(true);
    all.publish();
    all.client.session.close(1001, "bye");
    all.time.pass(700);
    await looked();
    assert.equal(all.client.closeCode, undefined, "it has not said what it received");
    if (late) all.client.readFrames();
    all.time.pass(late ? 30 : 200);
    await looked();
    assert.equal(all.client.closeCode, 1001);
  }
});

Deno.test("what a client said while the process stood still is heard before the close frame", async () => {
  using all = setUp(false);
  all.time.pass(1000);
  all.client.session.close(1001, "bye");
  assert.equal(all.client.closeCode, undefined, "nothing was read since");
  all.client.say({ type: "ping", id: "1" });
  await looked();
  assert.equal(all.client.closeCode, undefined, "the client was heard a moment ago");
  all.time.pass(30);
  await looked();
  assert.equal(all.client.closeCode, 1001);
});

/** Long enough for a session to look again whether it may close. */
async function looked() {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setTimeout(resolve, 5));
}

Deno.test("a client of which more is acknowledged than was sent has no larger window", () => {
  using all = setUp(true);
  all.client.say({ type: "received", bytes: 1e12 });
  assert.equal(all.client.session.window, 64 << 10);
  all.publish();
  assert.ok(all.client.session.window < 64 << 10);
});
