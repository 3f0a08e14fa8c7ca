import assert from "node:assert/strict";
import { reportOf, structure, valuesOf } from "../support/sensor_vectors_beacons.ts";

function hexOf(text: string): string {
  return Array.from(
    new TextEncoder().encode(text),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}

const complete = (text: string) => structure(0x09, hexOf(text));
const short = (text: string) => structure(0x08, hexOf(text));

Deno.test("name, power and flags are known, and make the device no sensor", () => {
  const report = reportOf("020106 0B094449592D73656E736F72 020AF4");
  assert.equal(report.format, "");
  assert.equal(report.name, "DIY-sensor");
  assert.equal(report.flags, 6);
  assert.equal(report.txPower, -12);
  assert.deepEqual(valuesOf(report), { flags: 6, local_name: "DIY-sensor", tx_power: -12 });
  assert.ok(report.readings.every(({ measure }) => measure.diagnostic));
  assert.deepEqual(report.problems, []);
});

Deno.test("the complete name wins, whichever comes first", () => {
  for (
    const hex of [short("Ruu") + complete("Ruuvi 884F"), complete("Ruuvi 884F") + short("Ruu")]
  ) {
    const report = reportOf(hex);
    assert.equal(report.name, "Ruuvi 884F");
    assert.deepEqual(valuesOf(report), { local_name: "Ruuvi 884F" });
  }
  assert.equal(reportOf(short("Ruu")).name, "Ruu");
});

Deno.test("a name is shown as text: no controls, no turned direction, nothing invalid", () => {
  assert.equal(reportOf(complete("Küche 🌡")).name, "Küche 🌡");
  assert.equal(reportOf(complete("a\u0000b\u001b[31m\nc\u0085\u202ed\ufeff")).name, "ab[31mcd");
  const broken = reportOf(structure(0x09, "4D61FF74"));
  assert.equal(broken.name, "Ma\ufffdt");
  assert.deepEqual(broken.problems.map(({ offset }) => offset), [4]);
});

Deno.test("an empty name is none", () => {
  for (const hex of ["0109", structure(0x09, "0000")]) {
    const report = reportOf(hex);
    assert.equal(report.name, undefined);
    assert.deepEqual(report.readings, []);
  }
});

Deno.test("a name is cut at 248 bytes, between two characters", () => {
  const report = reportOf(complete("ä".repeat(126)));
  assert.equal(report.name, "ä".repeat(124));
  assert.equal(report.problems.length, 1);
  assert.equal(reportOf(complete(`a${"ä".repeat(125)}`)).name, `a${"ä".repeat(123)}`);
  assert.deepEqual(reportOf(complete("a".repeat(248))).problems, []);
});

Deno.test("TX power is one signed byte", () => {
  assert.equal(reportOf("020A7F").txPower, 127);
  assert.equal(reportOf("020A81").txPower, -127);
  const invalid = reportOf("020A80");
  assert.ok(Number.isNaN(invalid.txPower));
  assert.deepEqual(valuesOf(invalid), { tx_power: null });
  assert.equal(invalid.problems.length, 1);
  assert.deepEqual(reportOf("010A").readings, []);
  assert.equal(reportOf("010A").problems.length, 1);
  assert.equal(reportOf("030A0400").txPower, 4);
  assert.equal(reportOf("030A0400").problems.length, 1);
});

Deno.test("flags may be shorter or longer than a byte", () => {
  assert.equal(reportOf("0101").flags, 0);
  assert.equal(reportOf("03010601").flags, 0x0106);
  assert.equal(reportOf("0A01FFFFFFFFFFFFFFFFFF").flags, 2 ** 48 - 1);
});
