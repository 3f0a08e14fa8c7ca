import assert from "node:assert/strict";
import { covers, fill, FilterError, TopicFilter } from "../../gateway/topics/topic_filter.ts";

/** MQTT 3.1.1 sections 4.7.1 to 4.7.3, their own examples. */
const EXAMPLES: [filter: string, topic: string, matches: boolean][] = [
  ["sport/tennis/player1/#", "sport/tennis/player1", true],
  ["sport/tennis/player1/#", "sport/tennis/player1/ranking", true],
  ["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true],
  ["sport/#", "sport", true],
  ["#", "sport/tennis", true],
  ["sport/tennis/+", "sport/tennis/player1", true],
  ["sport/tennis/+", "sport/tennis/player1/ranking", false],
  ["sport/+", "sport", false],
  ["sport/+", "sport/", true],
  ["+/+", "/finance", true],
  ["/+", "/finance", true],
  ["+", "/finance", false],
  ["+/tennis/#", "sport/tennis/x", true],
  ["#", "$SYS/monitor", false],
  ["+/monitor/Clients", "$SYS/monitor/Clients", false],
  ["$SYS/#", "$SYS/monitor", true],
  ["$SYS/monitor/+", "$SYS/monitor/Clients", true],
  ["ACCOUNTS", "Accounts", false],
  ["sport", "sport/", false],
];

Deno.test("TopicFilter matches as section 4.7 of MQTT says", () => {
  for (const [filter, topic, matches] of EXAMPLES) {
    assert.equal(new TopicFilter(filter).match(topic) !== null, matches, `${filter} ~ ${topic}`);
    assert.equal(covers(filter, topic), matches, `${filter} covers ${topic}`);
  }
});

Deno.test("TopicFilter refuses malformed filters, saying why", () => {
  for (const text of ["sport/tennis#", "sport/tennis/#/ranking", "sport+", "a/+b", "#/"]) {
    assert.throws(() => new TopicFilter(text), (error: Error) => {
      assert.ok(error instanceof FilterError && error.message.includes(`"${text}"`));
      return true;
    });
  }
  assert.throws(() => new TopicFilter("a/:/b"), /name is missing/);
});

Deno.test("TopicFilter names levels, and templates take them up", () => {
  const match = new TopicFilter("lab/:room/+/#").match("lab/west/lamp/a/b")!;
  assert.deepEqual(match, { names: { room: "west" }, words: ["lamp"], rest: "a/b" });
  assert.equal(fill("x/:room/+/#/set", match), "x/west/lamp/a/b/set");
  assert.throws(() => fill(":floor", match), FilterError);
  assert.throws(() => fill("+/+", match), FilterError);
  assert.equal(new TopicFilter("lab/:room/+/#").subscription, "lab/+/+/#");
});

Deno.test("covers: whether one filter has all that another has", () => {
  const yes = [["#", "#"], ["#", "a/+"], ["a/#", "a/#"], ["a/+/#", "a/b/c/#"], ["+/b", "a/b"]];
  const no = [["a/+", "a/#"], ["+", "#"], ["a/b", "a/+"], ["#", "$SYS/#"], ["+/x", "$SYS/x"], [
    "a/#",
    "+/b",
  ]];
  for (const [outer, inner] of yes) assert.ok(covers(outer!, inner!), `${outer} > ${inner}`);
  for (const [outer, inner] of no) assert.ok(!covers(outer!, inner!), `not ${outer} > ${inner}`);
});
