import assert from "node:assert/strict";
import { SensorDecoder } from "../../../traces/sensors/sensor_decoder.ts";
import type { SensorReport } from "../../../traces/sensors/sensor_report.ts";
import { Random } from "../support/random.ts";
import { BEACON_VECTORS, bytesOf, reportOf } from "../support/sensor_vectors_beacons.ts";

function assertSane(report: SensorReport, size: number): void {
  for (const { measure, value, offset, length } of report.readings) {
    assert.ok(offset >= 0 && offset + length <= size, `${measure.name} at ${offset}`);
    if (typeof value !== "number") continue;
    assert.ok(value >= measure.min && value <= measure.max, `${measure.name} ${value}`);
  }
  for (const { offset } of report.problems) assert.ok(offset >= 0 && offset <= size);
}

Deno.test("every vector of a beacon is of its format", () => {
  for (const { format, address, hex } of BEACON_VECTORS) {
    const report = reportOf(hex, address);
    assert.equal(report.format, format, hex);
    assert.deepEqual(report.problems, [], hex);
    assertSane(report, bytesOf(hex).length);
  }
});

Deno.test("every prefix of every vector gives a result or a problem", () => {
  for (const { address, hex } of BEACON_VECTORS) {
    const whole = bytesOf(hex);
    for (let length = 1; length < whole.length; length++) {
      const data = whole.slice(0, length);
      const report = new SensorDecoder().advertisement(address, data, 0, length, 0);
      assertSane(report, length);
      const said = report.readings.length + report.problems.length;
      // What ends between two structures that say nothing of a device has nothing to report.
      const lists = /^(020106)?(0303AAFE)$/i.test(hex.slice(0, 2 * length));
      assert.ok(said > 0 || lists, `${hex} cut to ${length}`);
    }
  }
});

Deno.test("every prefix of a structure's content, its length corrected, gives no nonsense", () => {
  for (const { address, hex } of BEACON_VECTORS) {
    const whole = bytesOf(hex);
    let at = 0;
    while (at < whole.length) {
      for (let length = 1; length <= whole[at]!; length++) {
        const data = Uint8Array.of(length, ...whole.slice(at + 1, at + 1 + length));
        assertSane(new SensorDecoder().advertisement(address, data, 0, data.length, 0), length + 1);
      }
      at += 1 + whole[at]!;
    }
  }
});

Deno.test("mutated vectors give values within their ranges, or problems", () => {
  const random = new Random(4);
  const decoder = new SensorDecoder();
  const vectors = BEACON_VECTORS.map(({ hex }) => bytesOf(hex));
  for (let i = 0; i < 100_000; i++) {
    const data = vectors[i % vectors.length]!.slice();
    for (let changes = 1 + random.below(4); changes > 0; changes--) {
      data[random.below(data.length)] = random.below(256);
    }
    assertSane(decoder.advertisement(i % 50, data, 0, data.length, i), data.length);
  }
});
