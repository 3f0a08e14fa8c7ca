import assert from "node:assert/strict";
import type { SensorDecoder } from "../../../traces/sensors/sensor_decoder.ts";
import type { SensorReport } from "../../../traces/sensors/sensor_report.ts";
import {
  decoderFor,
  decodeVector,
  findingsOf,
  problemsOf,
  valuesOf,
} from "../support/sensor_run.ts";
import { sealAtc, serviceData } from "../support/sensor_sealing.ts";
import { ATC_VECTORS } from "../support/sensor_vectors_xiaomi.ts";

const ADDRESS = 0xa4c1388d18b2;
const KEY = "b9ea895fac7eea6d30532432a516f3a3";
const ENVIRONMENTAL = 0x181a;

function heard(
  decoder: SensorDecoder,
  data: Uint8Array,
  time = 0,
  address = ADDRESS,
): SensorReport {
  const report = decoder.advertisement(address, data, 0, data.length, time);
  // The decoder's report is reused.
  return Object.assign(Object.create(Object.getPrototypeOf(report)), report);
}

/** A pvvx packet of one temperature. @param temperature hundredths of a degree, up to 255 */
function pvvx(counter: number, temperature: number): Uint8Array {
  const plain = Uint8Array.of(temperature, 0, 0, 0, 50, 0);
  return serviceData(
    ENVIRONMENTAL,
    sealAtc(Uint8Array.fromHex(KEY), ADDRESS, counter, plain),
  );
}

/** What the thermometer says; flags of the advertisement are not its own. */
function said(report: SensorReport): Record<string, unknown> {
  const { flags: _, ...rest } = valuesOf(report);
  return rest;
}

function temperatureOf(report: SensorReport): unknown {
  return valuesOf(report)["temperature"];
}

for (const vector of ATC_VECTORS) {
  Deno.test(`ATC and pvvx: ${vector.name}`, () => {
    const report = decodeVector(vector);
    assert.equal(report.format, vector.format);
    assert.deepEqual(said(report), vector.says);
    assert.equal(report.sequence, vector.says["packet_counter"]);
    assert.equal(report.sequenceModulus, 256);
    assert.equal(report.sealing, vector.key === undefined ? "plain" : "opened");
    assert.equal(report.payloadAddress, vector.key === undefined ? vector.address : -1);
    assert.deepEqual(problemsOf(report), []);
    assert.deepEqual(findingsOf(report), []);
    assert.equal(report.stale, false);
  });
}

Deno.test("pvvx: readings say where their bytes stand and how they are read", () => {
  const [plain] = ATC_VECTORS.filter(({ name }) => name === "pvvx");
  const temperature = decodeVector(plain!).readings[0]!;
  assert.equal(temperature.offset, 10);
  assert.equal(temperature.length, 2);
  assert.equal(temperature.raw, 1705);
  assert.equal(
    temperature.measure.rule,
    "pvvx custom, bytes 6-7: sint16, little-endian, x 0.01",
  );
  const [sealed] = ATC_VECTORS.filter(({ name }) => name === "pvvx encrypted");
  const decrypted = decodeVector(sealed!).readings[1]!;
  assert.equal(decrypted.measure.name, "temperature");
  assert.equal(decrypted.offset, 5);
  assert.equal(decrypted.raw, 2345);
});

Deno.test("pvvx: temperature below zero, voltage not made up from the percentage", () => {
  const data = Uint8Array.fromHex("11161a188b376338c1a40cfe13107f0b5212");
  const report = heard(decoderFor(ADDRESS), data, 0, 0xa4c13863378b);
  assert.equal(temperatureOf(report), -5);
  for (const { key, ...vector } of ATC_VECTORS) {
    if (key === undefined) continue;
    assert.ok(!("voltage" in valuesOf(decodeVector({ ...vector, key }))), vector.name);
  }
});

