import assert from "node:assert/strict";
import { GapHistory } from "../../../gateway/nodes/liveness/gap_history.ts";

function isNear(actual: number, expected: number, part = 0.02) {
  assert.ok(Math.abs(actual - expected) <= expected * part, `${actual}, not about ${expected}`);
}

Deno.test("GapHistory knows nothing at first", () => {
  const gaps = new GapHistory();
  assert.deepEqual([gaps.count, gaps.quantile(0.5), gaps.long, gaps.longest], [0, 0, 0, 0]);
});

Deno.test("GapHistory: repetitions within a moment do not hide the pause", () => {
  const gaps = new GapHistory();
  for (let i = 0; i < 100; i++) {
    for (let k = 0; k < 30; k++) gaps.add(k % 3);
    gaps.add(10_000);
  }
  isNear(gaps.quantile(0.1), 10_000);
  isNear(gaps.long, 10_000, 0.15);
});

Deno.test("GapHistory: the interval is found though half of the packets are lost", () => {
  const gaps = new GapHistory();
  for (let i = 0, gap = 1000; i < 4000; i++) {
    if (((i * 2654435761) >>> 16) & 1) gap += 1000;
    else {
      gaps.add(gap);
      gap = 1000;
    }
  }
  isNear(gaps.quantile(0.1), 1000);
  assert.ok(gaps.long >= 2000 && gaps.long < 12_000, `${gaps.long}`);
});

Deno.test("GapHistory follows a new interval, slower at once and faster within some hundreds", () => {
  const gaps = new GapHistory();
  for (let i = 0; i < 1000; i++) gaps.add(1000);
  for (let i = 0; i < 3; i++) gaps.add(20_000);
  isNear(gaps.long, 20_000, 0.15);
  for (let i = 0; i < 1000; i++) gaps.add(1000);
  isNear(gaps.long, 1000, 0.15);
});

Deno.test("GapHistory takes any number", () => {
  const gaps = new GapHistory();
  for (const gap of [-5, 0, 1e-3, 2 ** 27, 2 ** 40, 1e300]) gaps.add(gap);
  assert.ok(gaps.long >= 0);
  assert.equal(gaps.count, 6);
});
