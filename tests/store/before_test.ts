/** What each topic was before the span that is asked for. */
import assert from "node:assert/strict";
import { numberOf } from "../../gateway/store/number_of.ts";
import type { Store } from "../../gateway/store/store.ts";
import { eventually } from "../support/eventually.ts";
import { ChannelWriter, KEEP_ALL, StoreFolder } from "./store_fixture.ts";

const room = "devices/desk";
/** Not at the beginning of any bucket. */
const START = 1_795_000_003_217.25;
const HOUR = 3_600_000;

type Told = Record<string, { in: "series" | "others"; before: [number, unknown] }>;

/** What was before, by topic without the channel's name. */
async function beforeOf(store: Store, since: number, channel = room): Promise<Told> {
  const { series, others } = await store.series(channel, since, since + HOUR, 100);
  const told: Told = {};
  for (const [kind, list] of [["series", series], ["others", others]] as const) {
    for (const { topic, before } of list) {
      const name = topic.slice(channel.length + 1);
      if (before === undefined) continue;
      assert.equal(told[name], undefined, "told once");
      told[name] = { in: kind, before };
    }
  }
  return told;
}

interface Said {
  topic: string;
  time: number;
  json: string;
}

/** The same, from a list. */
function plainly(said: Said[], since: number): Told {
  const newest = new Map<string, Said>();
  for (const each of said) {
    const known = newest.get(each.topic)?.time ?? -Infinity;
    if (each.time < since && each.time >= known) newest.set(each.topic, each);
  }
  return Object.fromEntries(
    [...newest].map(([topic, { time, json }]) => {
      const value = JSON.parse(json);
      const number = numberOf(value);
      return [
        topic,
        number === null
          ? { in: "others", before: [time, value] }
          : { in: "series", before: [time, number] },
      ];
    }),
  );
}

function random(seed: number) {
  return () => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    return seed / 0x7fff_ffff;
  };
}

/** Values of all kinds, often and seldom; times go back now and then. */
function sayings(count: number): Said[] {
  const next = random(5);
  const kinds: [topic: string, share: number, json: () => string][] = [
    ["often", 1, () => `${Math.round(next() * 1e4) / 100}`],
    ["text", 0.7, () => `"${next()}"`],
    ["seldom", 0.004, () => `${Math.round(next() * 100)}`],
    ["state", 0.002, () => `${next() < 0.5}`],
    ["word", 0.002, () => next() < 0.5 ? '"on"' : '"off"'],
    ["both", 0.003, () => next() < 0.5 ? "7" : '"unknown"'],
    ["object", 0.003, () => `{"value":${Math.round(next() * 9)}}`],
    ["once", 0, () => ""],
  ];
  const said: Said[] = [{ topic: "once", time: START, json: "true" }];
  let time = START;
  while (said.length < count) {
    time += next() * 2000;
    if (next() < 0.0005) time -= next() * 600_000;
    for (const [topic, share, json] of kinds) {
      if (next() >= share) continue;
      const at = next() < 0.01 ? time - next() * 30_000 : time;
      said.push({ topic, time: Math.round(at * 1000) / 1000, json: json() });
    }
  }
  return said;
}

async function fill(store: Store, writer: ChannelWriter, said: Said[]) {
  for (const [i, { topic, time, json }] of said.entries()) {
    writer.append(`${room}/${topic}`, json, time);
    if (i % 2500 === 2499) await store.synced();
  }
  await store.synced();
}

Deno.test("the newest entry before, as a plain computation finds it", async () => {
  await using folder = new StoreFolder();
  const tuning = { sealBytes: 100_000, rollValues: 5000 };
  const store = await folder.open({ tuning });
  const said = sayings(24_000);
  await fill(store, new ChannelWriter(store, room), said);
  const end = Math.max(...said.map(({ time }) => time));
  const next = random(9);
  const times = Array.from({ length: 40 }, () => START + next() * (end - START));
  // At an entry's own time, near the end, before all.
  times.push(said[777]!.time, said.at(-9)!.time, end, START, 0, -1);
  const agrees = async (store: Store, phase: string) => {
    for (const since of times) {
      assert.deepEqual(await beforeOf(store, since), plainly(said, since), `${phase}: ${since}`);
    }
  };
  await agrees(store, "as it came");
  await using power = await folder.cut();
  const cut = await power.open({ tuning });
  await agrees(cut, "after a cut of power");
  assert.deepEqual(await beforeOf(cut, end + 1), {}, "what came then is not known");
  await store.close();
  const again = await folder.open({ tuning });
  await agrees(again, "after a restart");
  assert.deepEqual(await beforeOf(again, end + 24 * HOUR), plainly(said, Infinity));
});

