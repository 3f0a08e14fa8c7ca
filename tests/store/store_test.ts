import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { eventually } from "../support/eventually.ts";
import { allEntries, ChannelWriter, StoreFolder } from "./store_fixture.ts";

const room = "devices/desk";

Deno.test("what was appended is there after a restart, in order and as it was", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open();
  assert.deepEqual([store.state, store.channels], [{ state: "ok" }, []]);
  const channel = store.channel(room);
  const topic = store.topic(channel, `${room}/temperature`);
  const seq = store.startOf(room);
  const time = 1_795_000_000_000.123;
  store.append(channel, topic, seq + 1, time, "21.5", "Ab-1", ',"node":"attic"');
  store.append(channel, -1, seq + 2, time + 1, '"kind":"join","detail":{}', "", "");
  store.append(channel, topic, seq + 3, time - 5, '"wärmer 😀"', "Ab-ü", "");
  assert.equal(await store.synced(), true);
  await store.close();
  assert.deepEqual(store.state, { state: "off" });

  const again = await folder.open();
  assert.equal(again.epoch, store.epoch);
  assert.match(again.epoch, /^[\w-]{12}$/);
  const newest = {
    seq: seq + 3,
    time: time - 5,
    topic: `${room}/temperature`,
    json: '"wärmer 😀"',
    id: "Ab-ü",
    node: "",
  };
  assert.deepEqual(again.channels, [{
    name: room,
    seq: seq + 3,
    lastCommitted: seq + 3,
    topics: [{ topic: `${room}/temperature`, last: newest }],
  }]);
  const { entries, gaps, first } = await again.range(room, 0, seq + 99, 10);
  assert.deepEqual([gaps, first], [[], seq + 1]);
  assert.deepEqual(entries, [
    {
      seq: seq + 1,
      time,
      topic: `${room}/temperature`,
      json: "21.5",
      id: "Ab-1",
      node: ',"node":"attic"',
    },
    {
      seq: seq + 2,
      time: time + 1,
      topic: null,
      json: '"kind":"join","detail":{}',
      id: "",
      node: "",
    },
    newest,
  ]);
});

Deno.test("questions see what is not on disk yet", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open({ lazyMs: 60_000 });
  const writer = new ChannelWriter(store, room);
  const first = writer.append(`${room}/a`, "1", 1000);
  writer.append(`${room}/a`, "true", 2000);
  assert.equal((await allEntries(store, room)).length, 2);
  assert.equal(store.stats().backlogRows, 2);
  const { series, seq } = await store.series(room, 0, 5000, 100);
  assert.deepEqual(series, [{ topic: `${room}/a`, states: true, points: [[1000, 1], [2000, 1]] }]);
  assert.equal(seq, first + 1);
  const rows = await Array.fromAsync(store.rows(room, 1500, 9999));
  assert.deepEqual(rows.flat().map(({ seq }) => seq), [first + 1]);
});

Deno.test("who waits for the disk shares a commit with others", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open();
  assert.equal(await store.synced(), true, "nothing waits");
  const writer = new ChannelWriter(store, room);
  writer.append(`${room}/a`, "1");
  const waiting = store.synced();
  writer.append(`${room}/a`, "2");
  assert.equal(store.synced(), waiting);
  const before = store.stats().commits;
  assert.equal(await waiting, true);
  assert.equal(store.stats().commits, before + 1);
  const { rows, backlogRows, commits, commitTimes } = store.stats();
  assert.deepEqual([rows, backlogRows], [2, 0]);
  const { buckets, sum, count } = commitTimes;
  assert.equal(count, commits);
  assert.equal(buckets.counts.reduce((all, each) => all + each, 0), count);
  assert.ok(sum > 0 && sum < 60, `${sum} s`);
});

Deno.test("nobody waits: a commit comes by itself, and at once when there is much", async () => {
  await using folder = new StoreFolder();
  const lazy = await folder.open({ lazyMs: 50 });
  new ChannelWriter(lazy, room).append(`${room}/a`, "1");
  await eventually("a commit", () => lazy.stats().rows === 1);
  await lazy.close();
  const full = await folder.open({ lazyMs: 60_000, commitRows: 100 });
  const writer = new ChannelWriter(full, room);
  for (let i = 0; i < 100; i++) writer.append(`${room}/a`, "1");
  await eventually("a commit", () => full.stats().rows === 100);
});

