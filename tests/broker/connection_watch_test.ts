import assert from "node:assert/strict";
import { ConnectionWatch, type WatchedConnection } from "../../gateway/broker/connection_watch.ts";

class FakeConnection implements WatchedConnection {
  isAnswered = true;
  keepaliveMs = 0;
  packets = 0;
  writes = 0;
  isWriting = false;
  writableNeedDrain = false;
  closed: string | null = null;

  constructor(facts: Partial<FakeConnection> = {}) {
    Object.assign(this, facts);
  }

  destroy(error?: Error) {
    this.closed = error?.message ?? "";
  }
}

class World {
  time = 5000;
  readonly watch = new ConnectionWatch({ monotonic: () => this.time, timer: false });

  add(facts: Partial<FakeConnection>): FakeConnection {
    const connection = new FakeConnection(facts);
    this.watch.add(connection);
    return connection;
  }

  /** Looks twice a second, as the timer would. */
  run(ms: number, each = () => {}) {
    for (const end = this.time + ms; this.time < end;) {
      this.time += 500;
      each();
      this.watch.look();
    }
  }
}

Deno.test("keepalive: closed after one and a half times, not before", () => {
  const world = new World();
  const silent = world.add({ keepaliveMs: 10_000 });
  const pings = world.add({ keepaliveMs: 10_000 });
  const none = world.add({});
  world.run(15_000, () => pings.packets++);
  assert.equal(silent.closed, null);
  world.run(1000, () => pings.packets++);
  assert.deepEqual([silent, pings, none].map(({ closed }) => closed), [
    "keep alive timeout",
    null,
    null,
  ]);
});

Deno.test("a stall of ours closes nobody who is still there", () => {
  const world = new World();
  const here = world.add({ keepaliveMs: 2000 });
  const gone = world.add({ keepaliveMs: 2000 });
  const writing = world.add({ isWriting: true, writableNeedDrain: true });
  const connecting = world.add({ isAnswered: false });
  world.run(2000, () => here.packets++);
  world.time += 120_000;
  // The timer comes first, then what was sent meanwhile is read.
  world.watch.look();
  assert.deepEqual([here, gone, writing, connecting].map(({ closed }) => closed), [
    null,
    null,
    null,
    null,
  ]);
  here.packets++;
  world.run(3000, () => here.packets++);
  assert.deepEqual([here.closed, gone.closed], [null, "keep alive timeout"]);
});

Deno.test("who takes nothing for a minute is closed; who takes a little is not", () => {
  const world = new World();
  const stuck = world.add({ isWriting: true });
  const slow = world.add({ isWriting: true });
  const full = world.add({ isWriting: true, writableNeedDrain: true });
  world.run(59_000, () => {
    slow.writes++;
    full.writes++;
  });
  assert.equal(stuck.closed, null);
  world.run(2000, () => {
    slow.writes++;
    full.writes++;
  });
  assert.deepEqual([stuck, slow, full].map(({ closed }) => closed), [
    "the peer takes nothing",
    null,
    "drain timeout",
  ]);
});

Deno.test("CONNECT has ten seconds, whatever else comes", () => {
  const world = new World();
  const connection = world.add({ isAnswered: false });
  world.run(9500, () => connection.packets++);
  assert.equal(connection.closed, null);
  world.run(1500, () => connection.packets++);
  assert.equal(connection.closed, "connect did not arrive in time");
});

Deno.test("at the end those who have not connected are let go", () => {
  const world = new World();
  const connected = world.add({});
  const connecting = world.add({ isAnswered: false });
  world.watch.close();
  assert.deepEqual([connected.closed, connecting.closed], [null, ""]);
});
