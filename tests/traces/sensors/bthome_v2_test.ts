import assert from "node:assert/strict";
import { OBJECTS_V2 } from "../../../traces/sensors/bthome_objects.ts";
import { SensorDecoder } from "../../../traces/sensors/sensor_decoder.ts";
import { decodeVector, decodeWith, problemsOf, valuesOf } from "../support/sensor_run.ts";
import {
  BTHOME_ADVERTISEMENT,
  BTHOME_MALFORMED,
  BTHOME_PLAIN,
  type SensorVector,
} from "../support/sensor_vectors.ts";

/** What each plain vector says. */
const PLAIN: Record<string, Record<string, unknown>> = {
  "temperature, humidity": { temperature: 25.06, humidity: 50.55 },
  "packet id, battery, temperature, humidity": {
    packet_id: 9,
    battery: 93,
    temperature: 23.97,
    humidity: 63.27,
  },
  "pressure": { pressure: 1008.83 },
  "pressure, by trigger": { pressure: 1008.83 },
  "illuminance": { illuminance: 13460.67 },
  "mass, kg": { mass: 80.3 },
  "mass, lb": { mass: 74.86 },
  "dew point": { dew_point: 17.38 },
  "count, uint8": { count: 96 },
  "energy, uint24": { energy: 1346.067 },
  "power": { power: 69.14 },
  "voltage": { voltage: 3.074 },
  "pm2.5, pm10": { pm25: 3090, pm10: 7170 },
  "CO2": { co2: 1250 },
  "TVOC": { tvoc: 307 },
  "moisture": { moisture: 30.74 },
  "generic": { generic: true },
  "power on": { power_on: true },
  "opening closed": { opening: false },
  "window open": { window: true },
  "button, long press": { button: "long_press" },
  "three buttons": { button_1: null, button_2: "press", button_3: "triple_press" },
  "button, hold press": { button: "hold_press" },
  "dimmer": { dimmer: "rotate_left", dimmer_steps: 3 },
  "rotation": { rotation: 307.4 },
  "distance, mm": { distance: 12 },
  "distance, m": { distance: 7.8 },
  "duration": { duration: 13.39 },
  "current": { current: 13.39 },
  "speed": { speed: 133.9 },
  "temperature, 0.1": { temperature: 27.3 },
  "UV index": { uv_index: 5 },
  "volume, 0.1 L": { volume: 2215.1 },
  "volume, mL": { volume: 34780 },
  "volume flow rate": { volume_flow_rate: 34.78 },
  "voltage, 0.1": { voltage: 307.4 },
  "gas, uint24": { gas: 1346.067 },
  "gas, uint32": { gas: 25821.505 },
  "energy, uint32": { energy: 344593.17 },
  "volume, 0.001 L": { volume: 19551.879 },
  "water": { water: 19551.879 },
  "volume storage": { volume_storage: 19551.879 },
  "timestamp": { timestamp: 0x6461395d },
  "acceleration": { acceleration: 22.151 },
  "gyroscope": { gyroscope: 22.151 },
  "text": { text: "Hello World!" },
  "raw": { raw: "48656c6c6f20576f726c6421" },
  "text that is no UTF-8": { text: "\ufffd" },
  "conductivity": { conductivity: 1000 },
  "temperature, sint8": { temperature: -22 },
  "temperature, 0.35": { temperature: -7.7 },
  "count, sint8": { count: -22 },
  "count, sint16": { count: -5398 },
  "count, sint32": { count: -365690134 },
  "power, sint32": { power: -12.78 },
  "current, sint16": { current: -5.63 },
  "direction, precipitation": { direction: 300.15, precipitation: 5454.5 },
  "channel": { channel: 1 },
  "rotational speed": { rotational_speed: 3500 },
  "speed, sint32": { speed: -2.123456 },
  "acceleration, sint32": { acceleration: -3.123456 },
  "light level": { light_level: 2 },
  "device type, firmware": { device_type: 1, firmware_1: "4.2.1.0", firmware_2: "6.1.0" },
  "two temperatures": { temperature_1: 25.06, temperature_2: 25.11 },
  "not ascending": {
    temperature_1: 25.06,
    temperature_2: 25.11,
    temperature_3: 22.55,
    humidity_1: 63.27,
    humidity_2: 60.71,
    battery: 93,
  },
  "two voltages apart": { packet_id: 1, power: 0, voltage_1: 231.7, battery: 51, voltage_2: 3.305 },
  "packet id, voltage, power off": { packet_id: 167, voltage: 2.936, power_on: false },
  "Shelly H&T display": {
    packet_id: 46,
    battery: 100,
    light: true,
    humidity: 52,
    temperature: 27.8,
  },
  "with address": { pressure: 1008.83 },
};

