import assert from "node:assert/strict";
import {
  advertised,
  EVENTS,
  manufacturerData,
  reportOf,
  valuesOf,
} from "../support/sensor_vectors_beacons.ts";

const ID = "D3162F5AF3EE494799DB09756062D0FC005A0005";

Deno.test("AltBeacon: an event of a real beacon", () => {
  const { address, hex } = advertised(EVENTS.altBeacon);
  const report = reportOf(hex, address);
  assert.equal(report.format, "AltBeacon");
  assert.deepEqual(report.problems, []);
  assert.deepEqual(valuesOf(report), {
    beacon_id: "d3162f5a-f3ee-4947-99db-09756062d0fc/90/5",
    reference_rssi: -60,
    mfg_reserved: 0,
  });
});

Deno.test("AltBeacon: any company may send one", () => {
  for (const company of ["1801", "9904", "4C00"]) {
    const report = reportOf(manufacturerData(company, `BEAC${ID}C407`));
    assert.equal(report.format, "AltBeacon", company);
    assert.equal(valuesOf(report).mfg_reserved, 7);
  }
});

Deno.test("AltBeacon: without its code it is none", () => {
  for (const hex of [`ACBE${ID}C400`, "BE", ""]) {
    assert.equal(reportOf(manufacturerData("FFFF", hex)).format, "", hex);
  }
});

Deno.test("AltBeacon: a wrong length is a problem, and what is there is read", () => {
  const cut = reportOf(manufacturerData("FFFF", `BEAC${ID}C4`));
  assert.deepEqual(Object.keys(valuesOf(cut)), ["beacon_id", "reference_rssi"]);
  assert.deepEqual(cut.problems.map(({ detail }) => detail), ["23 bytes, not 24"]);
  const shorter = reportOf(manufacturerData("FFFF", "BEACD316"));
  assert.deepEqual(shorter.readings, []);
  assert.equal(shorter.problems.length, 1);
  const longer = reportOf(manufacturerData("FFFF", `BEAC${ID}C40000`));
  assert.equal(longer.readings.length, 3);
  assert.equal(longer.problems.length, 1);
});

Deno.test("AltBeacon: a reference RSSI that is not allowed has no value", () => {
  for (const rssi of ["01", "80"]) {
    const report = reportOf(manufacturerData("FFFF", `BEAC${ID}${rssi}00`));
    assert.equal(valuesOf(report).reference_rssi, null, rssi);
    assert.equal(report.problems.length, 1);
  }
  for (const [rssi, value] of [["00", 0], ["81", -127]] as const) {
    const report = reportOf(manufacturerData("FFFF", `BEAC${ID}${rssi}00`));
    assert.equal(valuesOf(report).reference_rssi, value);
    assert.deepEqual(report.problems, []);
  }
});
