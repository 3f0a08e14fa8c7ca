/** So many rows in any second. */
import assert from "node:assert/strict";
import { RowPace } from "../../gateway/http/row_pace.ts";

Deno.test("no second has more rows, neither the first nor one after a quiet time", () => {
  const pace = new RowPace(5);
  const times_ms: number[] = [];
  const flood = (from: number, to: number) => {
    for (let now = from; now < to; now += 10) if (pace.take(now)) times_ms.push(now);
  };
  flood(0, 3005);
  flood(60_000, 62_500);
  assert.equal(times_ms.length, 3 * 5 + 1 + 3 * 5, "and as many as may be");
  for (const start of times_ms) {
    const within = times_ms.filter((time) => time >= start && time < start + 1000);
    assert.ok(within.length <= 5, `${within}`);
  }
});
