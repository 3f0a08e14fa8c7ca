import assert from "node:assert/strict";
import { thin } from "../../gateway/http/history.ts";
import type { StoredPoint } from "../../gateway/store/store_messages.ts";
import { ChannelWriter, StoreFolder } from "./store_fixture.ts";
import { assertTells, DAY, dayKeepsExtremes, fill, random, room, START } from "./told_series.ts";

/** To a microsecond, as the gateway's clock has it. */
function micro(time: number): number {
  return Math.round(time * 1000) / 1000;
}

Deno.test("roll-ups say what a plain computation says, times going back included", async () => {
  await using folder = new StoreFolder();
  const tuning = { sealBytes: 200_000, rollValues: 10_000 };
  let store = await folder.open({ tuning });
  const next = random(7);
  const points: StoredPoint[] = [];
  const rows: [string, number, number][] = [];
  let time = START;
  for (let i = 0; i < 30_000; i++) {
    time += next() * 4000;
    // Now and then the clock is set back, or a value comes late.
    if (next() < 0.001) time -= next() * 600_000;
    const at = micro(next() < 0.01 ? time - next() * 100_000 : time);
    const value = Math.round((next() - 0.5) * 1e6) / 1000;
    points.push([at, value]);
    rows.push([`${room}/a`, at, value]);
  }
  await fill(store, new ChannelWriter(store, room), rows);
  const end = Math.max(...points.map(([at]) => at));
  const spans = [
    [START - DAY, end + DAY],
    [START + DAY / 10 + 0.5, START + DAY],
    [START + 1234, START + DAY / 3],
    [START + DAY / 4, START + DAY / 4 + 600_000],
  ] as const;
  for (const phase of ["as it came", "after a restart"]) {
    for (const [since, until] of spans) {
      for (const count of [100, 700]) {
        const { series, others, complete } = await store.series(room, since, until, count);
        assert.deepEqual([series.length, others, complete], [1, [], true], phase);
        assertTells(series[0]!.points, points, since, until, count);
      }
    }
    await store.close();
    store = await folder.open({ tuning });
  }
});

Deno.test("few points are told as they are, in the order of their times", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open({ tuning: { sealBytes: 1 } });
  const writer = new ChannelWriter(store, room);
  const next = random(3);
  const points: StoredPoint[] = [];
  for (let i = 0; i < 500; i++) {
    const point: StoredPoint = [micro(START + i * 1000 + next() * 5000), i];
    points.push(point);
    writer.append(`${room}/a`, `${i}`, point[0]);
    if (i % 100 === 50) await store.synced();
  }
  points.sort(([a], [b]) => a - b);
  const all = await store.series(room, START, START + DAY, 1000);
  assert.deepEqual(all.series[0]!.points, points);
  const thinned = await store.series(room, START, START + DAY, 100);
  assert.deepEqual(thinned.series[0]!.points, thin(points, 100));
});

Deno.test("all kinds of values: numbers, states, objects, text, and events that are none", async () => {
  await using folder = new StoreFolder();
  for (const sealBytes of [1, 1 << 30]) {
    const name = `devices/d${sealBytes}`;
    const store = await folder.open({ tuning: { sealBytes } });
    const writer = new ChannelWriter(store, name);
    const values: [string, string[]][] = [
      ["number", ["7", "-0.5", "1e3", " 8 ", "123456789012345678"]],
      ["state", ["true", "false"]],
      ["object", ['{"value": 7}', '{"value":true}', '{"unit":"C","value":-1.25}']],
      ["text", ['"on"', '{"a":1}', "[1]", "null", "1e999"]],
      ["both", ["1", '"unknown"', "2"]],
    ];
    let time = 0;
    for (const [topic, jsons] of values) {
      for (const json of jsons) writer.append(`${name}/${topic}`, json, ++time);
    }
    writer.append(null, '"kind":"join","detail":{}', ++time);
    await store.synced();
    const { series, others, seq } = await store.series(name, 0, 99, 5);
    assert.equal(seq, writer.seq);
    const told = new Map(series.map(({ topic, points, states }) => [
      topic.slice(name.length + 1),
      [points.map(([, value]) => value), states],
    ]));
    assert.deepEqual(told.get("state"), [[1, 0], true]);
    assert.deepEqual(told.get("object"), [[7, 1, -1.25], undefined]);
    assert.deepEqual(told.get("both"), [[1, 2], undefined]);
    assert.deepEqual(told.get("number")![0], [7, -0.5, 1000, 8, 123456789012345680]);
    assert.deepEqual([...told.keys()].toSorted(), ["both", "number", "object", "state"]);
    const words = new Map(
      others.map(({ topic, points }) => [topic.slice(name.length + 1), points]),
    );
    assert.deepEqual(words.get("text")!.map(([, value]) => value), [
      "on",
      { a: 1 },
      [1],
      null,
      Infinity,
    ]);
    assert.deepEqual(words.get("both"), [[17, "unknown"]]);
    assert.equal(words.size, 2);
    await store.close();
  }
});

Deno.test("a day of two topics, a value each second: any span keeps its extremes", async () => {
  await dayKeepsExtremes(2);
});
