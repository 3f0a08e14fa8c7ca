import assert from "node:assert/strict";
import type { Store } from "../../gateway/store/store.ts";
import { eventually } from "../support/eventually.ts";
import { EngineRun, failingDisk } from "./engine_run.ts";
import { ChannelWriter, StoreFolder } from "./store_fixture.ts";

/** What message number `n` holds, and when it came. */
const dataOf = (n: number) => new Uint8Array(n % 50).fill(n % 251);
const timeOf = (n: number) => 1_795_000_000_000 + n * 10;

function send(store: Store, from: number, to: number) {
  for (let n = from; n <= to; n++) store.send(n, timeOf(n), dataOf(n));
}

/** Numbers from one on, read a piece at a time; what they hold is looked at. */
async function numbers(store: Store, from: number, bytes = 1000): Promise<number[]> {
  const found: number[] = [];
  for (let next = from;;) {
    const { messages } = await store.outbox(next, bytes);
    if (messages.length === 0) return found;
    let length = 0;
    for (const { n, time, data } of messages) {
      assert.ok(n >= next);
      assert.deepEqual([time, data], [timeOf(n), dataOf(n)]);
      found.push(n);
      next = n + 1;
      length += data.length;
    }
    assert.ok(length <= bytes || messages.length === 1);
  }
}

function sequence(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}

function sumOfBytes(from: number, to: number): number {
  return sequence(from, to).reduce((sum, n) => sum + dataOf(n).length, 0);
}

Deno.test("messages wait on disk until they are done, in order, over restarts", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open({ lazyMs: 60_000 });
  const none = { first: 1, last: 0, messages: 0, bytes: 0, oldestTime: null };
  assert.deepEqual(store.outboxAtOpen, none);
  send(store, 1, 100);
  assert.deepEqual(await numbers(store, 1), sequence(1, 100), "before they are on disk");
  assert.equal(store.stats().outboxMessages, 0);
  assert.equal(await store.synced(), true);
  send(store, 101, 3000);
  assert.equal(await store.synced(), true);
  send(store, 3001, 3100);
  assert.deepEqual(await numbers(store, 42), sequence(42, 3100), "on disk and not");
  store.sent(150);
  assert.deepEqual(await numbers(store, 1), sequence(151, 3100));
  assert.equal(await store.synced(), true);
  const { outboxMessages, outboxOldestTime } = store.stats();
  assert.deepEqual([outboxMessages, outboxOldestTime], [2950, timeOf(101)], "of its row");
  await store.close();

  const second = await folder.open();
  const { first, last, messages, bytes } = second.outboxAtOpen;
  assert.deepEqual([first, last, messages], [151, 3100, 2950]);
  assert.ok(Math.abs(bytes - sumOfBytes(151, 3100)) < 100, `${bytes}`);
  assert.deepEqual(await numbers(second, 0), sequence(151, 3100));
  send(second, 3101, 3200);
  second.sent(3200);
  assert.equal(await second.synced(), true);
  assert.deepEqual([second.stats().outboxMessages, second.stats().outboxOldestTime], [0, null]);
  await second.close();

  const third = await folder.open();
  assert.deepEqual(third.outboxAtOpen, { ...none, first: 3201, last: 3200 });
  send(third, 3201, 3201);
  assert.deepEqual(await numbers(third, 0), [3201]);
});

Deno.test("many messages at once, and large ones", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open();
  const large = new Uint8Array(2 << 20).fill(7);
  send(store, 1, 50_000);
  store.send(50_001, timeOf(50_001), large);
  send(store, 50_002, 50_010);
  assert.equal(await store.synced(), true);
  let pieces = 0;
  for (let next = 1; next < 50_001; pieces++) {
    const { messages } = await store.outbox(next, 64 << 10);
    assert.deepEqual(messages.map(({ n }) => n), sequence(next, next + messages.length - 1));
    next += messages.length;
  }
  assert.ok(pieces < 60, `${pieces}`);
  const { messages } = await store.outbox(50_001, 1);
  assert.deepEqual(messages, [{ n: 50_001, time: timeOf(50_001), data: large }]);
  assert.deepEqual(await numbers(store, 50_002), sequence(50_002, 50_010));
  store.sent(50_001);
  assert.equal(await store.synced(), true);
  assert.equal(store.stats().outboxMessages, 9);
});

