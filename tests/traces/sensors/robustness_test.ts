import assert from "node:assert/strict";
import { SensorDecoder } from "../../../traces/sensors/sensor_decoder.ts";
import { SensorKey } from "../../../traces/sensors/sensor_packet.ts";
import { checkReading, checkReport } from "../support/sensor_checks.ts";
import { fuzzSensors } from "../support/sensor_fuzz.ts";
import { SENSOR_INPUTS, type SensorInput } from "../support/sensor_inputs.ts";

const INPUTS = 20_000;

/** Formats of `SensorDecoder` that random inputs are to reach. */
const FORMATS = [
  ...["BTHome v1", "BTHome v2", "ATC1441", "pvvx", "iBeacon", "AltBeacon", "Ruuvi 3", "Ruuvi 5"],
  ...["Ruuvi 6", "Eddystone UID", "Eddystone URL", "Eddystone TLM", "Eddystone EID"],
];

function decoderOf({ address, key }: SensorInput): SensorDecoder {
  if (key === undefined) return new SensorDecoder();
  return new SensorDecoder({ keys: new Map([[address, new SensorKey(Uint8Array.fromHex(key))]]) });
}

Deno.test("every prefix of every vector gives a result or a problem, and nothing outside it", () => {
  for (const input of SENSOR_INPUTS) {
    const { address, data, name } = input;
    for (let end = 1; end <= data.length; end++) {
      const decoder = decoderOf(input);
      const report = decoder.advertisement(address, data, 0, end, 0);
      const what = `${name}, ${end} bytes of ${data.toHex()}`;
      const facts = report.flags >= 0 || report.name !== undefined || report.txPower > -Infinity;
      const said = report.readings.length + report.problems.length + report.findings.length;
      assert.ok(said > 0 || facts || isWhole(data, end), what);
      checkReport(report);
      for (const reading of report.readings) checkReading(reading, 0, end);
    }
  }
});

/** Whether a structure ends there: then nothing is cut short. */
function isWhole(data: Uint8Array, end: number): boolean {
  let at = 0;
  while (at < end) at += 1 + data[at]!;
  return at === end;
}

Deno.test("every prefix of the content of every vector's structures, its length made to fit", () => {
  for (const input of SENSOR_INPUTS) {
    const { address, data } = input;
    for (let at = 0; at < data.length; at += 1 + data[at]!) {
      for (let length = 1; length <= data[at]!; length++) {
        const cut = data.slice(at, at + 1 + length);
        cut[0] = length;
        const report = decoderOf(input).advertisement(address, cut, 0, cut.length, 0);
        checkReport(report);
        for (const reading of report.readings) checkReading(reading, 0, cut.length);
        for (const { offset } of report.problems) assert.ok(offset <= cut.length);
        if (isSensor(cut) && length > 3) assertSays(report, cut);
      }
    }
  }
});

/** A structure of BTHome: whatever is left of its content says something. */
function isSensor(structure: Uint8Array): boolean {
  const uuid = structure[2]! | structure[3]! << 8;
  return structure[1] === 0x16 && (uuid === 0xfcd2 || uuid === 0x181e);
}

function assertSays(report: ReturnType<SensorDecoder["advertisement"]>, structure: Uint8Array) {
  const { readings, problems, findings, payloadAddress, sealing } = report;
  const said = readings.length + problems.length + findings.length;
  // Without objects there is nothing to say, but for whose it is.
  const noObjects = structure.length === (payloadAddress >= 0 ? 11 : 5);
  assert.ok(said > 0 || noObjects || sealing !== "plain", structure.toHex());
}

Deno.test(`${INPUTS} random and changed inputs through all decoders`, () => {
  const seed = Number(Deno.env.get("EDGEWIRE_SEED") ?? 4);
  const result = fuzzSensors(seed, INPUTS);
  assert.equal(result.inputs, INPUTS);
  const reached = [...result.formats];
  assert.deepEqual(FORMATS.filter((format) => !reached.includes(format)), [], reached.join(", "));
  const { readings, opened, findings, problems, frames } = result;
  assert.ok(readings > INPUTS / 2, `${readings} readings`);
  assert.ok(opened > INPUTS / 10, `${opened} opened`);
  assert.ok(
    findings > 100 && problems > 1000 && frames > 100,
    `${findings}, ${problems}, ${frames}`,
  );
});
