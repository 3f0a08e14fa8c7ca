import assert from "node:assert/strict";
import { Hono } from "hono";
import {
  addChannels,
  type ChannelsAnswer,
  channelsAnswer,
} from "../../gateway/http/channels_answer.ts";
import type { Rooms } from "../../gateway/rooms/rooms.ts";

/** Rooms with so many topics each. */
function rooms(topics: Record<string, number>): Rooms {
  const all = Object.entries(topics).map(([name, count]) => ({
    name,
    seq: 1,
    time: 2,
    updates: 3,
    present: 0,
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

Deno.test("topics beyond the limit are not even looked at", () => {
  const all = rooms({ a: 150_000, b: 5 });
  let looked = 0;
  for (const { topics } of all.all()) {
    const { keys } = topics;
    topics.keys = () => keys.call(topics).map((topic) => (looked++, topic));
  }
  assert.equal(channelsAnswer(all, true).left, 50_005);
  assert.equal(looked, 100_000);
});

Deno.test("who asks for names again and again gets the same answer for a moment", async () => {
  const all = rooms({ a: 100_000 });
  let made = 0;
  const { all: list } = all;
  all.all = () => (made++, list());
  const app = new Hono();
  addChannels(app as unknown as Parameters<typeof addChannels>[0], all);
  const ask = async (query: string): Promise<ChannelsAnswer> => {
    const response = await app.request(`/api/channels${query}`);
    assert.match(response.headers.get("content-type")!, /^application\/json/);
    return await response.json();
  };
  const first = await ask("?names=true");
  assert.equal(first.channels[0]!.names!.length, 100_000);
  assert.deepEqual(await ask("?names=true"), first);
  assert.equal(made, 1);
  assert.equal((await ask("")).channels[0]!.names, undefined);
  await ask("");
  assert.equal(made, 3, "without names it is always new");
});
