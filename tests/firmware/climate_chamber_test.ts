import assert from "node:assert/strict";
import {
  type ChamberOptions,
  type ChamberReading,
  clampSetpoint,
  ClimateChamber,
} from "../../firmware/simulated/climate_chamber.ts";
import { COUPLES_127, heatFlow } from "../../firmware/simulated/thermoelectric_cooler.ts";

/** Readings of each second. */
function run(chamber: ClimateChamber, seconds: number): ChamberReading[] {
  return Array.from({ length: seconds }, () => {
    chamber.step(1);
    return chamber.reading;
  });
}

function settled(options: ChamberOptions): ChamberReading[] {
  const chamber = new ClimateChamber(options);
  run(chamber, 1200);
  return run(chamber, 1200);
}

function near(actual: number, expected: number, tolerance: number) {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, not ${expected} ± ${tolerance}`);
}

for (const setpoint_c of [-10, 5, 18]) {
  Deno.test(`cools from 22 °C to ${setpoint_c} °C and holds it with the cooler alone`, () => {
    const readings = settled({ setpoint_c });
    for (const { temperature } of readings) near(temperature, setpoint_c, 1.2);
    assert.ok(readings.some(({ cooler }) => cooler), "cooler never on");
    assert.ok(readings.every(({ heater }) => !heater), "heater on");
  });
}

for (const setpoint_c of [30, 60]) {
  Deno.test(`heats from 22 °C to ${setpoint_c} °C and holds it with the heater alone`, () => {
    const readings = settled({ setpoint_c });
    for (const { temperature } of readings) near(temperature, setpoint_c, 1.2);
    assert.ok(readings.some(({ heater }) => heater), "heater never on");
    assert.ok(readings.every(({ cooler }) => !cooler), "cooler on");
  });
}

Deno.test("a setpoint at ambient switches nothing", () => {
  for (const reading of settled({ setpoint_c: 22 })) {
    assert.ok(!reading.cooler && !reading.heater && !reading.fan && !reading.heatsink_fan);
  }
});

Deno.test("the cooler starts half a degree above the setpoint and stops at it", () => {
  const chamber = new ClimateChamber({ setpoint_c: 15, noise_c: 0 });
  let before = chamber.reading;
  let starts = 0;
  for (const now of run(chamber, 3600)) {
    if (now.cooler && !before.cooler) {
      starts++;
      assert.ok(before.temperature >= 15.5, `started at ${before.temperature}`);
    }
    if (!now.cooler && before.cooler) {
      assert.ok(before.temperature <= 15, `stopped at ${before.temperature}`);
    }
    before = now;
  }
  assert.ok(starts > 5, `${starts} starts`);
});

Deno.test("noise at the threshold does not make the cooler chatter", () => {
  let before = false;
  let changed_s = -Infinity;
  settled({ setpoint_c: 5 }).forEach(({ cooler }, second) => {
    if (cooler === before) return;
    assert.ok(second - changed_s >= 3, `changed after ${second - changed_s} s`);
    changed_s = second;
    before = cooler;
  });
});

Deno.test("heater and cooler are never on together, and rest between the two", () => {
  const chamber = new ClimateChamber();
  let active: "heater" | "cooler" | undefined;
  let rested_s = 0;
  for (const setpoint of [60, -10, 40, 10, 30, -5, 60, 0]) {
    chamber.setSetpoint(setpoint);
    for (const { heater, cooler } of run(chamber, 150)) {
      assert.ok(!(heater && cooler));
      const now = heater ? "heater" : cooler ? "cooler" : undefined;
      if (now && active && now !== active) assert.ok(rested_s >= 30, `rested ${rested_s} s`);
      rested_s = now ? 0 : rested_s + 1;
      active = now ?? active;
    }
  }
});

Deno.test("switched off, everything stops at once and drifts to ambient", () => {
  for (const setpoint_c of [-10, 60]) {
    const chamber = new ClimateChamber({ setpoint_c, ambient_c: 25 });
    run(chamber, 900);
    chamber.setPower(false);
    const { power, cooler, heater, fan, heatsink_fan } = chamber.reading;
    assert.deepEqual([power, cooler, heater, fan, heatsink_fan], Array(5).fill(false));
    const readings = run(chamber, 7200);
    assert.ok(readings.every(({ cooler, heater }) => !cooler && !heater));
    const { temperature, wall, heatsink } = readings.at(-1)!;
    for (const celsius of [temperature, wall, heatsink]) near(celsius, 25, 0.3);
    chamber.setPower(true);
    near(run(chamber, 1800).at(-1)!.temperature, setpoint_c, 1.2);
  }
});

Deno.test("the setpoint is clamped to its range and rounded to its step", () => {
  const cases = [[21.3, 21.5], [21.2, 21], [-0.1, 0], [60.2, 60], [1e9, 60], [-273, -10], [60, 60]];
  const chamber = new ClimateChamber();
  for (const [wish, expected] of cases as [number, number][]) {
    assert.strictEqual(clampSetpoint(wish), expected);
    assert.strictEqual(chamber.setSetpoint(wish), expected);
    assert.strictEqual(chamber.reading.setpoint, expected);
  }
  for (const bad of [NaN, Infinity, -Infinity]) {
    assert.throws(() => chamber.setSetpoint(bad), RangeError);
  }
  assert.strictEqual(chamber.reading.setpoint, 60);
});

Deno.test("the same seed gives the same readings, another seed other noise", () => {
  const readings = (seed: number) => run(new ClimateChamber({ seed }), 300);
  assert.deepEqual(readings(7), readings(7));
  assert.notDeepEqual(readings(7), readings(8));
});

Deno.test("sensor noise has the standard deviation asked for", () => {
  const chamber = new ClimateChamber({ power: false });
  const errors = run(chamber, 5000).map(({ temperature }) => temperature - 22);
  const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
  near(deviation, 0.02, 0.002);
});

Deno.test("one long step and many short ones integrate alike", () => {
  const options = { power: false, noise_c: 0, setpoint_c: 60 };
  const [long, short] = [new ClimateChamber(options), new ClimateChamber(options)];
  for (const chamber of [long, short]) {
    chamber.setPower(true);
    run(chamber, 120);
    chamber.setPower(false);
  }
  long.step(60);
  for (let part = 0; part < 240; part++) short.step(0.25);
  assert.deepEqual(long.reading, short.reading);
  long.step(0);
  assert.deepEqual(long.reading, short.reading);
});

Deno.test("the thermoelectric cooler conserves energy and has a best current", () => {
  for (const current_a of [0, 1, 4, 6, 12]) {
    const { cold_w, hot_w } = heatFlow(COUPLES_127, current_a, 0, 30);
    const electrical_w = COUPLES_127.seebeck * current_a * 30 +
      current_a ** 2 * COUPLES_127.resistance;
    near(hot_w - cold_w, electrical_w, 1e-9);
  }
  const pumped = (current_a: number) => heatFlow(COUPLES_127, current_a, 0, 30).cold_w;
  const best_a = COUPLES_127.seebeck * 273.15 / COUPLES_127.resistance;
  assert.ok(pumped(best_a) > pumped(best_a - 0.5) && pumped(best_a) > pumped(best_a + 0.5));
  near(pumped(0), -COUPLES_127.conductance * 30, 1e-9);
});
