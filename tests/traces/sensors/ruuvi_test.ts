import assert from "node:assert/strict";
import { SensorDecoder } from "../../../traces/sensors/sensor_decoder.ts";
import {
  advertised,
  bytesOf,
  EVENTS,
  manufacturerData,
  reportOf,
  RUUVI,
  RUUVI_ADDRESS,
  valuesOf,
} from "../support/sensor_vectors_beacons.ts";

function ruuvi(hex: string) {
  return reportOf(manufacturerData("9904", hex));
}

const AIR_NONE = {
  temperature: null,
  humidity: null,
  pressure: null,
  pm25: null,
  co2: null,
  voc_index: null,
  nox_index: null,
  illuminance: null,
};

Deno.test("Ruuvi 5: Ruuvi's vectors", () => {
  const valid = ruuvi(RUUVI.raw2Valid);
  assert.equal(valid.format, "Ruuvi 5");
  assert.equal(valid.model, "RuuviTag");
  assert.equal(valid.sequence, 205);
  assert.equal(valid.sequenceModulus, 65_535);
  assert.equal(valid.payloadAddress, RUUVI_ADDRESS);
  assert.deepEqual(valid.problems, []);
  assert.deepEqual(valuesOf(valid), {
    temperature: 24.3,
    humidity: 53.49,
    pressure: 1000.44,
    acceleration_x: 0.004,
    acceleration_y: -0.004,
    acceleration_z: 1.036,
    voltage: 2.977,
    tx_power: 4,
    movement_counter: 66,
    measurement_sequence: 205,
  });
  assert.deepEqual(valuesOf(ruuvi(RUUVI.raw2Max)), {
    temperature: 163.835,
    humidity: 163.835,
    pressure: 1155.34,
    acceleration_x: 32.767,
    acceleration_y: 32.767,
    acceleration_z: 32.767,
    voltage: 3.646,
    tx_power: 20,
    movement_counter: 254,
    measurement_sequence: 65_534,
  });
  assert.deepEqual(valuesOf(ruuvi(RUUVI.raw2Min)), {
    temperature: -163.835,
    humidity: 0,
    pressure: 500,
    acceleration_x: -32.767,
    acceleration_y: -32.767,
    acceleration_z: -32.767,
    voltage: 1.6,
    tx_power: -40,
    movement_counter: 0,
    measurement_sequence: 0,
  });
});

Deno.test("Ruuvi 5: what is not available has no value", () => {
  const report = ruuvi(RUUVI.raw2None);
  assert.equal(report.readings.length, 10);
  for (const { measure, value } of report.readings) assert.equal(value, null, measure.name);
  assert.equal(report.sequence, -1);
  assert.equal(report.payloadAddress, -1);
  assert.deepEqual(report.problems, []);
});

Deno.test("Ruuvi 5: an event of a real tag", () => {
  const { address, hex } = advertised(EVENTS.ruuvi5);
  const report = reportOf(hex, address);
  assert.deepEqual(valuesOf(report), {
    flags: 6,
    temperature: 25.01,
    // 0x5F61 x 0.0025; bleparser, which the event is from, rounds it to 61.04.
    humidity: 61.0425,
    pressure: 1004.16,
    acceleration_x: -0.028,
    acceleration_y: -0.036,
    acceleration_z: 1.044,
    voltage: 3.181,
    tx_power: 4,
    movement_counter: 236,
    measurement_sequence: 10_675,
  });
  // This packet was made with its address in the order of the air; tags send the other order.
  assert.equal(report.payloadAddress, 0xf27a52fad4cd);
  assert.equal(address, 0xcdd4fa527af2);
});

Deno.test("Ruuvi 5: a reading says where its bytes are and how it is had from them", () => {
  const { address, hex } = advertised(EVENTS.ruuvi5);
  const temperature = reportOf(hex, address).readings[1]!;
  assert.equal(temperature.measure.name, "temperature");
  assert.equal(temperature.raw, 0x138a);
  assert.equal(temperature.offset, 8);
  assert.equal(temperature.length, 2);
  assert.match(temperature.measure.rule, /^Ruuvi data format 5 \(RAWv2\), bytes 1-2: sint16/);
});

