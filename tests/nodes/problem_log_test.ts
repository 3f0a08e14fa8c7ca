import assert from "node:assert/strict";
import { ProblemLog } from "../../gateway/nodes/problem_log.ts";
import { eventually } from "../support/eventually.ts";

Deno.test("the same problem of a node is one line, whatever numbers are in it", () => {
  const lines: string[] = [];
  const log = new ProblemLog({ log: (line) => lines.push(line) });
  for (let i = 0; i < 3000; i++) log.problem("attic", `frame of ${i} bytes (at byte ${i % 7})`);
  log.problem("cellar", "frame of 5 bytes (at byte 1)");
  assert.deepEqual(lines, [
    'node "attic": frame of 0 bytes (at byte 0)',
    'node "cellar": frame of 5 bytes (at byte 1)',
  ]);
  log.close();
  assert.deepEqual(lines.slice(2), ["nodes: 2999 more problems like these"]);
});

Deno.test("many nodes make few lines, and one that says how many more there were", async () => {
  const lines: string[] = [];
  const log = new ProblemLog({ log: (line) => lines.push(line), lines: 20, periodMs: 20 });
  for (let i = 0; i < 500; i++) log.problem(`node ${String.fromCodePoint(0x4e00 + i)}`, "wrong");
  assert.equal(lines.length, 20);
  await eventually("the rest", () => lines[20]);
  assert.equal(lines[20], "nodes: 480 more problems like these");
  // In the next period it is said again.
  log.problem("attic", "wrong");
  assert.equal(lines[21], 'node "attic": wrong');
  log.close();
  assert.equal(lines.length, 22);
});

Deno.test("of states the last one is said, also where it was said before", () => {
  const lines: string[] = [];
  const say = (line: string) => lines.push(line);
  const log = new ProblemLog({ log: say, subject: "device", states: true });
  for (const text of ["connected", "it closed the connection", "connected"]) {
    log.problem("board", text);
  }
  log.problem("other", "connected");
  assert.equal(lines.length, 3);
  log.close();
  assert.deepEqual(lines.slice(3), [
    "devices: 1 more lines like these",
    'device "board": connected',
  ]);
});

Deno.test("no name and no text can end a line or steer a terminal", () => {
  const lines: string[] = [];
  const log = new ProblemLog({ log: (line) => lines.push(line) });
  log.problem("a\n\x1b[31mgateway: all is well\u009b2J\u202e", "x\r\ny\x1b]0;z\x07");
  log.close();
  assert.deepEqual(lines, [
    String
      .raw`node "a\n\u001b[31mgateway: all is well\u009b2J\u202e": x\u000d\u000ay\u001b]0;z\u0007`,
  ]);
});
