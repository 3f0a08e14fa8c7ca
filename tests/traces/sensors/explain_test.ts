import assert from "node:assert/strict";
import { explainReading } from "../../../traces/sensors/explain.ts";
import { number, other, type Reading } from "../../../traces/sensors/measure.ts";
import { SensorDecoder } from "../../../traces/sensors/sensor_decoder.ts";

function lines(hex: string, base = 0): string[] {
  const data = Uint8Array.fromHex(hex);
  const report = new SensorDecoder().macPayload("x", data, 0, data.length, 0);
  return report.readings.map((reading) => explainReading(reading, base));
}

Deno.test("numbers: bytes, raw number, factor, unit, rule", () => {
  assert.deepEqual(lines("4002ca0903bf13"), [
    "bytes 2..3: 0x09ca = 2506 x 0.01 = 25.06 °C " +
    "(BTHome v2, object 0x02: sint16, little-endian, x 0.01)",
    "bytes 5..6: 0x13bf = 5055 x 0.01 = 50.55 % " +
    "(BTHome v2, object 0x03: uint16, little-endian, x 0.01)",
  ]);
  assert.deepEqual(lines("4058ea", 20), [
    "byte 22: 0xea = -22 x 0.35 = -7.7 °C (BTHome v2, object 0x58: sint8, x 0.35)",
  ]);
  assert.deepEqual(lines("400960"), ["byte 2: 0x60 = 96 (BTHome v2, object 0x09: uint8)"]);
});

Deno.test("binaries, events, text, bytes", () => {
  assert.deepEqual(lines("402d01"), [
    "byte 2: 0x01 = true (BTHome v2, object 0x2D: uint8, 0 = closed, 1 = open)",
  ]);
  assert.deepEqual(lines("403a003a04"), [
    "byte 2: 0x00: nothing (BTHome v2, object 0x3A: uint8, what was done; 0x00 = nothing)",
    "byte 4: 0x04 = long_press " +
    "(BTHome v2, object 0x3A: uint8, what was done; 0x00 = nothing)",
  ]);
  assert.deepEqual(lines("4453041b5b306d"), [
    'bytes 3..6: 1b5b306d = "\\u001b[0m" (BTHome v2, object 0x53: length byte, then UTF-8)',
  ]);
  assert.deepEqual(lines("44540201ff"), [
    "bytes 3..4: 01ff (BTHome v2, object 0x54: length byte, then bytes, in hexadecimal)",
  ]);
  assert.deepEqual(lines("445300"), [
    'no bytes at 3: "" (BTHome v2, object 0x53: length byte, then UTF-8)',
  ]);
});

function explain(reading: Partial<Reading> & Pick<Reading, "measure" | "value" | "raw">): string {
  return explainReading({ instance: 0, offset: 0, length: 2, ...reading });
}

Deno.test("what other formats have: not available, an addend, no simple formula, text as it is", () => {
  const pressure = number("pressure", "Pa", [50000, 115534], "rule", { addend: 50000 });
  assert.equal(
    explain({ measure: pressure, value: 100044, raw: 50044 }),
    "bytes 0..1: 0xc37c = 50044 + 50000 = 100044 Pa (rule)",
  );
  assert.equal(
    explain({ measure: pressure, value: null, raw: 65535 }),
    "bytes 0..1: 0xffff: not available (rule)",
  );
  const lux = number("illuminance", "lx", [0, 65535], "exp(code x ln(65536) / 254) - 1");
  assert.equal(
    explain({ measure: lux, value: 13026.67, raw: 217, length: 1 }),
    "byte 0: 0xd9 -> 13026.67 lx (exp(code x ln(65536) / 254) - 1)",
  );
  const power = number("tx_power", "dBm", [-40, 22], "rule", { multiplier: 2, addend: -40 });
  assert.equal(
    explain({ measure: power, value: 4, raw: 22, length: 1 }),
    "byte 0: 0x16 = 22 x 2 - 40 = 4 dBm (rule)",
  );
  const float = number("temperature", "°C", [-100, 100], "float32");
  assert.equal(
    explain({ measure: float, value: 21.5, raw: 21.5, length: 4 }),
    "bytes 0..3: 21.5 °C (float32)",
  );
  const url = other("url", "text", "rule");
  const escape = "\u001b[2J";
  assert.equal(
    explain({ measure: url, value: escape, raw: escape }),
    'bytes 0..1: "\\u001b[2J" (rule)',
  );
});
