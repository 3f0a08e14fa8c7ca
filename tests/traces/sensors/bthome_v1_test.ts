import assert from "node:assert/strict";
import { SensorDecoder } from "../../../traces/sensors/sensor_decoder.ts";
import { decodeBtHomeV1 } from "../../../traces/sensors/bthome_v1.ts";
import { SensorPacket } from "../../../traces/sensors/sensor_packet.ts";
import { SensorReport } from "../../../traces/sensors/sensor_report.ts";
import { decoderFor, decodeVector, decodeWith, findingsOf } from "../support/sensor_run.ts";
import { problemsOf, valuesOf } from "../support/sensor_run.ts";
import { sealBtHomeV1 } from "../support/sensor_sealing.ts";
import { ADDRESS, BTHOME_V1, KEY, type SensorVector } from "../support/sensor_vectors.ts";

const EXPECTED: Record<string, Record<string, unknown>> = {
  "temperature, humidity": { temperature: 25.06, humidity: 50.55 },
  "temperature, humidity, battery": { temperature: 23.97, humidity: 63.27, battery: 93 },
  "packet id, pressure": { packet_id: 12, pressure: 1008.83 },
  "mass, half precision float": { mass: 102.24 },
  "button": { button: "long_press" },
  "dimmer": { dimmer: "rotate_left", dimmer_steps: 3 },
  "timestamp": { timestamp: 0x6461395d },
  "packet id, power off, voltage": { packet_id: 180, power_on: false, voltage: 3.006 },
  "encrypted": { temperature: 25.06, humidity: 50.55 },
};

function v1(hex: string): SensorVector {
  return { ...BTHOME_V1[0]!, hex };
}

function sealed(counter: number, plain: string): SensorVector {
  const bytes = sealBtHomeV1(Uint8Array.fromHex(KEY), ADDRESS, counter, Uint8Array.fromHex(plain));
  return { ...BTHOME_V1.find(({ name }) => name === "encrypted")!, hex: bytes.toHex() };
}

for (const vector of BTHOME_V1) {
  Deno.test(`BTHome v1: ${vector.name}`, () => {
    const report = decodeVector(vector);
    assert.deepEqual(valuesOf(report), EXPECTED[vector.name]);
    assert.equal(report.format, "BTHome v1");
    assert.deepEqual([report.findings, report.problems], [[], []]);
    assert.equal(report.sealing, vector.key === undefined ? "plain" : "opened");
  });
}

Deno.test("sequence is the packet id, or the counter of an encrypted packet", () => {
  const sequence = (name: string) => decodeVector(BTHOME_V1.find((v) => v.name === name)!).sequence;
  assert.equal(sequence("packet id, pressure"), 12);
  assert.equal(sequence("encrypted"), 0x33221100);
  assert.equal(sequence("button"), -1);
});

Deno.test("an address in the packet has no id", () => {
  const report = decodeVector(v1("86a5808fe648542302ca09"));
  assert.equal(report.payloadAddress, ADDRESS);
  assert.deepEqual(valuesOf(report), { temperature: 25.06 });
});

Deno.test("objects that are not known are passed over, wrong ones named", () => {
  const said = (hex: string) => {
    const report = decodeVector(v1(hex));
    return [valuesOf(report), problemsOf(report)];
  };
  assert.deepEqual(said("02015d03ee010202015e"), [
    { battery_1: 93, battery_2: 94 },
    ["object is not known"],
  ]);
  assert.deepEqual(said("2302ca090303bf"), [{ temperature: 25.06 }, ["last object is cut short"]]);
  assert.deepEqual(said("04210100002302ca09"), [
    { temperature: 25.06 },
    ["length does not fit the object"],
  ]);
  assert.deepEqual(said("63024142"), [{}, ["object is not known"]]);
  assert.deepEqual(said("4302007c"), [{}, ["float is no number, or too large"]]);
  assert.deepEqual(said("4302017c"), [{}, ["float is no number, or too large"]]);
  assert.deepEqual(said("45020000c841"), [{ temperature: 0.25 }, []]);
  assert.deepEqual(said("43020100"), [{ temperature: 2 ** -24 / 100 }, []]);
});

Deno.test("data of other firmware under the same UUID is left to its decoder, nothing reported", () => {
  const packet = new SensorPacket();
  const report = new SensorReport();
  const decode = (hex: string, address: number) => {
    const data = Uint8Array.fromHex(hex);
    packet.address = address;
    packet.cursor.open(data, 0, data.length);
    return decodeBtHomeV1(packet, report);
  };
  const atc = "a4c1380283f400a22f5f0bf819";
  const pvvx = "f4830238c1a4a9066911b60b58f70d";
  assert.equal(decode(atc, 0xa4c1380283f4), false);
  assert.equal(decode(pvvx, 0xa4c1380283f4), false);
  assert.equal(decode(atc, -1), false);
  assert.equal(decode(pvvx, -1), false);
  assert.equal(decode("", -1), false);
  // A reversed address that looks like an object of its own: 02 01 5d is "battery 93 %".
  assert.equal(decode("02015d38c1a4a9066911b60b58f70d", 0xa4c1385d0102), false);
  assert.equal(report.format, "");
  assert.deepEqual([report.readings, report.problems, report.findings], [[], [], []]);
});

Deno.test("plain packets of a device with a key, wrong codes, replays", () => {
  const decoder = decoderFor(ADDRESS, KEY);
  const plain = decodeWith(decoder, BTHOME_V1[0]!, 0);
  assert.deepEqual([findingsOf(plain), plain.readings], [["downgrade"], []]);
  assert.equal(plain.sealing, "refused");
  assert.equal(decodeWith(decoder, sealed(1000, "2302ca09"), 1000).sealing, "opened");
  const replay = decodeWith(decoder, sealed(999, "2302ca09"), 2000);
  assert.deepEqual([findingsOf(replay), replay.readings], [["replayed counter"], []]);
  const reused = decodeWith(decoder, sealed(1000, "2302cb09"), 3000);
  assert.deepEqual([findingsOf(reused), reused.readings], [["repeated nonce"], []]);
  const repeat = decodeWith(decoder, sealed(1000, "2302ca09"), 4000);
  assert.deepEqual([repeat.stale, repeat.findings], [true, []]);
  const wrong = { ...sealed(1001, "2302ca09"), hex: sealed(1001, "2302ca09").hex.slice(2) + "00" };
  assert.deepEqual(findingsOf(decodeWith(decoder, wrong, 5000)), ["integrity"]);
  const short = decodeWith(decoder, { ...sealed(0, ""), hex: "00112233" }, 6000);
  assert.equal(short.problems.length, 1);
  assert.equal(decodeWith(new SensorDecoder(), sealed(1, "2302ca09"), 0).sealing, "no key");
});