Deno.test("what a turn does to history, map and outbox is on disk together or not at all", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open({ lazyMs: 5, commitRows: 10 });
  const writer = new ChannelWriter(store, "devices/desk");
  for (let turn = 0; turn < 200; turn++) {
    const entries = 1 + turn % 7;
    for (let i = 0; i < entries; i++) writer.append("devices/desk/a", `${turn}`);
    store.put("s", "turn", new Uint8Array([turn]));
    store.send(turn + 1, timeOf(turn + 1), dataOf(turn + 1));
    if (turn % 3 === 0) store.synced();
    if (turn % 20 === 19) {
      await using cut = await folder.cut();
      const other = await cut.open();
      const { last } = other.outboxAtOpen;
      const [kept] = (await Array.fromAsync(other.entriesOf("s"))).flat();
      assert.equal(kept?.[1][0] ?? -1, last - 1);
      const rows = (await Array.fromAsync(other.rows("devices/desk", -Infinity, Infinity))).flat();
      assert.equal(rows.at(-1)?.json ?? "-1", `${last - 1}`);
      assert.equal(rows.length, sequence(0, last - 1).reduce((sum, n) => sum + 1 + n % 7, 0));
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
});

for (const when of ["before", "behind"] as const) {
  Deno.test(`the disk fails ${when} a commit: messages are lost for it, or there, and numbers go on`, async () => {
    await using folder = new StoreFolder();
    const run = new EngineRun(folder);
    run.send(1, 10);
    assert.equal(run.engine.commit(), true);
    {
      using _disk = failingDisk(when);
      run.send(11, 20);
      assert.equal(run.engine.commit(), false);
      run.sent(5);
      assert.deepEqual(run.outbox(0).slice(0, 5), sequence(6, 10), "can be read meanwhile");
      run.maintain();
      run.send(21, 30);
      assert.equal(run.engine.commit(), false);
    }
    run.maintain();
    assert.equal(run.engine.state.state, "ok");
    run.send(31, 40);
    assert.equal(run.engine.commit(), true);
    const found = run.outbox(0);
    // What SQLite said nothing of may be on disk.
    const doubtful = when === "behind" ? sequence(11, 30).filter((n) => found.includes(n)) : [];
    assert.deepEqual(found, [...sequence(6, 10), ...doubtful, ...sequence(31, 40)]);
    await using cut = await folder.cut();
    run.engine.close();
    for (const dir of [folder, cut]) {
      const again = new EngineRun(dir);
      assert.deepEqual(again.outbox(0), found);
      const { first, last, messages } = again.opened.outbox;
      assert.deepEqual([first, last, messages], [6, 40, found.length]);
      again.engine.close();
    }
  });
}

Deno.test("damage that is found while the gateway runs: the outbox is lost, numbers go on", async () => {
  await using folder = new StoreFolder();
  const run = new EngineRun(folder);
  run.send(1, 10);
  assert.equal(run.engine.commit(), true);
  {
    using _disk = failingDisk("before", "database disk image is malformed");
    run.send(11, 20);
    assert.equal(run.engine.commit(), false);
  }
  run.maintain();
  run.send(21, 21);
  assert.equal(run.engine.commit(), true);
  assert.deepEqual(run.outbox(0), [21]);
  run.sent(21);
  run.engine.commit();
  run.engine.close();
  const again = new EngineRun(folder);
  assert.deepEqual([again.opened.outbox.first, again.opened.outbox.last], [22, 21]);
  again.engine.close();
});

Deno.test("an outbox that is found late waits for the next start", async () => {
  await using folder = new StoreFolder();
  const first = await folder.open();
  send(first, 1, 20);
  first.sent(3);
  const second = await folder.open({ lazyMs: 10, tuning: { retryMs: 20 } });
  const { last } = second.outboxAtOpen;
  assert.ok(last > 1e12);
  assert.equal(second.outboxAtOpen.first, last + 1);
  await first.close();
  await eventually("the lock", () => second.state.state === "ok");
  second.send(last + 1, 1, dataOf(1));
  second.send(last + 2, 2, dataOf(2));
  assert.equal(await second.synced(), true);
  second.sent(last + 1);
  assert.equal(await second.synced(), true);
  assert.deepEqual((await second.outbox(0, 9999)).messages.map(({ n }) => n), [last + 2]);
  assert.equal(second.stats().outboxMessages, 1);
  await second.close();

  const third = await folder.open();
  assert.equal(third.outboxAtOpen.last, last + 2);
  assert.ok(third.outboxAtOpen.first <= 4, "some may come twice");
  const found = (await third.outbox(0, 9999)).messages.map(({ n }) => n);
  assert.deepEqual(found.slice(-18), [...sequence(4, 20), last + 2]);
  third.sent(20);
  assert.equal(await third.synced(), true);
  assert.deepEqual((await third.outbox(0, 9999)).messages.map(({ n }) => n), [last + 2]);
  await third.close();
  assert.equal((await folder.open()).outboxAtOpen.first, last + 2);
});
