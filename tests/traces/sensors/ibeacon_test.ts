import assert from "node:assert/strict";
import {
  advertised,
  EVENTS,
  manufacturerData,
  reportOf,
  valuesOf,
} from "../support/sensor_vectors_beacons.ts";

const CONTENT = "E2C56DB5DFFB48D2B060D0F5A71096E000640000C5";

Deno.test("iBeacon: an event of a real beacon", () => {
  const { address, hex } = advertised(EVENTS.iBeacon);
  assert.equal(address, 0x6a6bc9a23e43);
  const report = reportOf(hex, address);
  assert.equal(report.format, "iBeacon");
  assert.deepEqual(report.problems, []);
  assert.deepEqual(valuesOf(report), {
    flags: 0x1a,
    uuid: "e2c56db5-dffb-48d2-b060-d0f5a71096e0",
    major: 100,
    minor: 0,
    measured_power: -59,
  });
});

Deno.test("iBeacon: other data of Apple is none, whatever its length", () => {
  const longer = "00".repeat(21);
  for (
    const hex of [
      `0F15${CONTENT}`,
      `1015${CONTENT}`,
      `1219${longer}`,
      `0214${CONTENT}`,
      `0215${CONTENT.slice(2)}`,
      `0215${CONTENT}00`,
      "1005031C0B1234",
      "0215",
      "02",
      "",
    ]
  ) {
    const report = reportOf(manufacturerData("4C00", hex));
    assert.equal(report.format, "", hex);
    assert.deepEqual(report.readings, []);
  }
});

Deno.test("iBeacon: major and minor say nothing but themselves", () => {
  const report = reportOf(manufacturerData("4C00", `0215${CONTENT.slice(0, 32)}FFFE1234C5`));
  assert.equal(valuesOf(report).major, 65_534);
  assert.equal(valuesOf(report).minor, 0x1234);
  assert.equal(valuesOf(report).temperature, undefined);
});