/** The unit of the first reading, where there is more than one or it is easily mistaken. */
const UNITS: Record<string, string> = {
  "temperature, humidity": "°C",
  "pressure": "hPa",
  "mass, kg": "kg",
  "mass, lb": "lb",
  "distance, mm": "mm",
  "distance, m": "m",
  "duration": "s",
  "volume, 0.1 L": "L",
  "volume, mL": "mL",
  "volume flow rate": "m³/h",
  "gas, uint24": "m³",
  "energy, uint24": "kWh",
  "TVOC": "µg/m³",
  "conductivity": "µS/cm",
};

for (const vector of BTHOME_PLAIN) {
  Deno.test(`BTHome v2, plain: ${vector.name}`, () => {
    const report = decodeVector(vector);
    assert.deepEqual(valuesOf(report), PLAIN[vector.name]);
    assert.equal(report.format, "BTHome v2");
    assert.equal(report.sealing, "plain");
    assert.deepEqual(report.findings, []);
    const unit = UNITS[vector.name];
    if (unit !== undefined) assert.equal(report.readings[0]!.measure.unit, unit);
  });
}

Deno.test("every plain vector is expected, and only what is odd has a problem", () => {
  assert.deepEqual(BTHOME_PLAIN.map(({ name }) => name), Object.keys(PLAIN));
  const odd = BTHOME_PLAIN
    .map((vector) => [vector.name, problemsOf(decodeVector(vector))] as const)
    .filter(([, problems]) => problems.length > 0);
  assert.deepEqual(odd, [
    ["text that is no UTF-8", ["text is no UTF-8"]],
    ["not ascending", ["object ids do not ascend"]],
    ["two voltages apart", ["object ids do not ascend"]],
  ]);
});

Deno.test("packet id is the sequence, trigger bit means irregular, address is the payload's", () => {
  const byName = (name: string) => decodeVector(BTHOME_PLAIN.find((v) => v.name === name)!);
  const packet = byName("packet id, battery, temperature, humidity");
  assert.equal(packet.sequence, 9);
  assert.equal(packet.sequenceModulus, 256);
  assert.equal(packet.readings[0]!.measure.diagnostic, true);
  assert.equal(byName("pressure").sequence, -1);
  assert.equal(byName("pressure").irregular, false);
  assert.equal(byName("pressure, by trigger").irregular, true);
  assert.equal(byName("with address").payloadAddress, 0xa4c1388d18b2);
});

Deno.test("readings say where their bytes stand, behind the object id", () => {
  const { readings } = decodeVector(BTHOME_PLAIN[0]!);
  // AD structure: length, type, UUID, information byte, then 02 ca09 03 bf13.
  const places = readings.map(({ offset, length, raw }) => [offset, length, raw]);
  assert.deepEqual(places, [[6, 2, 2506], [9, 2, 5055]]);
  const text = decodeVector(BTHOME_PLAIN.find(({ name }) => name === "text")!).readings[0]!;
  assert.deepEqual([text.offset, text.length], [7, 12]);
});

/** Values, problem and its offset. */
const MALFORMED: Record<string, [Record<string, unknown>, string, number]> = {
  "version 7": [{}, "version is not 2", 4],
  "unknown object first": [{}, "object id is not known: what follows cannot be read", 5],
  "unknown object later": [
    { battery: 93 },
    "object id is not known: what follows cannot be read",
    7,
  ],
  "last object cut short": [{ temperature: 25.06 }, "last object is cut short", 8],
  "version 0": [{}, "version is not 2", 4],
};

for (const vector of BTHOME_MALFORMED) {
  Deno.test(`BTHome v2, malformed: ${vector.name}`, () => {
    const report = decodeVector(vector);
    const [values, problem, offset] = MALFORMED[vector.name]!;
    assert.deepEqual(valuesOf(report), values);
    assert.deepEqual(problemsOf(report), [problem]);
    assert.equal(report.problems[0]!.offset, offset);
  });
}

