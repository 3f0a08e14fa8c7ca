import assert from "node:assert/strict";
import { SensorDecoder } from "../../../traces/sensors/sensor_decoder.ts";
import { SensorKey } from "../../../traces/sensors/sensor_packet.ts";
import { decoderFor, decodeVector, decodeWith, findingsOf } from "../support/sensor_run.ts";
import { problemsOf, valuesOf } from "../support/sensor_run.ts";
import { sealBtHomeV2 } from "../support/sensor_sealing.ts";
import {
  ADDRESS,
  BTHOME_ENCRYPTED,
  BTHOME_PLAIN,
  KEY,
  type SensorVector,
} from "../support/sensor_vectors.ts";

function encrypted(name: string): SensorVector {
  return BTHOME_ENCRYPTED.find((vector) => vector.name === name)!;
}

/** An encrypted packet of the device. */
function sealed(info: number, counter: number, plain: string): SensorVector {
  const key = Uint8Array.fromHex(KEY);
  const bytes = sealBtHomeV2(key, ADDRESS, info, counter, Uint8Array.fromHex(plain));
  return { ...encrypted("motion"), hex: bytes.toHex() };
}

Deno.test("what the tests seal is what devices seal", () => {
  assert.equal(sealed(0x41, 857870592, "02ca0903bf13").hex, encrypted("temperature, humidity").hex);
  assert.equal(sealed(0x43, 857870592, "02ca0903bf13").hex, encrypted("with address").hex);
});

Deno.test("encrypted packets are opened, offsets point to the encrypted bytes", () => {
  const report = decodeVector(encrypted("temperature, humidity"));
  assert.equal(report.sealing, "opened");
  assert.deepEqual(valuesOf(report), { temperature: 25.06, humidity: 50.55 });
  assert.deepEqual([report.sequence, report.sequenceModulus], [857870592, 2 ** 32]);
  assert.deepEqual(report.readings.map(({ offset }) => offset), [6, 9]);
  assert.deepEqual(report.readings.map(({ raw }) => raw), [2506, 5055]);

  const inside = decodeVector(encrypted("with address"));
  assert.deepEqual(valuesOf(inside), { temperature: 25.06, humidity: 50.55 });
  assert.equal(inside.payloadAddress, ADDRESS);
  assert.deepEqual(inside.readings.map(({ offset }) => offset), [12, 15]);

  assert.deepEqual(valuesOf(decodeVector(encrypted("motion"))), { motion: true });

  const shelly = decodeVector(encrypted("Shelly BLU button"));
  assert.deepEqual(valuesOf(shelly), { packet_id: 7, battery: 100, button: "press" });
  assert.equal(shelly.irregular, true);
  assert.deepEqual([shelly.sequence, shelly.sequenceModulus], [7, 256]);
});

Deno.test("without a key an encrypted packet is known by its counter and says nothing", () => {
  const report = decodeWith(new SensorDecoder(), encrypted("temperature, humidity"), 0);
  assert.equal(report.sealing, "no key");
  assert.deepEqual([report.readings, report.findings, report.problems], [[], [], []]);
  assert.equal(report.sequence, 857870592);
});

Deno.test("a key of 12 bytes belongs to another format and is none here", () => {
  const decoder = decoderFor(ADDRESS, KEY.slice(0, 24));
  assert.equal(decodeWith(decoder, encrypted("motion"), 0).sealing, "no key");
  const plain = decodeWith(decoder, BTHOME_PLAIN[0]!, 0);
  assert.deepEqual(valuesOf(plain), { temperature: 25.06, humidity: 50.55 });
});

