/**
 * Xiaomi thermometers with the firmware of pvvx (github.com/pvvx/ATC_MiThermometer,
 * `custom_beacon.h`): custom format, plain and encrypted, and the format of atc1441.
 *
 * @module
 */
import { AesCcm } from "../../../traces/wire/aes_ccm.ts";
import type { Random } from "../random.ts";
import {
  adStructure,
  AdType,
  type Beacon,
  bigEndian,
  type Content,
  littleEndian,
  whole,
} from "./beacon.ts";
import { Drift } from "./drift.ts";

/** UUID 0x181A, as sent. */
const UUID = [0x1a, 0x18];
const AUTHENTICATED = Uint8Array.of(0x11);
/** Length of the AD structure of the encrypted custom format: type, UUID, counter, 6 bytes, 4 bytes. */
const SEALED_LENGTH = 0x0e;

/** What a thermometer sends. */
export interface PvvxOptions {
  format: "custom" | "atc1441";
  /** 16 bytes: it encrypts (custom format only). */
  key?: Uint8Array;
}

/** A thermometer. Its counter counts measurements, modulo 256. */
export class PvvxBeacon implements Beacon {
  readonly interval_ms = 2500;
  readonly repeats = 4;
  readonly #address: number;
  readonly #options: PvvxOptions;
  readonly #ccm: AesCcm | undefined;
  readonly #temperature: Drift;
  readonly #humidity: Drift;
  readonly #battery: Drift;
  #counter: number;

  constructor(address: number, random: Random, options: PvvxOptions) {
    this.#address = address;
    this.#options = options;
    this.#ccm = options.key && new AesCcm(options.key);
    this.#temperature = new Drift(random, { mean: 20.5, spread: 1 });
    this.#humidity = new Drift(random, { mean: 46, spread: 5, min: 1, max: 99 });
    this.#battery = new Drift(random, { mean: 2.91, spread: 0.01 });
    this.#counter = whole(random.uniform() * 255, 0, 255);
  }

  measure(seconds: number): readonly Content[] {
    this.#counter = (this.#counter + 1) % 256;
    const celsius = this.#temperature.step(seconds);
    const percent = this.#humidity.step(seconds);
    const millivolts = whole(this.#battery.step(seconds) * 1000, 2000, 3300);
    const battery = whole((millivolts - 2200) / 8, 0, 100);
    if (this.#options.format === "atc1441") {
      return [this.#atc1441(celsius, percent, millivolts, battery)];
    }
    const temperature = whole(celsius * 100, -4000, 8500);
    const humidity = whole(percent * 100, 0, 9999);
    const climate = [...littleEndian(temperature, 2), ...littleEndian(humidity, 2)];
    const values = { temperature: temperature / 100, humidity: humidity / 100, battery };
    if (this.#ccm !== undefined) {
      return [
        this.#content("pvvx encrypted", this.#seal(this.#ccm, [...climate, battery, 0]), values),
      ];
    }
    const body = [
      ...littleEndian(this.#address, 6),
      ...climate,
      ...littleEndian(millivolts, 2),
      battery,
      this.#counter,
      0,
    ];
    return [this.#content("pvvx", body, { ...values, voltage: millivolts / 1000 })];
  }

  #atc1441(celsius: number, percent: number, millivolts: number, battery: number): Content {
    const temperature = whole(celsius * 10, -400, 850);
    const humidity = whole(percent, 0, 99);
    const body = [
      ...bigEndian(this.#address, 6),
      ...bigEndian(temperature, 2),
      humidity,
      battery,
      ...bigEndian(millivolts, 2),
      this.#counter,
    ];
    const voltage = millivolts / 1000;
    return this.#content("ATC1441", body, {
      temperature: temperature / 10,
      humidity,
      battery,
      voltage,
    });
  }

  #seal(ccm: AesCcm, message: number[]): number[] {
    const header = [SEALED_LENGTH, AdType.ServiceData16, ...UUID, this.#counter];
    const nonce = Uint8Array.from([...littleEndian(this.#address, 6), ...header]);
    return [this.#counter, ...ccm.seal(nonce, AUTHENTICATED, Uint8Array.from(message), 4)];
  }

  #content(format: string, body: number[], values: Content["values"]): Content {
    const data = Uint8Array.from(adStructure(AdType.ServiceData16, UUID, body));
    return { format, number: this.#counter, values, data, extended: false };
  }
}
