import assert from "node:assert/strict";
import { channelsAnswer } from "../../gateway/http/channels_answer.ts";
import type { Rooms } from "../../gateway/rooms/rooms.ts";

/** Rooms with so many topics each. */
function rooms(topics: Record<string, number>): Rooms {
  const all = Object.entries(topics).map(([name, count]) => ({
    name,
    seq: 1,
    time: 2,
    updates: 3,
    members: new Set(),
    topics: new Map(Array.from({ length: count }, (_, i) => [`${name}/${i}`, {}])),
  }));
  const units = [{ unit: "°C" }, { unit: "%" }, { unit: "°C" }, {}];
  return { epoch: "e", all: () => all, descriptions: () => units } as unknown as Rooms;
}

Deno.test("channels name their topics and units when asked to", () => {
  const about = { name: "hall", seq: 1, time: 2, topics: 2, updates: 3, members: 0 };
  assert.deepEqual(channelsAnswer(rooms({ hall: 2 }), false), { epoch: "e", channels: [about] });
  assert.deepEqual(channelsAnswer(rooms({ hall: 2 }), true).channels, [
    { ...about, names: ["hall/0", "hall/1"], units: ["°C", "%"] },
  ]);
});

Deno.test("too many topics are counted instead of named", () => {
  const { channels, left } = channelsAnswer(rooms({ a: 60_000, b: 60_000, c: 5 }), true);
  assert.deepEqual(channels.map(({ names }) => names!.length), [60_000, 40_000, 0]);
  assert.equal(left, 20_005);
  assert.equal("left" in channelsAnswer(rooms({ a: 100_000 }), true), false);
});