Deno.test("it is no point, and counts as none", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open({ tuning: { sealBytes: 1 } });
  const writer = new ChannelWriter(store, room);
  const values = ["1", "true", '"off"', "2", "3", "false", '"on"'];
  const topics = ["n", "s", "w", "n", "n", "s", "w"];
  values.forEach((json, i) => writer.append(`${room}/${topics[i]}`, json, START + i));
  await store.synced();
  const later = await store.series(room, START + 5, START + 99, 2);
  assert.deepEqual(later.series.toSorted((a, b) => a.topic < b.topic ? -1 : 1), [
    { topic: `${room}/n`, points: [], before: [START + 4, 3] },
    { topic: `${room}/s`, states: true, points: [[START + 5, 0]], before: [START + 1, 1] },
  ]);
  assert.deepEqual(later.others, [
    { topic: `${room}/w`, points: [[START + 6, "on"]], before: [START + 2, "off"] },
  ]);
  assert.equal(later.complete, true);
  const all = await store.series(room, START, START + 99, 100);
  assert.ok([...all.series, ...all.others].every((each) => !("before" in each)));
});

Deno.test("a text from long ago is found among thousands of others", async () => {
  await using folder = new StoreFolder();
  let store = await folder.open();
  const writer = new ChannelWriter(store, room);
  const long = JSON.stringify("x".repeat(2000));
  writer.append(`${room}/seldom`, '"off"', START);
  for (let i = 1; i <= 6_000; i++) {
    writer.append(`${room}/often`, long, START + i * 1000);
    if (i % 2000 === 0) await store.synced();
  }
  const end = START + 6_001_000;
  writer.append(`${room}/seldom`, '"on"', end);
  await store.close();
  store = await folder.open();
  const { seldom } = await beforeOf(store, end - 500);
  assert.deepEqual(seldom, { in: "others", before: [START, "off"] });
});

Deno.test("behind a gap nothing is known until the next value", async () => {
  await using folder = new StoreFolder();
  const store = await folder.open();
  const writer = new ChannelWriter(store, room);
  writer.append(`${room}/a`, "true", START);
  writer.append(`${room}/b`, '"on"', START + 1);
  await store.synced();
  await using power = await folder.cut();
  const next = await power.open({ tuning: { sealBytes: 1 } });
  const then = new ChannelWriter(next, room);
  then.append(`${room}/b`, '"off"', START + 100);
  for (const sealed of [false, true]) {
    if (sealed) {
      then.append(`${room}/c`, "1", START + 200);
      await next.synced();
    }
    assert.deepEqual(await beforeOf(next, START + 2), {}, "when it began is not known");
    assert.deepEqual(await beforeOf(next, START + 150), {
      b: { in: "others", before: [START + 100, "off"] },
    });
    assert.deepEqual(await beforeOf(next, START + 1), {
      a: { in: "series", before: [START, 1] },
    }, "before the gap");
  }
});

Deno.test("what was removed is not told, except what is still the newest", async () => {
  await using folder = new StoreFolder();
  const keep = { ...KEEP_ALL, count: 400 };
  const store = await folder.open({ keep, tuning: { sealBytes: 2000, rollValues: 100 } });
  const writer = new ChannelWriter(store, room);
  for (const topic of ["a", "b"]) writer.append(`${room}/${topic}`, "true", START);
  for (const topic of ["v", "w"]) writer.append(`${room}/${topic}`, '"on"', START + 1);
  for (let i = 1; i <= 1500; i++) {
    writer.append(`${room}/n`, `${i}`, START + i * 100);
    if (i % 50 === 0) await store.synced();
  }
  const end = START + 150_100;
  writer.append(`${room}/a`, "false", end);
  writer.append(`${room}/v`, '"off"', end);
  for (let i = 1; i <= 100; i++) writer.append(`${room}/n`, `${i}`, end + i * 100);
  await store.synced();
  await eventually(
    "entries to be removed",
    async () => (await store.range(room, 0, 0, 1)).first > 500,
  );
  const told = await eventually("the newest ones to be sealed", async () => {
    const told = await beforeOf(store, end - 50);
    return told.a === undefined && told.v === undefined && told;
  });
  assert.deepEqual(told, {
    b: { in: "series", before: [START, 1] },
    n: { in: "series", before: [START + 150_000, 1500] },
    w: { in: "others", before: [START + 1, "on"] },
  });
});
