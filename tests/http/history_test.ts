import assert from "node:assert/strict";
import { historyAnswer, type Point, thin } from "../../gateway/http/history.ts";
import { historyCsv } from "../../gateway/http/history_csv.ts";
import { History, type TopicState } from "../../gateway/rooms/history.ts";
import type { Room } from "../../gateway/rooms/room.ts";
import type { SeriesAnswer } from "../../gateway/store/store_messages.ts";

interface Said {
  topic: string;
  /** Unix milliseconds. */
  time: number;
  value: unknown;
}

/** As much of a room as its history needs. @param kept Entries that its memory has */
function roomThat(said: Said[], kept: number, store: unknown = null): Room {
  const history = new History({ count: kept, bytes: 1e9, ageMs: 1e9 });
  const topics = new Map<string, TopicState>();
  said.forEach(({ topic, time, value }, i) => {
    const state = topics.get(topic) ??
      { topic, last: null, head: "", tail: "", stale: false, recorded: null, stored: 0 };
    const json = JSON.stringify(value);
    state.last = { seq: i + 1, time, topic: state, json, id: `id-${i}`, node: "" };
    topics.set(topic, state);
    history.append(state.last);
  });
  const about = { name: "room", epoch: "e", seq: said.length, topics, store };
  return { ...about, history } as unknown as Room;
}

/** One of a topic with values at 1000, 2000, ... ms. */
function roomOf(values: unknown[], kept = 100): Room {
  const said = values.map((value, i) => ({ topic: 'a,"b"', time: (i + 1) * 1000, value }));
  return roomThat(said, kept);
}

Deno.test("thin keeps the smallest and the largest of each span, in order", () => {
  const points: Point[] = Array.from({ length: 10_000 }, (_, i) => [i, Math.sin(i / 100)]);
  points[4321] = [4321, 50];
  points[7654] = [7654, -50];
  const thinned = thin(points, 200);
  assert.ok(thinned.length <= 200 && thinned.length > 150, `${thinned.length}`);
  assert.ok(thinned.some(([time, value]) => time === 4321 && value === 50));
  assert.ok(thinned.some(([time, value]) => time === 7654 && value === -50));
  assert.deepEqual(thinned, thinned.toSorted(([a], [b]) => a - b));
  assert.equal(thin(points.slice(0, 200), 200).length, 200, "few enough stay as they are");
});

Deno.test("thin bears equal times and equal values", () => {
  const same: Point[] = Array.from({ length: 100 }, () => [5, 1]);
  assert.deepEqual(thin(same, 10), [[5, 1]]);
  const flat: Point[] = Array.from({ length: 100 }, (_, i) => [i, 1]);
  assert.equal(thin(flat, 10).length, 5);
});

Deno.test("historyAnswer says whether all that was asked for is still held", async () => {
  const complete = async (room: Room, since: number) =>
    (await historyAnswer(room, [], since, 1e6, 100)).complete;
  assert.equal(await complete(roomOf([1, 2, 3]), 0), true, "nothing was forgotten");
  assert.equal(await complete(roomOf([]), 0), true, "nothing ever came");
  const cut = roomOf([1, 2, 3, 4, 5], 2);
  assert.equal(await complete(cut, 0), false);
  assert.equal(await complete(cut, 4500), true, "the span begins behind the oldest entry");
  assert.equal(await complete(cut, 9000), true, "nothing came in the span, and it is known");
});

Deno.test("historyAnswer takes the number of an object, and keeps other values aside", async () => {
  const answer = await historyAnswer(
    roomOf([{ value: 1 }, "text", 2, null]),
    [{ topic: 'a,"b"', unit: "°C" }],
    0,
    1e6,
    100,
  );
  assert.deepEqual(answer.series, [{
    topic: 'a,"b"',
    unit: "°C",
    points: [[1000, 1], [3000, 2]],
  }]);
  assert.deepEqual(answer.others, [{ topic: 'a,"b"', points: [[2000, "text"], [4000, null]] }]);
});