Deno.test("wrong integrity codes are findings, too short packets problems", () => {
  for (const name of ["counter changed", "another key"]) {
    const report = decodeVector(encrypted(name));
    assert.deepEqual(findingsOf(report), ["integrity"], name);
    assert.equal(report.sealing, "refused");
    assert.deepEqual(report.readings, []);
    assert.equal(report.sequence, -1);
  }
  const trigger = { ...encrypted("motion"), hex: `45${encrypted("motion").hex.slice(2)}` };
  assert.equal(decodeVector(trigger).irregular, false, "nothing of a forged packet is believed");
  const short = decodeVector(encrypted("too short"));
  const text = "encrypted packet is too short for counter and integrity code";
  assert.deepEqual(problemsOf(short), [text]);
  assert.equal(short.sealing, "refused");
});

Deno.test("a counter that falls is a replay", () => {
  const decoder = decoderFor(ADDRESS, KEY);
  const at = (name: string, time: number) => decodeWith(decoder, encrypted(name), time);
  assert.equal(at("counter 1122867", 0).sealing, "opened");
  assert.equal(at("counter 1122868", 1000).sealing, "opened");
  const replay = at("counter 1122866", 2000);
  assert.equal(replay.sealing, "refused");
  assert.deepEqual(replay.readings, []);
  assert.deepEqual(replay.findings, [{
    kind: "replayed counter",
    detail: "counter 1122866 after 1122868",
    counter: 1122866,
    last: 1122868,
  }]);
  assert.deepEqual(findingsOf(at("counter 1122867", 3000)), ["replayed counter"]);
});

Deno.test("what was heard before the last packet and comes after it is late, not a replay", () => {
  const decoder = decoderFor(ADDRESS, KEY);
  decodeWith(decoder, encrypted("counter 1122868"), 1000);
  const late = decodeWith(decoder, encrypted("counter 1122867"), 900);
  assert.deepEqual([late.sealing, late.stale, late.findings], ["opened", true, []]);
  const replay = decodeWith(decoder, encrypted("counter 1122867"), 1100);
  assert.deepEqual(findingsOf(replay), ["replayed counter"]);
});

Deno.test("a counter goes around, and begins anew when the device does", () => {
  const decoder = decoderFor(ADDRESS, KEY);
  assert.equal(decodeWith(decoder, encrypted("last counter"), 0).sequence, 2 ** 32 - 1);
  const wrapped = decodeWith(decoder, encrypted("counter 0"), 1000);
  assert.deepEqual([wrapped.sealing, wrapped.sequence, wrapped.findings], ["opened", 0, []]);
  assert.equal(wrapped.stale, false);
  assert.equal(decodeWith(decoder, sealed(0x41, 99, "2101"), 2000).sealing, "opened");
  assert.equal(decodeWith(decoder, sealed(0x41, 5000, "2101"), 3000).sealing, "opened");
  assert.equal(decodeWith(decoder, sealed(0x41, 100, "2100"), 4000).sealing, "refused");
  assert.equal(decodeWith(decoder, sealed(0x41, 99, "2100"), 5000).sealing, "opened");
});

Deno.test("the same packet again is a repeat, not a finding", () => {
  const decoder = decoderFor(ADDRESS, KEY);
  const vector = encrypted("temperature, humidity");
  assert.equal(decodeWith(decoder, vector, 0).stale, false);
  const again = decodeWith(decoder, vector, 60_000);
  assert.equal(again.stale, true);
  assert.equal(again.sealing, "opened");
  assert.deepEqual(valuesOf(again), { temperature: 25.06, humidity: 50.55 });
  assert.deepEqual(again.findings, []);
});

Deno.test("two contents under one nonce are a finding", () => {
  const decoder = decoderFor(ADDRESS, KEY);
  decodeWith(decoder, sealed(0x41, 5000, "02ca09"), 0);
  const second = decodeWith(decoder, sealed(0x41, 5000, "02cb09"), 1000);
  assert.deepEqual(second.findings, [{
    kind: "repeated nonce",
    detail: "counter 5000 came before with other contents",
    counter: 5000,
    last: 5000,
  }]);
  assert.deepEqual([second.sealing, second.readings], ["refused", []]);
  // Another information byte makes another nonce: then only the counter is old.
  const other = decodeWith(decoder, sealed(0x45, 5000, "02cb09"), 2000);
  assert.deepEqual(findingsOf(other), ["replayed counter"]);
  // A device that restarts begins with small counters: it is believed, and the nonce is named.
  decodeWith(decoder, sealed(0x41, 3, "02ca09"), 3000);
  const restarted = decodeWith(decoder, sealed(0x41, 3, "02cb09"), 4000);
  assert.deepEqual(findingsOf(restarted), ["repeated nonce"]);
  assert.deepEqual(valuesOf(restarted), { temperature: 25.07 });
});

