import assert from "node:assert/strict";
import type { Store } from "../../gateway/store/store.ts";
import { eventually } from "../support/eventually.ts";
import { EngineRun, failingDisk } from "./engine_run.ts";
import { StoreFolder } from "./store_fixture.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function all(store: Store, space: string): Promise<Record<string, string>> {
  const entries = (await Array.fromAsync(store.entriesOf(space))).flat();
  assert.equal(new Set(entries.map(([key]) => key)).size, entries.length, "each key once");
  return Object.fromEntries(entries.map(([key, value]) => [key, new TextDecoder().decode(value)]));
}

Deno.test("values are there after a restart: the newest ones, of any key, of their space alone", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open();
  const keys = ["", "a", "a\0b", "a\0c", "wärmer/😀", "\uffff", "x".repeat(100_000)];
  for (const key of keys) store.put("one", key, bytes(`of ${key}`));
  store.put("two", "a", bytes("another"));
  store.put("two", "empty", new Uint8Array());
  store.put("one", "gone", bytes("1"));
  store.put("one", "changed", bytes("1"));
  assert.equal(await store.synced(), true);
  store.put("one", "changed", bytes("2"));
  store.put("one", "changed", bytes("3"));
  store.put("one", "gone", null);
  store.put("one", "never", bytes("1"));
  store.put("one", "never", null);
  store.put("two", "back", null);
  store.put("two", "back", bytes("1"));
  const wanted = { ...Object.fromEntries(keys.map((key) => [key, `of ${key}`])), changed: "3" };
  assert.deepEqual(await all(store, "one"), wanted, "before they are on disk");
  await store.close();
  const again = await folder.open();
  assert.deepEqual(await all(again, "one"), wanted);
  assert.deepEqual(await all(again, "two"), { a: "another", empty: "", back: "1" });
  assert.deepEqual(await all(again, "three"), {});
});

Deno.test("a space of many and large values comes in pieces, changed meanwhile or not", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open();
  for (let i = 0; i < 5000; i++) store.put("many", `k${i}`, bytes(`${i}`));
  for (let i = 0; i < 30; i++) store.put("large", `k${i}`, new Uint8Array(300_000).fill(i));
  assert.equal(await store.synced(), true);
  const seen = new Map<string, string>();
  let pieces = 0;
  for await (const piece of store.entriesOf("many")) {
    assert.ok(piece.length <= 1000);
    for (const [key, value] of piece) seen.set(key, new TextDecoder().decode(value));
    // What it changed before it came by is told as it was or as it is.
    store.put("many", `k${pieces}`, bytes("changed"));
    store.put("many", `new${pieces}`, bytes("new"));
    if (pieces++ % 2 === 0) await store.synced();
  }
  assert.ok(pieces >= 5);
  for (let i = 0; i < 5000; i++) {
    const value = seen.get(`k${i}`);
    assert.ok(value === `${i}` || i < pieces && value === "changed", `k${i}: ${value}`);
  }
  let large = 0;
  for await (const piece of store.entriesOf("large")) {
    assert.ok(piece.length <= 4);
    for (const [key, value] of piece) {
      assert.deepEqual([value.length, `k${value[0]}`], [300_000, key]);
      large++;
    }
  }
  assert.equal(large, 30);
});

for (const when of ["before", "behind"] as const) {
  Deno.test(`the disk fails ${when} a commit: values wait, the newest of each key, and get there`, async () => {
    await using folder = new StoreFolder();
    const run = new EngineRun(folder);
    run.put("old", "1");
    run.put("gone", "1");
    assert.equal(run.engine.commit(), true);
    {
      using _disk = failingDisk(when);
      for (let i = 0; i < 100; i++) run.put("old", `${i}`);
      run.put("gone", null);
      assert.equal(run.engine.commit(), false);
      run.maintain();
      run.put("new", "A".repeat(100_000));
      // Many that come and go meanwhile.
      for (let i = 0; i < 30_000; i++) {
        run.put(`passing${i}`, "1");
        run.put(`passing${i}`, null);
      }
      assert.equal(run.engine.commit(), false);
    }
    const wanted = { old: "99", new: "A".repeat(100_000) };
    assert.deepEqual(run.values(), wanted, "told meanwhile");
    run.maintain();
    assert.equal(run.engine.state.state, "ok");
    assert.deepEqual(run.values(), wanted);
    await using cut = await folder.cut();
    run.engine.close();
    for (const dir of [folder, cut]) {
      const again = new EngineRun(dir);
      assert.deepEqual(again.values(), wanted);
      again.engine.close();
    }
  });
}

Deno.test("values that were put while the database was another's get there when it is free", async () => {
  await using folder = new StoreFolder();
  const first = await folder.open();
  first.put("s", "a", bytes("first"));
  first.put("s", "b", bytes("first"));
  const second = await folder.open({ lazyMs: 10, tuning: { retryMs: 20 } });
  assert.equal(second.state.state, "failing");
  second.put("s", "a", bytes("second"));
  second.put("s", "b", null);
  assert.deepEqual(await all(second, "s"), { a: "second" });
  await first.close();
  await eventually("the lock", () => second.state.state === "ok");
  assert.deepEqual(await all(second, "s"), { a: "second" });
  await second.close();
  assert.deepEqual(await all(await folder.open(), "s"), { a: "second" });
});
