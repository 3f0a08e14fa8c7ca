/**
 * The parts a summary is made of.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Conversation } from "../../../traces/flows/conversation.ts";
import { Endpoints } from "../../../traces/flows/endpoints.ts";
import { Observer } from "../../../traces/flows/observer.ts";
import { Commands } from "../../../traces/report/summary/commands.ts";
import { Durations } from "../../../traces/report/summary/durations.ts";
import { HeldFacts } from "../../../traces/report/summary/held_facts.ts";
import { Overhead } from "../../../traces/report/summary/overhead.ts";
import { ProblemCounts } from "../../../traces/report/summary/problem_counts.ts";
import { durationText, rateText, timeText } from "../../../traces/report/summary/quantities.ts";
import { counted, grouped, textTable, wrapped } from "../../../traces/report/summary/text_table.ts";
import { MAX_TOPICS, Topics } from "../../../traces/report/summary/topics.ts";
import { Dissection } from "../../../traces/wire/dissection.ts";
import { rule } from "../../../traces/wire/problem.ts";

Deno.test("durations keep least and greatest exactly and quantiles within 1 %", () => {
  const durations = new Durations();
  for (let i = 1; i <= 1000; i++) durations.add(i / 1000);
  assert.equal(durations.least, 0.001);
  assert.equal(durations.greatest, 1);
  for (const share of [0.5, 0.95, 0.99]) {
    const found = durations.quantile(share);
    assert.ok(Math.abs(found / share - 1) < 0.011, `${share}: ${found}`);
  }
});

Deno.test("durations of nothing, of one, and of a clock that went back", () => {
  const durations = new Durations();
  assert.equal(durations.quantile(0.5), 0);
  durations.add(-3);
  assert.deepEqual([durations.least, durations.greatest, durations.count], [0, 0, 1]);
  durations.add(1e9);
  assert.equal(durations.greatest, 1e9);
  assert.equal(durations.quantile(1) <= 1e9, true);
});

Deno.test("topics are counted by their bytes and by their text alike", () => {
  const topics = new Topics();
  const bytes = new TextEncoder().encode("xxdevices/désk/tyy");
  topics.addBytes(bytes, 2, bytes.length - 4, 10, 1);
  topics.addText("devices/désk/t", 20, 3);
  topics.addText("other", 1, 2);
  assert.deepEqual(topics.counts, [
    { topic: "devices/désk/t", messages: 2, bytes: 30, first: 1, last: 3 },
    { topic: "other", messages: 1, bytes: 1, first: 2, last: 2 },
  ]);
});

Deno.test("topics beyond the bound are counted together", () => {
  const topics = new Topics();
  for (let i = 0; i < MAX_TOPICS + 5; i++) topics.addText(`t/${i}`, 1, 0);
  assert.equal(topics.counts.length, MAX_TOPICS);
  assert.equal(topics.others, 5);
  topics.addText("t/7", 1, 0);
  assert.equal(topics.counts[7]!.messages, 2);
});

Deno.test("a command is answered on its topic, whoever hands it on", () => {
  const commands = new Commands();
  assert.equal(commands.text("devices/lamp/power", 0), -1);
  assert.equal(commands.text("devices/lamp/power/set", 1), -1);
  assert.equal(commands.text("devices/lamp/power/set", 1.25), -1);
  assert.equal(commands.text("devices/lamp/level", 1.5), -1);
  assert.equal(commands.text("devices/lamp/power", 1.75), 0.75);
  assert.equal(commands.text("devices/lamp/power", 2), -1);
  commands.text("edgewire/v1/node/set", 3);
  assert.equal(commands.text("edgewire/v1/node/set/result", 3.5), 0.5);
  commands.text("late/set", 10);
  assert.equal(commands.text("late", 100), -1);
});

Deno.test("overhead has mean, least and greatest", () => {
  const overhead = new Overhead();
  overhead.add(2, 100);
  overhead.add(14, 70_000);
  assert.deepEqual(
    [overhead.count, overhead.mean, overhead.least, overhead.greatest, overhead.payload],
    [2, 8, 2, 14, 70_100],
  );
});

Deno.test("problems are listed worst first, each with the frames it was seen in", () => {
  const note = rule("a", "note", "seldom");
  const error = rule("b", "error", "bad", "RFC 1, 2");
  const counts = new ProblemCounts();
  for (let frame = 1; frame <= 100; frame++) {
    counts.add({ rule: note, frame, offset: 0, source: 0, detail: undefined });
  }
  counts.add({ rule: error, frame: 7, offset: 3, source: 0, detail: "length 130" });
  counts.add({ rule: error, frame: 7, offset: 9, source: 0, detail: "length 131" });
  const [first, second] = counts.sorted();
  assert.deepEqual([first!.rule, first!.count, first!.frames, first!.detail], [
    error,
    2,
    [7],
    "length 130",
  ]);
  assert.deepEqual([second!.rule, second!.count, second!.frames.length], [note, 100, 10]);
});

Deno.test("quantities read well", () => {
  assert.equal(durationText(0.001234), "1.23 ms");
  assert.equal(durationText(4.5e-8), "45.0 ns");
  assert.equal(durationText(0.00099999), "1.00 ms");
  assert.equal(durationText(999.7), "1000 s");
  assert.equal(durationText(12345.6), "12346 s");
  assert.equal(timeText(1700000000.5), "2023-11-14T22:13:20.500000Z");
  assert.equal(timeText(1e18), "-");
  assert.equal(rateText(11, 10), "1.10");
  assert.equal(rateText(5_000_000, 2), "2,500,000");
  assert.equal(rateText(1, 0), "-");
  assert.equal(grouped(1234567), "1,234,567");
  assert.deepEqual(textTable(["a", "n"], [["xyz", 1000], ["q", 2]]), [
    "a        n",
    "xyz  1,000",
    "q        2",
  ]);
});

Deno.test("long texts and lists stay readable", () => {
  assert.equal(textTable(["topic"], [["t".repeat(200)]])[1], `${"t".repeat(59)}…`);
  assert.equal(counted(1, "frame"), "1 frame");
  assert.equal(counted(2000, "frame"), "2,000 frames");
  assert.deepEqual(wrapped("  short, line"), ["  short, line"]);
  const lines = wrapped(`  ${Array.from({ length: 60 }, (_, i) => `item${i}`).join(", ")}`);
  assert.ok(lines.length > 3 && lines.every((line) => line.length <= 100));
  assert.ok(lines.slice(1).every((line) => line.startsWith("      item")));
});

Deno.test("what is told of a frame is held back until it counts", () => {
  const told: string[] = [];
  class Target extends Observer {
    override opened({ index }: Conversation) {
      told.push(`opened ${index}`);
    }
    override segment(_: Conversation, side: number, length: number) {
      told.push(`segment ${side} ${length}`);
    }
    override mqttPacket(...[, , , , , , , , topic]: Parameters<Observer["mqttPacket"]>) {
      told.push(`topic ${topic}`);
    }
  }
  const held = new HeldFacts(new Target());
  const conversation = new Conversation(7, "tcp", new Endpoints());
  held.opened(conversation);
  held.segment(conversation, 0, 60, 0);
  held.release(false);
  assert.deepEqual(told, []);
  const d = new Dissection(0);
  const bytes = new TextEncoder().encode("a/b");
  d.begin(bytes, 0, 3, 3);
  for (let frame = 0; frame < 2; frame++) {
    held.segment(conversation, 1, 70, 4);
    held.mqttPacket(d, conversation, 1, 3, 9, 1, 0, 3, undefined);
    bytes.fill(0x78);
    held.release(true);
  }
  assert.deepEqual(told, ["opened 7", "segment 1 70", "topic a/b", "segment 1 70", "topic xxx"]);
});
