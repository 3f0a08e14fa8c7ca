import assert from "node:assert/strict";
import { EngineRun, room } from "./engine_run.ts";
import { allEntries, ChannelWriter, StoreFolder } from "./store_fixture.ts";

const MILLION = 1_000_000;

Deno.test("after an end without warning numbers go on behind those reserved, and the gap is named", async () => {
  await using folder = new StoreFolder();
  const first = new EngineRun(folder);
  assert.equal(first.store(10), true);
  const last = first.seq;
  await using cut = await folder.cut();
  first.engine.close();
  const second = new EngineRun(cut);
  assert.equal(second.opened.epoch, first.opened.epoch);
  assert.equal(second.opened.channels[0]!.lastCommitted, last);
  assert.ok(second.seq >= last + MILLION / 2);
  const { gaps } = second.range(last, last + 1);
  assert.deepEqual(gaps, [{ channel: room, from: last + 1, to: second.seq, reason: "restart" }]);
  // These were sent to somebody, but never came to the disk.
  second.take(1000);
  await using again = await cut.cut();
  const third = new EngineRun(again);
  assert.ok(third.seq >= second.seq, `${third.seq} is behind ${second.seq}`);
  const grown = [{ channel: room, from: last + 1, to: third.seq, reason: "restart" }];
  assert.deepEqual(third.range(last, third.seq).gaps, grown);
  assert.equal(third.store(1), true);
  assert.deepEqual(third.range(last + 1, third.seq).entries.map(({ seq }) => seq), [third.seq]);
  third.engine.close();
  second.engine.close();
});

Deno.test("a channel that never came to the disk begins elsewhere the next time", async () => {
  await using folder = new StoreFolder();
  const first = new EngineRun(folder);
  first.take(1000);
  await using cut = await folder.cut();
  const second = new EngineRun(cut);
  assert.deepEqual(second.opened.channels, []);
  assert.ok(second.seq >= first.seq, `${second.seq} is behind ${first.seq}`);
  second.engine.close();
  first.engine.close();
});

Deno.test("a clean end leaves no hole", async () => {
  await using folder = new StoreFolder();
  const first = new EngineRun(folder);
  first.store(10);
  first.engine.close();
  const second = new EngineRun(folder);
  assert.equal(second.seq, first.seq);
  assert.deepEqual(second.range(0, 1e15).gaps, []);
  second.engine.close();
});

Deno.test("a removed channel's numbers are not used by the next of its name", async () => {
  await using folder = new StoreFolder();
  const first = new EngineRun(folder);
  first.seq += 7 * MILLION;
  first.store(10);
  first.remove();
  assert.ok(first.engine.startSeq >= first.seq);
  await using cut = await folder.cut();
  const second = new EngineRun(cut);
  assert.ok(second.seq >= first.seq + MILLION, "the next may have used as many as were reserved");
  second.engine.close();
  first.engine.close();
});

Deno.test("what is reserved grows before it is used up, at high rates by more", async () => {
  await using folder = new StoreFolder();
  const run = new EngineRun(folder);
  for (let i = 0; i < 5; i++) {
    run.seq += 600_000;
    run.store(1);
    await using cut = await folder.cut();
    const next = new EngineRun(cut);
    assert.ok(next.seq >= run.seq + MILLION / 2, `${next.seq - run.seq} were reserved`);
    next.engine.close();
  }
  await using cut = await folder.cut();
  const next = new EngineRun(cut);
  assert.ok(next.seq >= run.seq + 100 * MILLION, "a day's worth");
  next.engine.close();
  run.engine.close();
});

Deno.test("the power goes while entries move into chunks: each is there once", async () => {
  await using folder = new StoreFolder();
  const run = new EngineRun(folder);
  const first = run.seq + 1;
  run.store(30_000);
  for (let step = 0; run.engine.maintain(); step++) {
    await using cut = await folder.cut();
    const next = new EngineRun(cut);
    for (let from = first; from <= run.seq;) {
      const { entries } = next.range(from, run.seq);
      assert.deepEqual(entries.map(({ seq }) => seq), entries.map((_, i) => from + i), `${step}`);
      from = entries.at(-1)!.seq + 1;
    }
    assert.deepEqual(next.extremes(), [first, run.seq]);
    next.engine.close();
  }
  run.engine.close();
});

Deno.test("a room that was made before another was removed keeps its numbers", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open();
  const start = store.startOf(room);
  const other = new ChannelWriter(store, "devices/other");
  for (let i = 0; i < 100; i++) other.append("devices/other/a", "1");
  await store.synced();
  other.remove();
  await store.synced();
  assert.ok(store.startOf(room) > start);
  const channel = store.channel(room, start);
  store.append(channel, -1, start + 1, 1000, '"kind":"k","detail":1', "", "");
  assert.equal(await store.synced(), true);
  assert.deepEqual((await allEntries(store, room)).map(({ seq }) => seq), [start + 1]);
});