Deno.test("entries of many channels are found again in chunks, small ones joined", async () => {
  await using folder = new StoreFolder();
  const tuning = { sealBytes: 3000, rollValues: 200 };
  const store = await folder.open({ tuning });
  const names = Array.from({ length: 7 }, (_, i) => `devices/d${i}`);
  const writers = names.map((name) => new ChannelWriter(store, name));
  const last = new Map<string, string>();
  for (let round = 0; round < 60; round++) {
    writers.forEach((writer, i) => {
      for (let n = 0; n <= i; n++) {
        const topic = `${names[i]}/t${n % 3}`;
        const json = `${round}.${n}`;
        writer.append(n === 2 ? null : topic, n === 2 ? `"kind":"k","detail":${round}` : json);
        if (n !== 2) last.set(topic, json);
      }
    });
    assert.equal(await store.synced(), true);
  }
  const check = async (held: typeof store) => {
    for (const [i, name] of names.entries()) {
      const entries = await allEntries(held, name);
      assert.equal(entries.length, 60 * (i + 1), name);
      assert.ok(
        entries.every(({ seq, id }, n) => seq === entries[0]!.seq + n && id === `id-${seq}`),
      );
      const part = await held.range(name, entries[9]!.seq, entries[19]!.seq, 5);
      assert.deepEqual(part.entries, entries.slice(9, 14));
      assert.equal(part.first, entries[0]!.seq);
      const rows = (await Array.fromAsync(held.rows(name, -Infinity, Infinity))).flat();
      assert.deepEqual(rows, entries);
    }
  };
  await check(store);
  await store.close();
  const db = new DatabaseSync(folder.path);
  const { chunks, rows } = db.prepare(
    "SELECT count(*) AS chunks, sum(rows) AS rows FROM chunk_index",
  )
    .get() as { chunks: number; rows: number };
  db.close();
  assert.ok(rows > 60 * 25, `${rows} are in chunks`);
  assert.ok(chunks < 60, `${chunks} chunks of ${rows} entries`);
  const again = await folder.open({ tuning });
  await check(again);
  for (const { topics } of again.channels) {
    for (const { topic, last: entry } of topics) assert.equal(entry?.json, last.get(topic), topic);
  }
});

Deno.test("a removed channel is gone, and one of its name goes on behind it", async () => {
  await using folder = new StoreFolder();
  const tuning = { sealBytes: 1000 };
  const store = await folder.open({ tuning });
  const writer = new ChannelWriter(store, room);
  for (let i = 0; i < 200; i++) writer.append(`${room}/a`, `${i}`);
  await store.synced();
  writer.remove();
  assert.deepEqual(await allEntries(store, room), []);
  assert.ok(store.startOf(room) >= writer.seq, "before the removal is on disk");
  await store.synced();
  assert.ok(store.startOf(room) >= writer.seq, "behind it");
  const other = new ChannelWriter(store, room);
  const first = other.append(`${room}/a`, "7");
  await store.close();
  const again = await folder.open({ tuning });
  assert.deepEqual((await allEntries(again, room)).map(({ seq }) => seq), [first]);
  assert.deepEqual(again.channels.map(({ name, seq }) => [name, seq]), [[room, first]]);
});

Deno.test("what the Worker is too slow for is left out, and named", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open({ backlogBytes: 10_000 });
  const writer = new ChannelWriter(store, room);
  const first = writer.seq + 1;
  for (let i = 0; i < 1000; i++) writer.append(`${room}/a`, `${i}`);
  const last = writer.seq;
  assert.equal(await store.synced(), false);
  writer.append(`${room}/a`, "7");
  assert.equal(await store.synced(), true);
  const { gaps } = await store.range(room, first, last, 10_000);
  const entries = await allEntries(store, room);
  assert.ok(entries.length < 500, `${entries.length}`);
  assert.deepEqual(gaps, [{
    channel: room,
    from: entries.at(-2)!.seq + 1,
    to: last,
    reason: "backlog",
  }]);
  assert.equal(entries.at(-1)!.seq, last + 1);
});