Deno.test("the whole advertisement: flags, name, readings", () => {
  const report = decodeVector(BTHOME_ADVERTISEMENT);
  assert.equal(report.name, "DIY-sensor");
  assert.equal(report.flags, 6);
  const { temperature, humidity } = valuesOf(report);
  assert.deepEqual([temperature, humidity], [25, 50.55]);
});

function plainWithId(id: number): SensorVector {
  return { ...BTHOME_PLAIN[0]!, hex: `4000${hex2(id)}02ca09` };
}

Deno.test("packets with an id that is equal or behind are stale for four seconds", () => {
  const decoder = new SensorDecoder();
  const staleAt = (id: number, time: number) => decodeWith(decoder, plainWithId(id), time).stale;
  assert.equal(staleAt(10, 0), false);
  assert.equal(staleAt(10, 1000), true);
  assert.equal(staleAt(9, 1000), true);
  assert.equal(staleAt(74, 1000), true, "64 ahead");
  assert.equal(staleAt(73, 1000), false, "63 ahead");
  assert.equal(staleAt(73, 5000), true, "exactly 4 s");
  assert.equal(staleAt(73, 5001), false, "more than 4 s, counted from the last accepted");
  assert.equal(staleAt(250, 9002), false);
  assert.equal(staleAt(5, 9003), false, "around 256");
  assert.deepEqual(
    valuesOf(decodeWith(decoder, plainWithId(5), 9004)),
    { packet_id: 5, temperature: 25.06 },
    "readings of stale packets are listed",
  );
});

Deno.test("every number of the table has its rule, and decodes at the ends of its range", () => {
  const decoder = new SensorDecoder();
  OBJECTS_V2.forEach((object, id) => {
    if (object === undefined || object.measure.kind !== "number") return;
    const { measure, length } = object;
    assert.match(measure.rule, new RegExp(`^BTHome v2, object 0x${hex2(id).toUpperCase()}: `));
    const seen = ["00", "ff", "7f", "80"].map((top) => {
      const rest = (top === "7f" || top === "ff" ? "ff" : "00").repeat(length - 1);
      const data = Uint8Array.fromHex(`40${hex2(id)}${rest}${top}`);
      return decoder.macPayload(`${id}${top}`, data, 0, data.length, 0).readings[0]!.value;
    }) as number[];
    assert.equal(Math.min(...seen), measure.min, measure.rule);
    assert.equal(Math.max(...seen), measure.max, measure.rule);
  });
  assert.equal(
    OBJECTS_V2[0x02]!.measure.rule,
    "BTHome v2, object 0x02: sint16, little-endian, x 0.01",
  );
});

function hex2(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

Deno.test("names are fit for topics, and no name is a number here and a binary there", () => {
  const kinds = new Map<string, string>();
  for (const object of OBJECTS_V2) {
    if (object === undefined) continue;
    const { name, kind } = object.measure;
    assert.match(name, /^[a-z][a-z0-9_]*$/);
    assert.equal(kinds.get(name) ?? kind, kind, name);
    kinds.set(name, kind);
  }
});

Deno.test("codes that are not known stay numbers", () => {
  const decoder = new SensorDecoder();
  const said = (hex: string) => {
    const data = Uint8Array.fromHex(hex);
    const report = decoder.macPayload("x", data, 0, data.length, 0);
    return [valuesOf(report), problemsOf(report)];
  };
  assert.deepEqual(said("403a07"), [{ button: 7 }, ["event is not known"]]);
  assert.deepEqual(said("403c0905"), [{ dimmer: 9, dimmer_steps: 5 }, ["event is not known"]]);
  assert.deepEqual(said("403c0000"), [{ dimmer: null, dimmer_steps: null }, []]);
  assert.deepEqual(said("402102"), [{ motion: true }, ["binary value is neither 0 nor 1"]]);
  assert.deepEqual(said("405300"), [{ text: "" }, []]);
  assert.deepEqual(said("4053"), [{}, ["last object is cut short"]]);
});

Deno.test("MAC payload of IEEE 802.15.4: offsets count in what was given", () => {
  const data = Uint8Array.fromHex("ffff4002ca0903bf13");
  const report = new SensorDecoder().macPayload("window", data, 2, data.length, 0);
  assert.deepEqual(valuesOf(report), { temperature: 25.06, humidity: 50.55 });
  assert.equal(report.readings[0]!.offset, 4);
});
