import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { allEntries, ChannelWriter, StoreFolder } from "./store_fixture.ts";

const room = "devices/desk";
const topic = `${room}/a`;
/** A value that fills a quarter of a page even when it is compressed. */
const bulky = () => `"${crypto.getRandomValues(new Uint8Array(768)).toBase64()}"`;

const QUICK = { retryMs: 20 };

Deno.test("a full disk: said, nobody waits, and what is lost is a named gap when there is room again", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open({
    lazyMs: 10,
    tuning: { ...QUICK, maxPages: 300, sealBytes: 20_000 },
  });
  const filler = new ChannelWriter(store, "devices/filler");
  const writer = new ChannelWriter(store, room);
  writer.append(topic, "1");
  assert.equal(await store.synced(), true);
  const kept = writer.seq;
  while (store.state.state === "ok") {
    for (let i = 0; i < 20; i++) filler.append("devices/filler/a", bulky());
    await store.synced();
  }
  assert.match(store.state.reason!, /^the disk is full: make room for .*history\.db/);
  assert.ok(folder.lines.some((line) => /store: the disk is full/.test(line)), `${folder.lines}`);
  writer.append(topic, bulky());
  const asked = performance.now();
  assert.equal(await store.synced(), false);
  assert.ok(performance.now() - asked < 100, "at once");
  const { lost } = store.stats();
  await eventually("a loss", () => {
    for (let i = 0; i < 50; i++) writer.append(topic, bulky());
    return store.stats().lost > lost;
  });
  const named = await store.range(room, writer.seq, writer.seq, 1);
  assert.ok(named.entries.length + named.gaps.length === 1, "named while it fails");
  // What was stored can be read meanwhile.
  assert.equal((await allEntries(store, room))[0]!.seq, kept);

  filler.remove();
  await eventually("room", async () => {
    writer.append(topic, "2");
    return await store.synced();
  });
  assert.deepEqual(store.state, { state: "ok" });
  const { entries, gaps } = await store.range(room, kept, writer.seq, 9999);
  const held = new Set(entries.map(({ seq }) => seq));
  assert.ok(held.has(kept) && held.has(writer.seq));
  assert.ok(gaps.length > 0);
  for (let seq = kept; seq <= writer.seq; seq++) {
    const gap = gaps.find(({ from, to }) => from <= seq && seq <= to);
    assert.ok(held.has(seq) || gap?.reason === "disk", `${seq} is held or named`);
  }
  await store.close();
  const again = await folder.open();
  assert.equal(again.epoch, store.epoch);
  assert.deepEqual(await again.range(room, kept, writer.seq, 9999), { entries, gaps, first: kept });
});

Deno.test("another process has the database: said, and taken over when it ends", async () => {
  await using folder = new StoreFolder();
  const first = await folder.open();
  const writer = new ChannelWriter(first, room);
  writer.append(topic, "1");
  new ChannelWriter(first, "devices/other").append("devices/other/b", "1");
  await first.synced();
  const second = await folder.open({ lazyMs: 10, tuning: QUICK });
  assert.equal(second.state.state, "failing");
  assert.match(second.state.reason!, /^in use: another process has .*history\.db open/);
  assert.deepEqual(second.channels, []);
  assert.notEqual(second.epoch, first.epoch);
  const late = new ChannelWriter(second, room);
  late.append(topic, "2");
  assert.equal(await second.synced(), false);
  assert.equal(second.stats().commits, 0, "nobody has to wait");
  await eventually("the entry to be left out", () => second.stats().lost === 1);
  assert.deepEqual(await allEntries(second, room), []);
  await first.close();

  // What is told as not stored may be stored after all: the lock may be had a moment later.
  let tries = 0;
  const seq = await eventually("the lock", async () => {
    const seq = late.append(topic, `${++tries}`);
    return await second.synced() && seq;
  });
  new ChannelWriter(second, "devices/other").append("devices/other/b", "4");
  assert.equal(await second.synced(), true);
  const entries = await allEntries(second, room);
  assert.deepEqual([entries.at(0)?.seq, entries.at(0)?.json], [writer.seq, "1"]);
  assert.deepEqual([entries.at(-1)?.seq, entries.at(-1)?.json], [seq, `${tries}`]);
  const oldest = Number(entries[1]?.seq);
  assert.equal(entries.length - 2, Number(seq) - oldest, "none between is missing");
  const { gaps } = await second.range(room, writer.seq + 1, seq, 9);
  assert.ok(
    gaps.some(({ from, to, reason }) => reason === "disk" && from <= to && to === oldest - 1),
  );
  await second.close();
  const third = await folder.open();
  assert.equal(third.epoch, second.epoch);
  assert.deepEqual(await allEntries(third, room), entries);
  assert.equal((await allEntries(third, "devices/other")).length, 2);
  assert.equal(third.channels.length, 2);
});

