/** What the Health view works out, and the order of names. */
import assert from "node:assert/strict";
import type { HealthAnswer } from "../../gateway/http/health_answer.ts";
import { compareNames } from "../../web/app/compare_names.ts";
import { Rates } from "../../web/app/health/rates.ts";
import { inOrder } from "../../web/app/nodes/receivers.ts";

function answer(run: string, uptime: number, messages: number, time: number): HealthAnswer {
  const counts = { broker: { messages }, history: { updates: messages * 2 } };
  return { run, uptime, time, ...counts } as HealthAnswer;
}

Deno.test("rates go by the uptime: a clock that is set meanwhile does not matter", () => {
  const rates = new Rates();
  assert.equal(rates.take(answer("a", 10, 100, 0)), undefined);
  assert.deepEqual(rates.take(answer("a", 12, 300, 1e12)), { messages: 100, updates: 200 });
  assert.deepEqual(rates.take(answer("a", 14, 300, 5)), { messages: 0, updates: 0 });
  assert.equal(rates.take(answer("a", 14, 300, 5)), undefined);
});

Deno.test("no rates across a restart, even where uptime and counters went on", () => {
  const rates = new Rates();
  rates.take(answer("a", 2, 100, 1000));
  assert.equal(rates.take(answer("b", 8, 900, 9000)), undefined);
  assert.deepEqual(rates.take(answer("b", 10, 902, 11_000)), { messages: 1, updates: 2 });
});

Deno.test("names are in the order people count in", () => {
  const names = ["room-10", "Attic", "room-2", "room-1", "hall"];
  assert.deepEqual(names.sort(compareNames), ["Attic", "hall", "room-1", "room-2", "room-10"]);
  const receivers = ["node-10", "node-9"].map((node) => ({
    node,
    heard: 1,
    share: 1,
    lastSeen: 0,
  }));
  assert.deepEqual(inOrder(receivers).map(({ node }) => node), ["node-9", "node-10"]);
});
