/**
 * RuuviTag (data format 5) and Ruuvi Air (formats 6 and E1). Big-endian; layouts as in
 * docs.ruuvi.com, "Bluetooth advertisements".
 *
 * @module
 */
import type { Random } from "../random.ts";
import {
  adStructure,
  AdType,
  type Beacon,
  bigEndian,
  type Content,
  FLAGS,
  type Value,
  whole,
} from "./beacon.ts";
import { Drift } from "./drift.ts";

/** Company identifier 0x0499, as sent. */
const COMPANY = [0x99, 0x04];

function advertisement(format: string, number: number, body: number[], values: Values): Content {
  const extended = body.length > 24;
  const data = Uint8Array.from([...FLAGS, ...adStructure(AdType.Manufacturer, COMPANY, body)]);
  return { format, number, values, data, extended };
}

type Values = Record<string, Value>;

/** Temperature, humidity and pressure, alike in all formats. */
class Climate {
  readonly #temperature: Drift;
  readonly #humidity: Drift;
  readonly #pressure: Drift;

  constructor(random: Random, mean_C: number) {
    this.#temperature = new Drift(random, { mean: mean_C, spread: 1.5 });
    this.#humidity = new Drift(random, { mean: 48, spread: 6, min: 5, max: 100 });
    this.#pressure = new Drift(random, { mean: 1009, spread: 6, memory_s: 40_000 });
  }