Deno.test("after close nothing is taken, and nobody waits", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open();
  const writer = new ChannelWriter(store, room);
  writer.append(`${room}/a`, "1");
  const closed = store.close();
  writer.append(`${room}/a`, "2");
  await closed;
  assert.equal(await store.synced(), false);
  await assert.rejects(store.range(room, 0, 9, 9), /closed/);
  const again = await folder.open();
  assert.equal((await allEntries(again, room)).length, 1);
});

Deno.test("a disk that takes half a second to sync holds up nobody but those who wait for it", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open({ syncMs: 1, lazyMs: 10, tuning: { commitMs: 500 } });
  const writer = new ChannelWriter(store, room);
  writer.append(`${room}/a`, "0");
  const begun = performance.now();
  const first = store.synced();
  await eventually("the commit to begin", () => performance.now() - begun > 20);
  const waits: Promise<boolean>[] = [];
  for (let i = 0; i < 5000; i++) {
    writer.append(`${room}/a`, `${i}`);
    if (i % 10 === 0) waits.push(store.synced());
  }
  assert.ok(performance.now() - begun < 400, "nothing of it waited");
  assert.equal(await first, true);
  assert.ok((await Promise.all(waits)).every((stored) => stored));
  assert.ok(performance.now() - begun >= 1000);
  assert.equal(store.stats().commits, 2, "what came meanwhile is one commit");
});

Deno.test("close ends after its time though the disk does not, and says what was not stored", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open({ closeMs: 300, tuning: { commitMs: 20_000 } });
  const writer = new ChannelWriter(store, room);
  for (let i = 0; i < 3; i++) writer.append(`${room}/a`, "1");
  const waiting = store.synced();
  const begun = performance.now();
  await store.close();
  assert.ok(performance.now() - begun < 10_000);
  assert.equal(await waiting, false);
  assert.match(folder.lines.at(-1)!, /within 0\.3 s at the end; not known to be stored: 3 entries/);
  assert.equal(store.state.state, "off");
  await store.close();
});

Deno.test("how many entries a range has: in chunks, in the log, and where numbers were left out", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open({ tuning: { sealBytes: 50_000 } });
  const writer = new ChannelWriter(store, room);
  const first = writer.seq + 1;
  for (let i = 0; i < 50; i++) {
    for (let n = 0; n < 100; n++) writer.append(`${room}/a`, "1");
    await store.synced();
  }
  assert.equal(await store.count(room, 0, writer.seq), 5000);
  const some = await store.count(room, first + 1000, first + 1999);
  assert.ok(some >= 1000 && some < 1000 + 2 * 1024, `${some}`);
  await using cut = await folder.cut();
  const again = await cut.open();
  const goesOn = new ChannelWriter(again, room);
  assert.ok(goesOn.seq > writer.seq + 100_000);
  goesOn.append(`${room}/a`, "1");
  assert.equal(await again.count(room, 0, goesOn.seq), 5001);
  assert.equal(await again.count(room, goesOn.seq, goesOn.seq), 1);
  assert.equal(await again.count("devices/none", 0, 1e15), 0);
});

Deno.test("a log that is cut where power was lost: what is before is there", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open({ tuning: { sealBytes: 20_000 } });
  const writer = new ChannelWriter(store, room);
  const first = writer.seq + 1;
  for (let i = 0; i < 60; i++) {
    for (let n = 0; n < 10; n++) writer.append(`${room}/a`, `${writer.seq + 1}`);
    await store.synced();
  }
  const { size } = await Deno.stat(`${folder.path}-wal`);
  let most = 0;
  for (let cut = 1; cut <= 8; cut++) {
    await using other = new StoreFolder();
    await Deno.copyFile(folder.path, other.path);
    await Deno.copyFile(`${folder.path}-wal`, `${other.path}-wal`);
    await Deno.truncate(`${other.path}-wal`, Math.floor(size * cut / 8 - 100 * cut));
    const again = await other.open();
    assert.equal(again.state.state, "ok");
    const entries = await allEntries(again, room);
    assert.deepEqual(entries.map(({ seq }) => seq), entries.map((_, i) => first + i));
    assert.ok(entries.every(({ json, seq }) => json === `${seq}`));
    assert.ok(entries.length % 10 === 0, "commits are whole");
    assert.ok(entries.length >= most);
    most = entries.length;
  }
  assert.ok(most > 300, `${most}`);
});
