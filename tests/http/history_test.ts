import assert from "node:assert/strict";
import { historyAnswer, type Point, thin } from "../../gateway/http/history.ts";
import { historyCsv } from "../../gateway/http/history_csv.ts";
import { History } from "../../gateway/rooms/history.ts";
import type { Room } from "../../gateway/rooms/room.ts";

/** As much of a room as its history needs: values at 1000, 2000, ... ms. */
function roomOf(values: unknown[], kept = 100): Room {
  const history = new History({ count: kept, bytes: 1e9, ageMs: 1e9 });
  values.forEach((value, i) =>
    history.append({
      seq: i + 1,
      time: (i + 1) * 1000,
      topic: {
        topic: 'a,"b"',
        last: null,
        head: "",
        tail: "",
        stale: false,
        recorded: null,
        stored: 0,
      },
      json: JSON.stringify(value),
      id: `id-${i}`,
      node: "",
    })
  );
  const about = { name: "room", epoch: "e", seq: values.length, topics: new Map(), store: null };
  return { ...about, history } as unknown as Room;
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
