/** What the delay view makes of its samples. */
import assert from "node:assert/strict";
import { binOf, BINS, place, TICKS } from "../../web/app/delay/delay_bins.ts";
import { DelaySamples, KEPT } from "../../web/app/delay/delay_samples.ts";
import { formatDelay, formatLength, formatLoss } from "../../web/app/delay/format_delay.ts";

/** Numbers that look random and are the same each time. */
function* numbers(count: number): Generator<number> {
  let state = 12345;
  for (let i = 0; i < count; i++) {
    state = (state * 1103515245 + 12345) % 2147483648;
    yield 0.05 * 10 ** (state / 2147483648 * 5);
  }
}

/** The definition, counted out: the smallest value that so many do not exceed. */
function byCounting(values: number[], share: number): number {
  const fits = (limit: number) =>
    values.filter((value) => value <= limit).length >= share * values.length;
  return values.toSorted((a, b) => a - b).find(fits)!;
}

function filled(values: Iterable<number>): DelaySamples {
  const samples = new DelaySamples();
  let number = 0;
  for (const value of values) samples.add(number, 10 * number++, value);
  return samples;
}

Deno.test("percentiles are exact, by nearest rank", () => {
  for (const count of [1, 2, 3, 19, 20, 99, 100, 101, 1000]) {
    const values = [...numbers(count)];
    const said = filled(values).statistics();
    assert.equal(said.count, count);
    assert.equal(said.median, byCounting(values, 0.5), `median of ${count}`);
    const [p95, p99] = [byCounting(values, 0.95), byCounting(values, 0.99)];
    assert.equal(said.p95, count < 20 ? undefined : p95, `95th of ${count}`);
    assert.equal(said.p99, count < 100 ? undefined : p99, `99th of ${count}`);
    assert.equal(said.longest, Math.max(...values));
    assert.equal(said.shortest, Math.min(...values));
  }
});

Deno.test("jitter is the mean absolute difference of consecutive delays", () => {
  assert.equal(filled([]).statistics().jitter, undefined);
  assert.equal(filled([5]).statistics().jitter, undefined);
  assert.equal(filled([1, 4, 2]).statistics().jitter, (3 + 2) / 2);
  assert.equal(filled([7, 7, 7]).statistics().jitter, 0);
});

Deno.test("beyond 100,000 the newest are kept, and all are counted", () => {
  const values = [...numbers(KEPT)];
  assert.equal(filled(values).statistics().p99, values.toSorted((a, b) => a - b)[0.99 * KEPT - 1]);
  const samples = filled(function* () {
    yield* numbers(1000);
    yield 99_999;
    for (let i = 0; i < KEPT; i++) yield 2;
  }());
  const { count, median, p99, longest } = samples.statistics();
  assert.equal(count, KEPT + 1001);
  assert.deepEqual([median, p99, longest], [2, 2, 99_999]);
  const kept = [...samples.all()];
  assert.equal(kept.length, KEPT);
  assert.deepEqual(kept[0], [1001, 10_010, 2]);
  assert.deepEqual(kept.at(-1), [KEPT + 1000, 10 * (KEPT + 1000), 2]);
  assert.equal(samples.bins.reduce((sum, each) => sum + each), count);
});

Deno.test("statistics are made anew only when they are too old", () => {
  const samples = filled([1]);
  const first = samples.statistics(1000, 500);
  samples.add(1, 0, 3);
  assert.equal(samples.statistics(1499, 500), first);
  assert.equal(samples.statistics(1500, 500).longest, 3);
});

Deno.test("bins: even on a logarithmic axis, and nothing falls off it", () => {
  assert.deepEqual([-3, 0, 0.05, 0.1].map(binOf), [0, 0, 0, 0]);
  assert.deepEqual([10_000, 1e9, Infinity].map(binOf), [BINS - 1, BINS - 1, BINS - 1]);
  assert.equal(binOf(NaN), 0);
  assert.deepEqual(TICKS.slice(0, -1).map(binOf), [0, 8, 16, 24, 32]);
  assert.deepEqual([0.999, 9.99, 99.9].map(binOf), [7, 15, 23]);
  assert.deepEqual(TICKS.map((tick) => Number(place(tick).toFixed(6))), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.equal(new Set([0.1, 0.2, 0.3, 0.4, 0.5].map(binOf)).size, 5, "steps of a browser's clock");
});

Deno.test("figures keep about one width", () => {
  const said = [undefined, -0.123, 0.1, 9.996, 99.96, 999.4, 999.6, 12_345].map(formatDelay);
  assert.deepEqual(said, [
    "–",
    "-0.12 ms",
    "0.10 ms",
    "10.0 ms",
    "100 ms",
    "999 ms",
    "1.00 s",
    "12.3 s",
  ]);
  assert.equal(formatLength(0), "0:00:00");
  assert.equal(formatLength(3_599_999), "0:59:59");
  assert.equal(formatLength(36_061_000), "10:01:01");
});

Deno.test("loss says how many and which share, and when it is a bound", () => {
  assert.equal(formatLoss({ count: 0 }, 0), "0 (0 %)");
  assert.equal(formatLoss({ count: 1 }, 10_000), "1 (0.010 %)");
  assert.equal(formatLoss({ count: 3 }, 200), "3 (1.5 %)");
  assert.equal(formatLoss({ count: 90 }, 100), "90 (90 %)");
  assert.equal(formatLoss({ count: 7, upTo: true }, 70), "≤ 7 (10 %)");
});