Deno.test("historyCsv quotes as RFC 4180 says", async () => {
  const text = (await Array.fromAsync(historyCsv(roomOf([1, 'x"y', { a: [1, 2] }]), 0, 1e6))).join(
    "",
  );
  assert.deepEqual(text.split("\r\n"), [
    "time,seq,topic,value,id",
    '1000,1,"a,""b""",1,id-0',
    '2000,2,"a,""b""","""x\\""y""",id-1',
    '3000,3,"a,""b""","{""a"":[1,2]}",id-2',
    "",
  ]);
});

Deno.test("true and false are told as 1 and 0, and as what they are", async () => {
  const answer = await historyAnswer(roomOf([true, false, true]), [], 0, 1e9, 100);
  assert.equal(answer.series[0]!.states, true);
  assert.deepEqual(answer.series[0]!.points.map(([, value]) => value), [1, 0, 1]);
  const numbers = await historyAnswer(roomOf([1, 0, 1]), [], 0, 1e9, 100);
  assert.equal(numbers.series[0]!.states, undefined);
});

/** A state that changes seldom, text, and a number that comes each second. */
const SAID: Said[] = [
  { topic: "pump", time: 10, value: true },
  { topic: "lamp", time: 20, value: "on" },
  { topic: "level", time: 30, value: { value: 7 } },
  { topic: "level", time: 25, value: 6 },
  ...Array.from({ length: 50 }, (_, i) => ({ topic: "n", time: 1000 * (i + 1), value: i })),
  { topic: "lamp", time: 50_500, value: "off" },
];

Deno.test("historyAnswer tells what each topic was before, beside the points", async () => {
  const room = roomThat(SAID, 1000);
  const { series, others } = await historyAnswer(
    room,
    [{ topic: "level", unit: "cm" }],
    40_500,
    1e6,
    4,
  );
  assert.deepEqual(series.map(({ topic, before, states }) => [topic, before, states]), [
    ["pump", [10, 1], true],
    ["level", [30, 7], undefined],
    ["n", [40_000, 39], undefined],
  ]);
  assert.deepEqual(series.map(({ points }) => points.length), [0, 0, 4]);
  assert.equal(series[1]!.unit, "cm");
  assert.deepEqual(others, [{ topic: "lamp", points: [[50_500, "off"]], before: [20, "on"] }]);
  const all = await historyAnswer(room, [], 10, 1e6, 100);
  assert.ok([...all.series, ...all.others].every((each) => !("before" in each)), "none was");
});

Deno.test("what memory has lost is told only as long as it is the newest of its topic", async () => {
  const room = roomThat(SAID, 20);
  const { series, others, complete } = await historyAnswer(room, [], 40_500, 1e6, 100);
  assert.equal(complete, true);
  assert.deepEqual(series.map(({ topic, before }) => [topic, before]), [
    ["pump", [10, 1]],
    // The later one had the earlier time: its clock was set back.
    ["level", [25, 6]],
    ["n", [40_000, 39]],
  ]);
  assert.deepEqual(others, [{ topic: "lamp", points: [[50_500, "off"]] }]);
});

Deno.test("while a store fails, memory tells what it has, and the store what was before", async () => {
  const told: SeriesAnswer = {
    series: [
      { topic: "pump", states: true, points: [], before: [10, 1] },
      { topic: "n", points: [[30_000, 29]], before: [29_000, 28] },
    ],
    others: [{ topic: "lamp", points: [], before: [20, "on"] }],
    complete: true,
    seq: 40,
  };
  const store = { state: { state: "failing" }, series: () => Promise.resolve(told) };
  const room = roomThat(SAID, 20, store);
  const { series, others } = await historyAnswer(room, [], 29_500, 1e6, 100);
  assert.deepEqual(series.map(({ topic, before }) => [topic, before]), [
    ["pump", [10, 1]],
    ["n", [29_000, 28]],
  ]);
  assert.equal(series[1]!.points.length, 20);
  assert.deepEqual(others, [
    { topic: "lamp", points: [[50_500, "off"]], before: [20, "on"] },
  ]);
  const recent = await historyAnswer(room, [], 40_500, 1e6, 100);
  assert.deepEqual(recent.series.map(({ topic, before }) => [topic, before]), [
    ["n", [40_000, 39]],
  ], "of the others there may be a gap");
});
