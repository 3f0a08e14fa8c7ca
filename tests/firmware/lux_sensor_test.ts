import assert from "node:assert/strict";
import {
  countsFor,
  GAINS,
  INTEGRATION_MS,
  LADDER,
  type LuxRange,
  LuxSensor,
  nextRung,
  resolution,
} from "../../firmware/simulated/lux_sensor.ts";
import { clearSky, WindowLight } from "../../firmware/simulated/window_light.ts";

/** Vishay application note 84323, table "Resolution": lx per count by ms, for gain 2, 1, 1/4, 1/8. */
const TABLE: Record<typeof INTEGRATION_MS[number], [number, number, number, number]> = {
  800: [0.0036, 0.0072, 0.0288, 0.0576],
  400: [0.0072, 0.0144, 0.0576, 0.1152],
  200: [0.0144, 0.0288, 0.1152, 0.2304],
  100: [0.0288, 0.0576, 0.2304, 0.4608],
  50: [0.0576, 0.1152, 0.4608, 0.9216],
  25: [0.1152, 0.2304, 0.9216, 1.8432],
};

Deno.test("every range has the resolution of Vishay's table", () => {
  for (const integration_ms of INTEGRATION_MS) {
    GAINS.toReversed().forEach((gain, column) => {
      const expected = TABLE[integration_ms][column]!;
      assert.ok(Math.abs(resolution({ gain, integration_ms }) - expected) < 1e-12);
    });
  }
});

Deno.test("counts stop at 16 bits: 236 lx on the finest range, 120796 lx on the coarsest", () => {
  const finest: LuxRange = { gain: 2, integration_ms: 800 };
  const coarsest: LuxRange = { gain: 1 / 8, integration_ms: 25 };
  assert.strictEqual(countsFor(235, finest), 65278);
  assert.strictEqual(countsFor(236, finest), 65535);
  assert.strictEqual(countsFor(120_700, coarsest), 65484);
  assert.strictEqual(countsFor(1e9, coarsest), 65535);
  assert.strictEqual(countsFor(-1, finest), 0);
});

Deno.test("each rung of the ladder is finer than the one before", () => {
  LADDER.slice(1).forEach((range, index) =>
    assert.ok(resolution(range) < resolution(LADDER[index]!))
  );
});

Deno.test("a step to another rung never asks for a step back", () => {
  for (let rung = 0; rung < LADDER.length; rung++) {
    for (const counts of [0, 99, 100, 101, 9_999, 10_000, 10_001, 65_534]) {
      const next = nextRung(rung, counts);
      if (next === rung) continue;
      const lux = counts * resolution(LADDER[rung]!);
      assert.notEqual(nextRung(next, countsFor(lux, LADDER[next]!)), rung, `${rung}, ${counts}`);
    }
  }
});

for (const lux of [0.5, 3, 40, 320, 2_500, 18_000, 90_000]) {
  Deno.test(`settles on a range that resolves ${lux} lx`, () => {
    const sensor = new LuxSensor();
    for (let sample = 0; sample < LADDER.length; sample++) sensor.sample(lux);
    const range = sensor.range;
    for (let sample = 0; sample < 50; sample++) {
      const reading = sensor.sample(lux);
      assert.deepEqual(sensor.range, range);
      assert.ok(reading.counts > 100 && reading.counts < 65_535, `${reading.counts} counts`);
      assert.ok(Math.abs(reading.lux / lux - 1) < 0.15, `${reading.lux} lx`);
    }
  });
}

Deno.test("a lamp switched on in the dark is measured at once, on the coarsest range", () => {
  const sensor = new LuxSensor();
  for (let sample = 0; sample < LADDER.length; sample++) sensor.sample(0.01);
  assert.deepEqual(sensor.range, LADDER.at(-1));
  const reading = sensor.sample(5_000);
  assert.strictEqual(reading.saturated, false);
  assert.strictEqual(reading.integration_ms, 25);
  assert.ok(Math.abs(reading.lux - 5_000) < 200, `${reading.lux} lx`);
});

Deno.test("more light than the coarsest range says so", () => {
  const reading = new LuxSensor().sample(200_000);
  assert.strictEqual(reading.saturated, true);
  assert.strictEqual(reading.counts, 65_535);
  assert.strictEqual(reading.lux, 120_794.112);
});

Deno.test("a day goes through all ranges, deterministic by seed, and is never negative", () => {
  const day = (seed: number) => {
    const light = new WindowLight({ seed, day_seconds: 1200 });
    const sensor = new LuxSensor(seed);
    return Array.from({ length: 1200 }, () => {
      light.step(1);
      return { ...sensor.sample(light.lux), true_lux: light.lux, lamp: light.lamp };
    });
  };
  const readings = day(3);
  assert.deepEqual(day(3), readings);
  assert.notDeepEqual(day(4), readings);
  const ranges = new Set(readings.map(({ gain, integration_ms }) => `${gain} ${integration_ms}`));
  assert.ok(ranges.size >= 6, [...ranges].join(", "));
  assert.ok(readings.every(({ lux, saturated }) => lux >= 0 && !saturated));
  assert.ok(readings.some(({ lamp }) => lamp) && readings.some(({ lamp }) => !lamp));
  assert.ok(Math.max(...readings.map(({ lux }) => lux)) > 10_000);
  assert.ok(Math.min(...readings.map(({ true_lux }) => true_lux)) < 1);
});

Deno.test("the clear sky is brightest at noon and darkest at midnight", () => {
  const hours = Array.from({ length: 24 }, (_, hour) => clearSky(hour));
  assert.strictEqual(hours.indexOf(Math.max(...hours)), 12);
  assert.strictEqual(hours.indexOf(Math.min(...hours)), 0);
});
