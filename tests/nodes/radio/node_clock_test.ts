import assert from "node:assert/strict";
import { NodeClock } from "../../../gateway/nodes/radio/node_clock.ts";

Deno.test("a node's times are told on our clock, whatever its own says", () => {
  const clock = new NodeClock();
  // Booted 5 s before our clock began; messages take 3 to 40 ms.
  assert.equal(clock.at(6000, 1040), 1040);
  assert.equal(clock.at(7000, 2003), 2003);
  assert.equal(clock.at(8000, 3030), 3003.001 * 1 + 1.026);
});

Deno.test("frames that waited in a queue are as old as they are", () => {
  const clock = new NodeClock();
  clock.at(1000, 101_000);
  // Thirty seconds without a broker, then everything at once.
  for (let i = 0; i < 30; i++) {
    const at = clock.at(2000 + i * 1000, 132_000);
    assert.ok(Math.abs(at - (102_000 + i * 1000)) < 40, `${i}: ${at}`);
  }
});

Deno.test("a clock that is set is followed at once, forwards and backwards", () => {
  const clock = new NodeClock();
  clock.at(1_000, 50_000);
  const synchronised = 1_795_000_000_000;
  assert.equal(clock.at(synchronised, 51_000), 51_000);
  assert.equal(clock.at(synchronised + 500, 51_500), 51_500);
  assert.equal(clock.at(synchronised - 86_400_000, 52_000), 52_000);
  // An hour for summer time.
  assert.equal(clock.at(synchronised - 86_400_000 + 3_600_000, 53_000), 53_000);
});

Deno.test("a clock that runs slow is followed slowly", () => {
  const clock = new NodeClock();
  let at = 0;
  // 100 ppm for an hour.
  for (let ms = 0; ms < 3_600_000; ms += 1000) at = clock.at(ms * 0.9999, ms);
  assert.ok(Math.abs(at - 3_599_000) < 2, String(at));
});

Deno.test("no frame was heard after its message came", () => {
  const clock = new NodeClock();
  clock.at(0, 1000);
  assert.ok(clock.at(5000, 1500) <= 1500);
});