Deno.test("pvvx: implausible codes are problems, the others are still read", () => {
  const data = Uint8Array.fromHex("12161a188b376338c1a400801127ffff6512ff");
  const report = heard(decoderFor(ADDRESS), data, 0, 0xa4c13863378b);
  // -327.68 °C, 100.01 %, 65.535 V, 101 %, all flags and one without meaning.
  const values = valuesOf(report);
  assert.deepEqual(
    [values["temperature"], values["humidity"], values["battery"], values["voltage"]],
    [undefined, undefined, undefined, 65.535],
  );
  assert.deepEqual(report.problems.map(({ detail }) => detail), [
    "temperature -327.68 °C",
    "humidity 100.01 %",
    "battery 101 %",
    "flags 255",
  ]);
});

Deno.test("ATC and pvvx: the payload's address is reported, and that the sender has another", () => {
  const data = Uint8Array.fromHex("10161a18a4c1380283f400a22f5f0bf819");
  const report = heard(decoderFor(1), data, 0, 1);
  assert.equal(report.payloadAddress, 0xa4c1380283f4);
  assert.deepEqual(problemsOf(report), ["payload names another address than its sender's"]);
  assert.deepEqual(problemsOf(heard(decoderFor(1), data, 0, -1)), []);
});

Deno.test("ATC and pvvx: early firmware uses UUID 0x181C, which others use too", () => {
  const data = Uint8Array.fromHex("10161c18a4c1380283f400a22f5f0bf819");
  assert.equal(heard(decoderFor(1), data, 0, 0xa4c1380283f4).format, "ATC1441");
  assert.notEqual(heard(decoderFor(1), data, 0, 0xa4c1380283f5).format, "ATC1441");
});

Deno.test("Environmental Sensing of another layout: a note", () => {
  const data = Uint8Array.fromHex("06161a18010203");
  const report = heard(decoderFor(1), data);
  assert.equal(report.format, "");
  assert.deepEqual(problemsOf(report), [
    "Environmental Sensing data of a layout that is not known",
  ]);
});

Deno.test("pvvx encrypted: without key the counter is told, nothing else", () => {
  const report = heard(decoderFor(ADDRESS), pvvx(7, 100));
  assert.equal(report.format, "pvvx encrypted");
  assert.equal(report.sealing, "no key");
  assert.equal(report.sequence, 7);
  assert.deepEqual(report.readings, []);
  assert.deepEqual(report.findings, []);
});

Deno.test("pvvx encrypted: a key of another length opens nothing", () => {
  const report = heard(decoderFor(ADDRESS, "00".repeat(12)), pvvx(7, 100));
  assert.equal(report.sealing, "no key");
  assert.deepEqual(report.readings, []);
});

Deno.test("pvvx encrypted: another key, and every changed bit, are found and give no readings", () => {
  const good = pvvx(7, 100);
  const wrong = heard(decoderFor(ADDRESS, "00".repeat(16)), good);
  assert.equal(wrong.sealing, "refused");
  assert.deepEqual(findingsOf(wrong), ["integrity"]);
  const decoder = decoderFor(ADDRESS, KEY);
  for (let bit = 4 * 8; bit < good.length * 8; bit++) {
    const bad = good.slice();
    bad[bit >>> 3]! ^= 1 << (bit & 7);
    const report = heard(decoder, bad);
    assert.equal(report.sealing, "refused");
    assert.deepEqual(findingsOf(report), ["integrity"]);
    assert.deepEqual(report.readings, []);
    // It must not pass for the packet that is still to come.
    assert.equal(report.sequence, -1);
  }
  // What did not verify left no trace.
  const report = heard(decoder, good);
  assert.equal(temperatureOf(report), 1);
  assert.deepEqual(report.findings, []);
  assert.equal(report.stale, false);
});