Deno.test("a plain packet of a device with a key is a downgrade and says nothing", () => {
  const decoder = decoderFor(ADDRESS, KEY);
  const plain = { ...BTHOME_PLAIN[0]!, hex: "440009015d" };
  const withAddress = { ...plain, hex: "42a5808fe64854015d" };
  for (const [time, vector] of [plain, plain, withAddress].entries()) {
    const report = decodeWith(decoder, vector, time);
    assert.deepEqual(findingsOf(report), ["downgrade"]);
    assert.equal(report.sealing, "refused");
    assert.deepEqual([report.readings, report.sequence, report.irregular], [[], -1, false]);
  }
  assert.equal(decodeWith(decoder, encrypted("motion"), 2000).sealing, "opened");
  assert.deepEqual(findingsOf(decodeWith(decoder, plain, 3000)), ["downgrade"]);
});

Deno.test("packets that do not verify change nothing that is remembered", () => {
  const decoder = decoderFor(ADDRESS, KEY);
  decodeWith(decoder, encrypted("counter 1122867"), 0);
  const forged = { ...encrypted("motion"), hex: "41e445f3c9962bffffffff6c7c4519" };
  assert.deepEqual(findingsOf(decodeWith(decoder, forged, 1000)), ["integrity"]);
  const next = decodeWith(decoder, encrypted("counter 1122868"), 2000);
  assert.deepEqual([next.sealing, next.stale], ["opened", false]);
  assert.equal(decodeWith(decoder, forged, 3000).findings[0]!.last, 1122868);
});

Deno.test("a packet id inside is judged as in plain packets, the counter by itself", () => {
  const decoder = decoderFor(ADDRESS, KEY);
  const stale = (counter: number, id: string, time: number) =>
    decodeWith(decoder, sealed(0x41, counter, `00${id}2101`), time).stale;
  assert.equal(stale(1000, "07", 0), false);
  assert.equal(stale(1001, "07", 10), true, "sent again under a new counter");
  assert.equal(stale(1002, "08", 20), false);
});

Deno.test("keys never leave the decoder", () => {
  for (const vector of BTHOME_ENCRYPTED) {
    const key = new SensorKey(Uint8Array.fromHex(vector.key!));
    const decoder = new SensorDecoder({ keys: new Map([[vector.address, key]]) });
    const digits = vector.key!.slice(0, 12);
    const numbers = [...Uint8Array.fromHex(digits)].join(",");
    const secret = (text: string) => text.includes(digits) || text.includes(numbers);
    for (const time of [0, 1]) {
      assert.ok(!secret(JSON.stringify(decodeWith(decoder, vector, time))), vector.name);
    }
    assert.ok(!secret(JSON.stringify({ key, decoder })));
    assert.ok(!secret(Deno.inspect({ key, decoder }, { depth: 20 }).replaceAll(" ", "")));
  }
});

Deno.test("MAC payload of IEEE 802.15.4: the nonce needs the address inside", () => {
  const keys = new Map([["door", new SensorKey(Uint8Array.fromHex(KEY))]]);
  const decoder = new SensorDecoder({ keys });
  const sealingOf = (name: string) => {
    const bytes = Uint8Array.fromHex(encrypted(name).hex);
    return decoder.macPayload("door", bytes, 0, bytes.length, 0).sealing;
  };
  assert.equal(sealingOf("temperature, humidity"), "no key");
  assert.equal(sealingOf("with address"), "opened");
});
