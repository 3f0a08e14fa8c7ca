import assert from "node:assert/strict";
import { RunningClock } from "../gateway/running_clock.ts";

function clockAt(begin: number) {
  const time = { now: begin };
  const stalls: number[] = [];
  const clock = new RunningClock({
    monotonic: () => time.now,
    periodMs: 250,
    onStall: (ms) => stalls.push(ms),
  });
  return { time, stalls, clock };
}

Deno.test("RunningClock runs with the clock while the process does", () => {
  const { time, stalls, clock } = clockAt(1000);
  for (; time.now < 60_000; time.now += 250) assert.equal(clock.now(), time.now);
  // Somewhat late is no stall.
  time.now += 900;
  assert.equal(clock.now(), time.now);
  assert.deepEqual(stalls, []);
});

Deno.test("RunningClock leaves out what the process stood still", () => {
  const { time, stalls, clock } = clockAt(1000);
  time.now += 250;
  clock.now();
  time.now += 60_250;
  assert.equal(clock.now(), 1500, "one period of it was due");
  assert.deepEqual(stalls, [60_000]);
  assert.deepEqual([clock.stalls, clock.stalledMs], [1, 60_000]);
  time.now += 100;
  assert.equal(clock.now(), 1600);
  assert.equal(clock.look(time.now - 50), 1550, "an earlier moment changes nothing");
});