Deno.test("a folder that cannot be used: said, and used as soon as it can be", async () => {
  await using folder = new StoreFolder();
  await Deno.mkdir(folder.path);
  const store = await folder.open({ tuning: QUICK });
  assert.equal(store.state.state, "failing");
  assert.match(store.state.reason!, /history\.db cannot be used/);
  const writer = new ChannelWriter(store, room);
  writer.append(topic, "1");
  assert.equal(await store.synced(), false);
  await Deno.remove(folder.path);
  await eventually("the folder", async () => {
    writer.append(topic, "2");
    return await store.synced();
  });
  assert.deepEqual(store.state, { state: "ok" });
  const entries = await allEntries(store, room);
  await store.close();
  const again = await folder.open();
  assert.equal(again.epoch, store.epoch);
  assert.deepEqual(await allEntries(again, room), entries);
});

Deno.test({
  name: "a read-only folder is said",
  ignore: Deno.uid() === 0,
  async fn() {
    await using folder = new StoreFolder();
    await Deno.chmod(folder.dir, 0o500);
    const store = await folder.open();
    assert.equal(store.state.state, "failing");
    await Deno.chmod(folder.dir, 0o700);
  },
});

/** A store with some thousand entries in chunks, closed. */
async function filled(folder: StoreFolder) {
  const store = await folder.open({ tuning: { sealBytes: 100_000 } });
  const writer = new ChannelWriter(store, room);
  for (let i = 0; i < 40; i++) {
    for (let n = 0; n < 100; n++) writer.append(topic, bulky());
    await store.synced();
  }
  await store.close();
  return { epoch: store.epoch, seq: writer.seq };
}

/** The store begins anew, and says where the old one is. */
async function assertBegunAnew(folder: StoreFolder, epoch: string) {
  const store = await folder.open();
  assert.equal(store.state.state, "ok");
  assert.match(store.state.reason!, /damaged: moved to .*history\.db\.damaged-\d+, begun anew/);
  assert.equal(folder.lines.length, 1);
  assert.notEqual(store.epoch, epoch);
  assert.deepEqual(store.channels, []);
  const writer = new ChannelWriter(store, room);
  writer.append(topic, "1");
  assert.equal(await store.synced(), true);
  assert.ok(folder.files.some((file) => /^history\.db\.damaged-\d+$/.test(file)));
  await store.close();
  const again = await folder.open();
  assert.deepEqual([again.state, again.epoch], [{ state: "ok" }, store.epoch]);
  assert.equal((await allEntries(again, room)).length, 1);
}

Deno.test("a database cut in the middle is moved aside, and a new one begun", async () => {
  await using folder = new StoreFolder();
  const { epoch } = await filled(folder);
  const { size } = await Deno.stat(folder.path);
  await Deno.truncate(folder.path, Math.floor(size / 2));
  await assertBegunAnew(folder, epoch);
});

Deno.test("what is no database is moved aside, and a new one begun", async () => {
  await using folder = new StoreFolder();
  await Deno.writeTextFile(folder.path, "no database ".repeat(1000));
  await assertBegunAnew(folder, "");
});

/** Puts noise into half of a database. */
async function spoil(path: string) {
  const { size } = await Deno.stat(path);
  using file = await Deno.open(path, { write: true });
  await file.seek(Math.floor(size / 8), Deno.SeekMode.Start);
  const noise = new Uint8Array(Math.floor(size / 2));
  for (let at = 0; at < noise.length; at += 4096) {
    crypto.getRandomValues(noise.subarray(at, at + 4096));
  }
  await file.write(noise);
}

/** A database with damage that is not found when it is opened: where pages lie is chance. */
async function openSpoiled() {
  for (let tries = 1;; tries++) {
    const folder = new StoreFolder();
    const { epoch, seq } = await filled(folder);
    await spoil(folder.path);
    const store = await folder.open();
    if (store.epoch === epoch) return { folder, store, epoch, seq };
    await folder[Symbol.asyncDispose]();
    assert.ok(tries < 10, "the damage is always found at once");
  }
}

Deno.test("damage that is found while the gateway runs", async () => {
  const { folder: opened, store, epoch, seq } = await openSpoiled();
  await using folder = opened;
  const writer = new ChannelWriter(store, room);
  writer.append(topic, "1");
  assert.equal(writer.seq, seq + 1);
  await assert.rejects(
    async () => await Array.fromAsync(store.rows(room, 0, Infinity)),
    /malformed/,
  );
  assert.equal(store.state.state, "ok");
  assert.match(store.state.reason!, /damaged: moved to/);
  writer.append(topic, "2");
  assert.equal(await store.synced(), true);
  const entries = await allEntries(store, room);
  assert.equal(entries.at(-1)!.seq, writer.seq);
  await store.close();
  const again = await folder.open();
  assert.notEqual(again.epoch, epoch, "the numbers of the old one are not its own");
  assert.deepEqual(await allEntries(again, room), entries);
  assert.ok(again.startOf(room) >= writer.seq);
});