Deno.test("Ruuvi 3: Ruuvi's vectors; the temperature has a sign bit", () => {
  const valid = ruuvi(RUUVI.raw1Valid);
  assert.equal(valid.format, "Ruuvi 3");
  assert.equal(valid.sequence, -1);
  assert.deepEqual(valuesOf(valid), {
    humidity: 20.5,
    temperature: 26.3,
    pressure: 1027.66,
    acceleration_x: -1,
    acceleration_y: -1.726,
    acceleration_z: 0.714,
    voltage: 2.899,
  });
  assert.deepEqual(valuesOf(ruuvi(RUUVI.raw1Max)), {
    humidity: 127.5,
    temperature: 127.99,
    pressure: 1155.35,
    acceleration_x: 32.767,
    acceleration_y: 32.767,
    acceleration_z: 32.767,
    voltage: 65.535,
  });
  assert.deepEqual(valuesOf(ruuvi(RUUVI.raw1Min)), {
    humidity: 0,
    temperature: -127.99,
    pressure: 500,
    acceleration_x: -32.767,
    acceleration_y: -32.767,
    acceleration_z: -32.767,
    voltage: 0,
  });
  const of = (hex: string) => valuesOf(ruuvi(`0329${hex}CE1EFC18F94202CA0B53`)).temperature;
  assert.equal(of("8145"), -1.69);
  assert.equal(of("0145"), 1.69);
  assert.equal(of("0000"), 0);
  assert.ok(Object.is(of("8000"), 0));
});

Deno.test("Ruuvi 3: codes that are not allowed are problems, not values", () => {
  const report = ruuvi("03291A64CE1E8000F94202CA0B53");
  assert.equal(valuesOf(report).temperature, null);
  assert.equal(valuesOf(report).acceleration_x, null);
  assert.equal(valuesOf(report).acceleration_y, -1.726);
  // Bytes 3 and 6 of the format, behind length, type and company.
  assert.deepEqual(report.problems.map(({ offset }) => offset), [7, 10]);
});

Deno.test("Ruuvi C5: Ruuvi's vectors", () => {
  // The page of C5 prints these vectors beginning with 05, though its own table says 0xC5.
  const valid = ruuvi(RUUVI.cutValid);
  assert.equal(valid.format, "Ruuvi C5");
  assert.equal(valid.sequence, 205);
  assert.equal(valid.payloadAddress, RUUVI_ADDRESS);
  assert.deepEqual(valid.problems, []);
  assert.deepEqual(valuesOf(valid), {
    temperature: 24.3,
    humidity: 53.49,
    pressure: 1000.44,
    voltage: 2.977,
    tx_power: 4,
    movement_counter: 66,
    measurement_sequence: 205,
  });
  assert.deepEqual(valuesOf(ruuvi(RUUVI.cutMax)), {
    temperature: 163.835,
    humidity: 163.835,
    pressure: 1155.34,
    voltage: 3.646,
    tx_power: 20,
    movement_counter: 254,
    measurement_sequence: 65_534,
  });
  assert.deepEqual(valuesOf(ruuvi(RUUVI.cutMin)), {
    temperature: -163.835,
    humidity: 0,
    pressure: 500,
    voltage: 1.6,
    tx_power: -40,
    movement_counter: 0,
    measurement_sequence: 0,
  });
  const none = ruuvi(RUUVI.cutNone);
  assert.equal(none.readings.length, 7);
  for (const { measure, value } of none.readings) assert.equal(value, null, measure.name);
});

Deno.test("Ruuvi 6: Ruuvi's vectors", () => {
  const valid = ruuvi(RUUVI.airValid);
  assert.equal(valid.format, "Ruuvi 6");
  assert.equal(valid.model, "Ruuvi Air");
  assert.equal(valid.sequence, 205);
  assert.equal(valid.sequenceModulus, 256);
  assert.equal(valid.payloadAddress, -1, "three bytes of an address are none");
  assert.deepEqual(valid.problems, []);
  assert.deepEqual(valuesOf(valid), {
    temperature: 29.5,
    humidity: 55.3,
    pressure: 1011.02,
    pm25: 11.2,
    co2: 201,
    voc_index: 10,
    nox_index: 2,
    illuminance: 13_026.67,
    measurement_sequence: 205,
    calibrating: false,
  });
  assert.deepEqual(valuesOf(ruuvi(RUUVI.airMax)), {
    temperature: 163.835,
    humidity: 100,
    pressure: 1155.34,
    pm25: 1000,
    co2: 40_000,
    voc_index: 500,
    nox_index: 500,
    illuminance: 65_535,
    measurement_sequence: 255,
    calibrating: true,
  });
  assert.deepEqual(valuesOf(ruuvi(RUUVI.airMin)), {
    temperature: -163.835,
    humidity: 0,
    pressure: 500,
    pm25: 0,
    co2: 0,
    voc_index: 0,
    nox_index: 0,
    illuminance: 0,
    measurement_sequence: 0,
    calibrating: false,
  });
  assert.deepEqual(valuesOf(ruuvi(RUUVI.airNone)), {
    ...AIR_NONE,
    // There is no code for "not available": it follows the low byte of E1's.
    measurement_sequence: 255,
    calibrating: true,
  });
});

