/** What the overview decides: which channels, which values, how the last hour is drawn. */
import assert from "node:assert/strict";
import { ChannelModel } from "../../web/app/channel_model.ts";
import { filterChannels, readFilter, searchText } from "../../web/app/overview/channel_filter.ts";
import { RequestQueue } from "../../web/app/overview/request_queue.ts";
import { HOUR, SparkBins } from "../../web/app/overview/spark_bins.ts";
import { tileTopics } from "../../web/app/overview/tile_topics.ts";
import { WatchPool } from "../../web/app/overview/watch_pool.ts";

globalThis.requestAnimationFrame ??= (task) => {
  setTimeout(() => task(performance.now()));
  return 0;
};

const MINUTE = 60_000;
const NOW = 1_800_000_000_000;

function filtered(address: string) {
  const states = new Map([["hall", "online"], ["attic", "lost"], ["cellar", "late"]] as const);
  const texts: Record<string, string> = {
    hall: searchText(["hall", "devices/hall/temperature", "°C"]),
    attic: searchText(["attic", "readings/attic/pressure", "hPa", "RuuviTag", undefined]),
  };
  return filterChannels(
    ["attic", "cellar", "desk", "hall"],
    readFilter(new URLSearchParams(address)),
    (name) => states.get(name as "hall") ?? "unknown",
    (name) => texts[name] ?? name,
  );
}

Deno.test("channels are found by all words, in any part, in any case", () => {
  assert.deepEqual(filtered("").names, ["attic", "cellar", "desk", "hall"]);
  assert.deepEqual(filtered("q=HPA").names, ["attic"]);
  assert.deepEqual(filtered("q=ruuvi+att").names, ["attic"]);
  assert.deepEqual(filtered("q=ruuvi+hall").names, []);
  assert.deepEqual(filtered("q=°c").names, ["hall"]);
  assert.deepEqual(filtered("q=atticreadings").names, [], "no word spans two parts");
});

Deno.test("states filter and count what the words leave; together they are all", () => {
  assert.deepEqual(filtered("").counts, { "": 4, online: 1, late: 1, lost: 1, unknown: 1 });
  assert.deepEqual(filtered("state=unknown").names, ["desk"]);
  assert.deepEqual(filtered("state=lost").names, ["attic"]);
  assert.deepEqual(filtered("state=lost").counts[""], 4, "the counts are those to choose from");
  assert.deepEqual(filtered("state=lost&q=hall").names, []);
  assert.deepEqual(filtered("q=hall").counts, { "": 1, online: 1, late: 0, lost: 0, unknown: 0 });
  assert.deepEqual(filtered("state=broken").names.length, 4, "not a state: all");
  assert.deepEqual(filtered("sort=trouble").names, ["attic", "cellar", "desk", "hall"]);
});

Deno.test("trouble first: lost, late, then the rest by name", () => {
  const states = new Map([["b", "late"], ["d", "lost"], ["e", "lost"]] as const);
  const { names } = filterChannels(
    ["a", "b", "c", "d", "e"],
    readFilter(new URLSearchParams("sort=trouble")),
    (name) => states.get(name as "b"),
    () => assert.fail("asked without words"),
  );
  assert.deepEqual(names, ["d", "e", "b", "a", "c"]);
});