  /** Six bytes. */
  measure(seconds: number, values: Values): number[] {
    const temperature = whole(this.#temperature.step(seconds) * 200, -32767, 32767);
    const humidity = whole(this.#humidity.step(seconds) * 400, 0, 40_000);
    const pressure = whole(this.#pressure.step(seconds) * 100, 50_000, 115_534) - 50_000;
    values.temperature = temperature / 200;
    values.humidity = humidity / 400;
    values.pressure = pressure / 100 + 500;
    return [...bigEndian(temperature, 2), ...bigEndian(humidity, 2), ...bigEndian(pressure, 2)];
  }
}

/** A RuuviTag. Its sequence number counts measurements, not transmissions. */
export class RuuviTag implements Beacon {
  readonly interval_ms = 1285;
  readonly repeats = 2;
  readonly #address: readonly number[];
  readonly #random: Random;
  readonly #climate: Climate;
  readonly #battery: Drift;
  #sequence: number;
  #movement: number;

  constructor(address: number, random: Random, mean_C = 21) {
    this.#address = bigEndian(address, 6);
    this.#random = random;
    this.#climate = new Climate(random, mean_C);
    this.#battery = new Drift(random, { mean: 2.95, spread: 0.02 });
    this.#sequence = whole(random.uniform() * 60_000, 0, 60_000);
    this.#movement = whole(random.uniform() * 200, 0, 200);
  }

  measure(seconds: number): readonly Content[] {
    const values: Values = {};
    const climate = this.#climate.measure(seconds, values);
    // 65535 means "not available".
    this.#sequence = (this.#sequence + 1) % 65_535;
    if (this.#random.uniform() < 0.02) this.#movement = (this.#movement + 1) % 255;
    const acceleration = [4, -4, 1036].map((mean) =>
      mean + whole(this.#random.normal() * 6, -40, 40)
    );
    const battery = whole(this.#battery.step(seconds) * 1000, 1600, 3646);
    ["x", "y", "z"].forEach((axis, i) => values[`acceleration_${axis}`] = acceleration[i]! / 1000);
    values.voltage = battery / 1000;
    values.tx_power = 4;
    values.movement_counter = this.#movement;
    const body = [
      5,
      ...climate,
      ...acceleration.flatMap((value) => bigEndian(value, 2)),
      ...bigEndian((battery - 1600) << 5 | (4 + 40) / 2, 2),
      this.#movement,
      ...bigEndian(this.#sequence, 2),
      ...this.#address,
    ];
    return [advertisement("Ruuvi 5", this.#sequence, body, values)];
  }
}

/** What a Ruuvi Air sends. */
export interface RuuviAirOptions {
  /** Format 6 besides E1, for receivers without extended advertising. @default true */
  legacy?: boolean;
}

/** A Ruuvi Air: the same measurement in format 6 (shortened) and E1 (extended advertising). */
export class RuuviAir implements Beacon {
  readonly interval_ms = 1285;
  readonly repeats = 4;
  readonly #address: readonly number[];
  readonly #legacy: boolean;
  readonly #climate: Climate;
  readonly #dust: Drift;
  readonly #co2: Drift;
  readonly #voc: Drift;
  readonly #light: Drift;
  #sequence: number;

  constructor(address: number, random: Random, options: RuuviAirOptions = {}) {
    this.#address = bigEndian(address, 6);
    this.#legacy = options.legacy ?? true;
    this.#climate = new Climate(random, 22);
    this.#dust = new Drift(random, { mean: 9, spread: 4, min: 0.2 });
    this.#co2 = new Drift(random, { mean: 720, spread: 160, min: 400 });
    this.#voc = new Drift(random, { mean: 100, spread: 20, min: 1, max: 500 });
    this.#light = new Drift(random, { mean: 350, spread: 120, min: 0 });
    this.#sequence = whole(random.uniform() * 1e6, 0, 1e6);
  }

  measure(seconds: number): readonly Content[] {
    const common: Values = {};
    const climate = this.#climate.measure(seconds, common);
    this.#sequence = (this.#sequence + 1) % 0xffffff;
    const pm25 = whole(this.#dust.step(seconds) * 10, 0, 10_000);
    const co2 = whole(this.#co2.step(seconds), 0, 40_000);
    const voc = whole(this.#voc.step(seconds), 0, 500);
    const nox = 1;
    Object.assign(common, { pm25: pm25 / 10, co2, voc_index: voc, nox_index: nox });
    // The lowest bits of the two nine-bit indices.
    const flags = (voc & 1) << 6 | (nox & 1) << 7;
    const air = { climate, pm25, co2, voc, nox, flags, lux: this.#light.step(seconds) };
    const contents = [this.#full(air, common)];
    if (this.#legacy) contents.unshift(this.#short(air, common));
    return contents;
  }

  #short(air: Air, common: Values): Content {
    const scale = Math.log(65_536) / 254;
    const code = whole(Math.log(air.lux + 1) / scale, 0, 254);
    const body = [
      6,
      ...air.climate,
      ...bigEndian(air.pm25, 2),
      ...bigEndian(air.co2, 2),
      air.voc >> 1,
      air.nox >> 1,
      code,
      0xff,
      this.#sequence & 0xff,
      air.flags,
      ...this.#address.slice(3),
    ];
    return advertisement("Ruuvi 6", this.#sequence & 0xff, body, {
      ...common,
      // To a hundredth, as in format E1.
      illuminance: Math.round(100 * Math.exp(code * scale) - 100) / 100,
    });
  }

  #full(air: Air, common: Values): Content {
    const lux = whole(air.lux * 100, 0, 0xfffffe);
    const dust = { pm1: 0.7, pm4: 1.2, pm10: 1.3 };
    const [pm1, pm4, pm10] = Object.values(dust).map((part) => whole(air.pm25 * part, 0, 10_000));
    const body = [
      0xe1,
      ...air.climate,
      ...[pm1!, air.pm25, pm4!, pm10!, air.co2].flatMap((value) => bigEndian(value, 2)),
      air.voc >> 1,
      air.nox >> 1,
      ...bigEndian(lux, 3),
      ...[0xff, 0xff, 0xff],
      ...bigEndian(this.#sequence, 3),
      air.flags,
      ...[0xff, 0xff, 0xff, 0xff, 0xff],
      ...this.#address,
    ];
    return advertisement("Ruuvi E1", this.#sequence, body, {
      ...common,
      pm1: pm1! / 10,
      pm4: pm4! / 10,
      pm10: pm10! / 10,
      illuminance: lux / 100,
    });
  }
}

/** One measurement, as both formats write it. */
interface Air {
  readonly climate: readonly number[];
  readonly pm25: number;
  readonly co2: number;
  readonly voc: number;
  readonly nox: number;
  readonly flags: number;
  readonly lux: number;
}
