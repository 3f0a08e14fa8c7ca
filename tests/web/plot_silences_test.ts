/** Over which pauses no line is drawn. */
import assert from "node:assert/strict";
import { longestPauseOf, Silences } from "../../web/app/plot/silences.ts";

const SECOND = 1000;

function every(interval: number, count: number): [number, number][] {
  return Array.from({ length: count }, (_, i) => [i * interval, 0]);
}

Deno.test("five intervals without a value are a silence, but never a second", () => {
  assert.equal(longestPauseOf(every(10 * SECOND, 100)), 50 * SECOND);
  assert.equal(longestPauseOf(every(1, 100)), SECOND);
  assert.equal(longestPauseOf(every(SECOND, 20_000)), 5 * SECOND);
});

Deno.test("what comes at any time is never silent", () => {
  assert.equal(longestPauseOf(every(SECOND, 5)), Infinity, "too few to say");
  let time = 0;
  const onChange = Array.from({ length: 200 }, (_, i): [number, number] => {
    time += i % 5 === 0 ? 60 * SECOND : SECOND;
    return [time, 0];
  });
  assert.equal(longestPauseOf(onChange), Infinity);
});

Deno.test("one packet of four lost on the radio is no silence", () => {
  const kept = every(SECOND, 400).filter((_, i) => (i * 7919) % 101 > 25);
  const longest = longestPauseOf(kept);
  assert.equal(longest, 5 * SECOND);
});

Deno.test("a history that keeps two extremes of each slice is regular", () => {
  const thinned = Array.from({ length: 300 }, (_, i): [number, number][] => [
    [i * 72 * SECOND + (i * 37 % 30) * SECOND, 0],
    [i * 72 * SECOND + (35 + i * 53 % 36) * SECOND, 1],
  ]).flat();
  const longest = longestPauseOf(thinned);
  assert.ok(longest > 144 * SECOND && longest < 400 * SECOND, `${longest}`);
});

Deno.test("live values are judged by those before, and a new interval is soon the rule", () => {
  const silences = new Silences();
  const take = (pause: number, count: number) =>
    Array.from({ length: count }, () => silences.take(pause)).filter(Boolean).length;
  assert.equal(take(SECOND, 32), 0);
  assert.equal(take(4 * SECOND, 1), 0);
  assert.equal(take(6 * SECOND, 1), 1);
  assert.equal(take(SECOND, 14), 0);
  assert.ok(take(60 * SECOND, 40) <= 16, "a device that now reports each minute");
  assert.equal(take(60 * SECOND, 10), 0);
  silences.reset(100);
  assert.equal(silences.take(101), true, "as the history said");
});