Deno.test("Ruuvi 6: the luminosity code is a logarithm", () => {
  const of = (code: string) => {
    return valuesOf(ruuvi(`06170C5668C79E007000C90501${code}FFCD004C884F`)).illuminance;
  };
  // The page says 1.01, 244.06 and so on for these codes.
  assert.equal(of("00"), 0);
  assert.equal(of("01"), 0.04);
  assert.equal(of("10"), 1.01);
  assert.equal(of("FE"), 65_535);
  assert.equal(of("FF"), null);
});

Deno.test("Ruuvi E1: Ruuvi's vectors", () => {
  const valid = ruuvi(RUUVI.extendedValid);
  assert.equal(valid.format, "Ruuvi E1");
  assert.equal(valid.model, "Ruuvi Air");
  assert.equal(valid.sequence, 14_601_710);
  assert.equal(valid.sequenceModulus, 16_777_215);
  assert.equal(valid.payloadAddress, RUUVI_ADDRESS);
  assert.deepEqual(valid.problems, []);
  assert.deepEqual(valuesOf(valid), {
    temperature: 29.5,
    humidity: 55.3,
    pressure: 1011.02,
    pm1: 10.1,
    pm25: 11.2,
    pm4: 121.3,
    pm10: 455.4,
    co2: 201,
    voc_index: 20,
    nox_index: 4,
    illuminance: 13_027,
    measurement_sequence: 14_601_710,
    calibrating: true,
  });
  assert.deepEqual(valuesOf(ruuvi(RUUVI.extendedMax)), {
    temperature: 163.835,
    humidity: 100,
    pressure: 1155.34,
    pm1: 1000,
    pm25: 1000,
    pm4: 1000,
    pm10: 1000,
    co2: 40_000,
    voc_index: 500,
    nox_index: 500,
    illuminance: 144_284,
    measurement_sequence: 16_777_214,
    calibrating: true,
  });
});

Deno.test("Ruuvi E1: smallest values, and none", () => {
  // The page prints the smallest values with a digit too few: the flags have one. Offsets say two.
  assert.deepEqual(valuesOf(ruuvi(RUUVI.extendedMin)), {
    temperature: -163.835,
    humidity: 0,
    pressure: 500,
    pm1: 0,
    pm25: 0,
    pm4: 0,
    pm10: 0,
    co2: 0,
    voc_index: 0,
    nox_index: 0,
    illuminance: 0,
    measurement_sequence: 0,
    calibrating: false,
  });
  const none = ruuvi(RUUVI.extendedNone);
  assert.deepEqual(valuesOf(none), {
    ...AIR_NONE,
    pm1: null,
    pm4: null,
    pm10: null,
    measurement_sequence: null,
    calibrating: false,
  });
  assert.equal(none.sequence, -1);
  assert.equal(none.payloadAddress, -1);
});

Deno.test("Ruuvi 6 is old news while the same device sends E1", () => {
  const decoder = new SensorDecoder();
  const hear = (hex: string, time: number, address = RUUVI_ADDRESS) => {
    const data = bytesOf(manufacturerData("9904", hex));
    return decoder.advertisement(address, data, 0, data.length, time).stale;
  };
  assert.equal(hear(RUUVI.airValid, 0), false);
  assert.equal(hear(RUUVI.extendedValid, 1000), false);
  assert.equal(hear(RUUVI.airValid, 2000), true);
  assert.equal(hear(RUUVI.airValid, 2000, 0xcbb8334c8850), false, "another device");
  assert.equal(hear(RUUVI.airValid, 120_000), false, "E1 is no longer heard");
  assert.equal(hear(RUUVI.extendedValid, 121_000), false);
  assert.equal(hear(RUUVI.airValid, 122_000), true);
});

Deno.test("Ruuvi: data of a wrong length is a problem, and what is there is read", () => {
  const short = ruuvi(RUUVI.raw2Valid.slice(0, 10));
  assert.deepEqual(valuesOf(short), { temperature: 24.3, humidity: 53.49 });
  assert.equal(short.problems.length, 1);
  assert.equal(short.problems[0]!.detail, "Ruuvi 5: 5 bytes, not 24");
  const long = ruuvi(`${RUUVI.raw2Valid}00`);
  assert.equal(long.readings.length, 10);
  assert.equal(long.problems.length, 1);
  // VOC and NOX have a bit in the flags: without them they are not known.
  assert.deepEqual(Object.keys(valuesOf(ruuvi(RUUVI.airValid.slice(0, 32)))), [
    ...["temperature", "humidity", "pressure", "pm25", "co2", "illuminance"],
    "measurement_sequence",
  ]);
});

Deno.test("Ruuvi: a format that is not known is no sensor's", () => {
  for (const hex of ["", "08 1334", "FF", "00"]) {
    const report = ruuvi(hex);
    assert.equal(report.format, "", hex);
    assert.deepEqual(report.readings, []);
  }
});