Deno.test("pvvx encrypted: the same bytes again are a repeat", () => {
  const decoder = decoderFor(ADDRESS, KEY);
  assert.equal(heard(decoder, pvvx(7, 100), 0).stale, false);
  const again = heard(decoder, pvvx(7, 100), 100);
  assert.equal(again.stale, true);
  assert.equal(again.sequence, 7);
  assert.equal(temperatureOf(again), 1);
  assert.deepEqual(again.findings, []);
  assert.equal(heard(decoder, pvvx(8, 101), 200).stale, false);
  // From a receiver that is behind.
  assert.equal(heard(decoder, pvvx(7, 100), 300).stale, true);
  assert.equal(heard(decoder, pvvx(8, 101), 400).stale, true);
});

Deno.test("pvvx encrypted: another content under the last counter is a repeated nonce", () => {
  const decoder = decoderFor(ADDRESS, KEY);
  heard(decoder, pvvx(7, 100));
  const other = heard(decoder, pvvx(7, 101));
  assert.deepEqual(other.findings, [{
    kind: "repeated nonce",
    detail: "counter 7 was used before for other content",
    counter: 7,
    last: 7,
  }]);
  assert.equal(temperatureOf(other), 1.01);
  assert.equal(other.stale, false);
  assert.equal(other.sequence, -1);
});

Deno.test("pvvx encrypted: nonces come again after 256 packets, and that is found", () => {
  const decoder = decoderFor(ADDRESS, KEY);
  for (let i = 0; i < 256; i++) {
    const report = heard(decoder, pvvx(i, i % 200), i);
    assert.deepEqual(report.findings, [], `packet ${i}`);
    assert.equal(report.stale, false);
  }
  const second = heard(decoder, pvvx(0, 77), 256);
  assert.deepEqual(findingsOf(second), ["repeated nonce"]);
  assert.equal(second.stale, false);
  assert.equal(second.sequence, 0);
  assert.equal(temperatureOf(second), 0.77);
  // The same measurement as a round ago can't be told from a replay; it is taken for new.
  const third = heard(decoder, pvvx(1, 1), 257);
  assert.deepEqual(third.findings, []);
  assert.equal(third.stale, false);
});

Deno.test("ATC and pvvx: plain packets of a device whose key is known are refused", () => {
  for (const { key, address, hex, name } of ATC_VECTORS) {
    if (key !== undefined) continue;
    for (const length of [12, 16]) {
      const decoder = decoderFor(address, "11".repeat(length));
      const report = heard(decoder, Uint8Array.fromHex(hex), 0, address);
      assert.deepEqual(findingsOf(report), ["downgrade"], name);
      assert.equal(report.sealing, "refused");
      assert.deepEqual(said(report), {});
      assert.equal(report.sequence, -1);
    }
  }
});

Deno.test("ATC and pvvx: every prefix gives a result or a problem", () => {
  for (const vector of ATC_VECTORS) {
    const data = Uint8Array.fromHex(vector.hex);
    const start = data[0] === 2 ? 3 : 0;
    for (let end = start + 4; end < data.length; end++) {
      const announced = heard(
        decoderFor(vector.address, vector.key),
        data.subarray(0, end),
        0,
        vector.address,
      );
      assert.deepEqual(said(announced), {});
      assert.equal(announced.problems.length, 1, `${vector.name}, ${end} bytes`);
      const fitted = data.slice(0, end);
      fitted[start] = end - start - 1;
      const report = heard(
        decoderFor(vector.address, vector.key),
        fitted,
        0,
        vector.address,
      );
      assert.ok(
        report.format !== "" || report.problems.length > 0,
        `${vector.name}, ${end} bytes fitted`,
      );
    }
  }
});

Deno.test("ATC and pvvx: the key is in no report", () => {
  for (const vector of ATC_VECTORS) {
    if (vector.key === undefined) continue;
    for (const address of [vector.address, vector.address + 1]) {
      const decoder = decoderFor(address, vector.key);
      const report = heard(decoder, Uint8Array.fromHex(vector.hex), 0, address);
      assert.ok(!JSON.stringify(report).toLowerCase().includes(vector.key));
    }
  }
});