/** A channel with values, once the page shows them. */
function topicsOf(values: Record<string, unknown>) {
  const model = new ChannelModel("hall");
  model.receive({
    type: "snapshot",
    channel: "hall",
    epoch: "e",
    seq: 9,
    values: Object.entries(values).map(([name, value], seq) => (
      { topic: `devices/hall/${name}`, value, seq, time: 1, id: "1" }
    )),
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  const leave = model.topics.subscribe((topics) => topics.length > 0 && resolve());
  return promise.then(() => {
    leave();
    const { main, beside, more } = tileTopics(model.topics.value);
    const last = (topic: string | undefined) => topic?.split("/").at(-1);
    return { main: last(main?.topic), beside: beside.map(({ topic }) => last(topic)), more };
  });
}

Deno.test("a tile's main value is a number that is measured, else a state, else what there is", async () => {
  assert.deepEqual(await topicsOf({ a: "on", b: 1, rssi: -60, temperature: 20, humidity: 40 }), {
    main: "temperature",
    beside: ["humidity", "b", "a"],
    more: 1,
  });
  assert.equal((await topicsOf({ label: "x", zone: 3, rssi: -60 })).main, "zone");
  assert.equal((await topicsOf({ door: "open", rssi: -60 })).main, "door");
  assert.deepEqual(await topicsOf({ rssi: -60 }), { main: "rssi", beside: [], more: 0 });
});

/** Points of a path as pairs; one list per part. */
function parts(path: string): number[][][] {
  return path.split("M").slice(1).map((part) =>
    part.split(/[LHVh]/).map((pair) => pair.trim().split(" ").map(Number))
  );
}

Deno.test("an hour keeps its smallest and largest value, however many came", () => {
  const bins = new SparkBins();
  for (let i = 0; i < 36_000; i++) {
    const value = i === 12_345 ? 99 : i === 23_456 ? -99 : Math.sin(i);
    bins.add(NOW - HOUR + i * 100, value);
  }
  const { line, range, window } = bins.paths(NOW, 120, 48, false);
  assert.deepEqual(range, [-99, 99]);
  assert.equal(window, HOUR);
  const [points, ...more] = parts(line);
  assert.equal(more.length, 0, "no hole");
  assert.ok(points!.length <= 3 * 121, `${points!.length}`);
  assert.ok(points!.every(([x], index) => index === 0 || x! >= points![index - 1]![0]!));
  // A third and two thirds of the hour.
  const at = (y: number) => points!.find((point) => point[1] === y)![0]!;
  assert.ok(Math.abs(at(1) - 41.2) < 0.2, `${at(1)}`);
  assert.ok(Math.abs(at(47) - 78.2) < 0.2, `${at(47)}`);
});

Deno.test("points taken in twice, or from the history after newer ones, change nothing", () => {
  const [once, twice] = [new SparkBins(), new SparkBins()];
  const points = Array.from({ length: 200 }, (_, i) => [NOW - i * 15_000, i % 17] as const);
  for (const [time, value] of points.toReversed()) once.add(time, value);
  for (const [time, value] of [...points, ...points]) twice.add(time, value);
  assert.deepEqual(twice.paths(NOW, 120, 48, false), once.paths(NOW, 120, 48, false));
});

Deno.test("where a sensor was silent much longer than usual the line is cut", () => {
  const drawn = (times: number[]) => {
    const bins = new SparkBins();
    for (const minutes of times) bins.add(NOW - minutes * MINUTE, minutes % 3);
    return parts(bins.paths(NOW, 120, 48, false).line).map((part) => part.length);
  };
  const every = (step: number, from: number, until: number) =>
    Array.from({ length: Math.floor((from - until) / step) + 1 }, (_, i) => from - i * step);
  assert.deepEqual(drawn(every(0.5, 50, 0)).length, 1);
  assert.deepEqual(drawn([...every(0.5, 50, 30), ...every(0.5, 26, 0)]), [41, 53]);
  assert.deepEqual(drawn(every(5, 50, 0)).length, 1, "a slow sensor has no holes for that");
  assert.deepEqual(drawn([...every(1, 50, 30), 10]), [21, 2], "one alone is a dot");
});

Deno.test("states hold until the next one, from before the hour until now", () => {
  const bins = new SparkBins();
  bins.add(NOW - 3 * HOUR, 1);
  bins.add(NOW - HOUR / 2, 0);
  bins.add(NOW - HOUR / 4, 1);
  assert.equal(bins.paths(NOW, 120, 48, true).line, "M0 1H60V47H90V1H120V1");
  const quiet = new SparkBins();
  quiet.add(NOW - 3 * HOUR, 1);
  assert.equal(quiet.paths(NOW, 120, 48, true).line, "M0 24H120V24");
  assert.equal(quiet.paths(NOW, 120, 48, false).line, "", "a sample of then is none of now");
});

Deno.test("of a young channel the last minutes are drawn, as wide", () => {
  const bins = new SparkBins();
  bins.add(NOW - 2 * MINUTE, 1);
  bins.add(NOW, 2);
  const { line, window } = bins.paths(NOW, 120, 48, false);
  assert.equal(window, 5 * MINUTE);
  assert.equal(line, "M72 47L120 1");
});

Deno.test("a value alone is no line yet, and not unchanged", () => {
  for (const held of [false, true]) {
    const bins = new SparkBins();
    assert.equal(bins.paths(NOW, 120, 48, held).range, undefined);
    bins.add(NOW - MINUTE, 7);
    bins.add(NOW - MINUTE, 7);
    assert.equal(bins.paths(NOW, 120, 48, held).single, true);
    bins.add(NOW, 7);
    assert.equal(bins.paths(NOW, 120, 48, held).single, false);
    assert.deepEqual(bins.paths(NOW, 120, 48, held).range, [7, 7]);
  }
});

Deno.test("at most so many requests at a time, in order; those taken back never start", async () => {
  const queue = new RequestQueue(2);
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const add = (name: string) =>
    queue.add((signal) => {
      started.push(name);
      return new Promise((resolve, reject) => {
        ends.set(name, resolve);
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    });
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  const [leaveA] = ["a", "b", "c", "d"].map(add);
  const leaveE = add("e");
  assert.deepEqual(started, ["a", "b"]);
  leaveA!();
  await settled();
  assert.deepEqual(started, ["a", "b", "c"], "one that is aborted makes room");
  leaveE();
  ends.get("b")!();
  ends.get("c")!();
  await settled();
  ends.get("d")!();
  await settled();
  assert.deepEqual(started, ["a", "b", "c", "d"]);
});

/** A pool whose subscriptions and readings are noted; time passes when the test says so. */
function pool(limit: number) {
  const log: string[] = [];
  const source = (how: string) => (name: string) => {
    log.push(`${how} ${name}`);
    return { model: new ChannelModel(name), release: () => log.push(`un${how} ${name}`) };
  };
  const clock = { time: 0 };
  const tiles = new WatchPool({
    watch: source("watch"),
    poll: source("poll"),
    limit: () => limit,
    linger: 20,
    now: () => clock.time,
  });
  return { log, clock, pool: tiles };
}

async function until(what: () => boolean) {
  for (let i = 0; i < 200 && !what(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(what());
}

Deno.test("what the gateway's limit leaves no room for is polled until there is", async () => {
  const { log, pool: tiles } = pool(2);
  const models: ChannelModel[] = [];
  const leave = ["a", "b", "c"].map((name) => tiles.want(name, (model) => models.push(model)));
  assert.deepEqual(log, ["watch a", "watch b", "poll c"]);
  assert.equal(tiles.overflowed.value, true);
  assert.deepEqual(models.map(({ name }) => name), ["a", "b", "c"]);
  leave[0]!();
  await until(() => log.length === 6);
  assert.deepEqual(log.slice(3), ["unwatch a", "watch c", "unpoll c"]);
  assert.notEqual(models[3], models[2], "the live one takes over");
  tiles.want("d", () => {});
  assert.equal(log.at(-1), "poll d", "both places are taken");
  leave[1]!();
  leave[2]!();
  await until(() => log.includes("watch d"));
});

Deno.test("a flight over hundreds of tiles sends what the gateway takes, not more", async () => {
  const { log, clock, pool: tiles } = pool(1000);
  for (let i = 0; i < 1000; i++) tiles.want(`${i}`, () => {})();
  const leave = Array.from({ length: 300 }, (_, i) => tiles.want(`seen ${i}`, () => {}));
  const watched = () => log.filter((each) => each.startsWith("watch")).length;
  assert.equal(watched(), 90, "the burst");
  clock.time += 1000;
  await until(() => watched() > 90);
  assert.equal(watched(), 90 + 45, "what a second earns");
  for (const each of leave) each();
  const givenUp = log.filter((each) => each.startsWith("unwatch")).length;
  assert.equal(givenUp, 90 + 45, "each is given up");
  clock.time += 60_000;
  tiles.want("last", () => {});
  assert.equal(log.at(-1), "watch last");
  assert.equal(watched(), 90 + 45 + 1, "who left before its turn was forgotten");
});
