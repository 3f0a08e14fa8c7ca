import assert from "node:assert/strict";
import { NumberRanges } from "../../gateway/verify/number_ranges.ts";
import { Random } from "../traces/support/random.ts";

/** The gaps between numbers, one after the other. */
function gapsOf(numbers: Iterable<number>): [number, number][] {
  const sorted = [...numbers].sort((a, b) => a - b);
  const gaps: [number, number][] = [];
  sorted.forEach((n, i) => {
    if (i > 0 && n > sorted[i - 1]! + 1) gaps.push([sorted[i - 1]! + 1, n - 1]);
  });
  return gaps;
}

Deno.test("numbers in any order: arrivals and gaps are those of a plain set", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Random(seed);
    const span = 2 + random.below(300);
    const start = random.below(2) === 0 ? 1 : 2 ** 53 - 1000;
    const ranges = new NumberRanges();
    const seen = new Set<number>();
    let largest = -Infinity;
    for (let i = random.below(600); i >= 0; i--) {
      const n = start + random.below(span);
      const expected = seen.has(n) ? "again" : n > largest ? "new" : "late";
      assert.equal(ranges.add(n), expected, `seed ${seed}`);
      seen.add(n);
      largest = Math.max(largest, n);
    }
    const gaps = gapsOf(seen);
    assert.deepEqual([...ranges.gaps()], gaps, `seed ${seed}`);
    assert.deepEqual([ranges.first, ranges.last], [Math.min(...seen), largest]);
    assert.equal(ranges.missing, gaps.reduce((sum, [from, to]) => sum + to - from + 1, 0));
  }
});

Deno.test("more gaps than are kept: the sum stays exact, and what comes there is not guessed", () => {
  const ranges = new NumberRanges(2000);
  const all = 10_000;
  for (let i = 0; i < all; i++) ranges.add(1 + 3 * i);
  assert.equal(ranges.missing, 2 * (all - 1));
  const kept = [...ranges.gaps()];
  assert.ok(kept.length <= 2001 && kept.length >= 900, String(kept.length));
  assert.equal(ranges.settledMissing + 2 * kept.length, 2 * (all - 1));
  assert.equal(ranges.add(2), "unknown");
  assert.equal(ranges.add(1), "unknown");
  const [from] = kept[0]!;
  assert.equal(ranges.add(from), "late");
  assert.equal(ranges.add(from), "again");
  assert.equal(ranges.add(from - 1), "again");
  assert.equal(ranges.missing, 2 * (all - 1) - 1);
  assert.equal([...ranges.gaps()].length, kept.length);
});

Deno.test("a number below what was summed up is late", () => {
  const ranges = new NumberRanges(4);
  for (let i = 0; i < 50; i++) ranges.add(100 + 2 * i);
  assert.equal(ranges.add(50), "late");
  assert.equal(ranges.first, 50);
  assert.equal(ranges.missing, 49 + 49);
});
