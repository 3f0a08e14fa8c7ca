/**
 * MiBeacon (Xiaomi): thermometers LYWSDCGQ (plain) and LYWSD03MMC (encrypted, version 5).
 *
 * @module
 */
import { AesCcm } from "../../../traces/wire/aes_ccm.ts";
import type { Random } from "../random.ts";
import {
  adStructure,
  AdType,
  type Beacon,
  type Content,
  FLAGS,
  littleEndian,
  whole,
} from "./beacon.ts";
import { Drift } from "./drift.ts";

/** UUID 0xFE95, as sent. */
const UUID = [0x95, 0xfe];
const AUTHENTICATED = Uint8Array.of(0x11);
/** Version 2 with address and object; version 5 encrypted with address and object. */
const PLAIN = { control: 0x2050, device: 0x01aa };
const SEALED = { control: 0x5858, device: 0x055b };
/** Object "temperature and humidity", and "humidity", "temperature". */
const OBJECTS = { both: 0x100d, humidity: 0x1006, temperature: 0x1004 };

/** What a thermometer does. */
export interface MiBeaconOptions {
  /** 16 bytes: it encrypts, and tells temperature and humidity in turn. */
  key?: Uint8Array;
  /** Its counter before the first measurement: 8 bits of the frame, then 24 more. @default 0 */
  counter?: number;
}

/** A thermometer. */
export class MiBeacon implements Beacon {
  readonly interval_ms = 1600;
  readonly repeats = 4;
  readonly #address: readonly number[];
  readonly #ccm: AesCcm | undefined;
  readonly #temperature: Drift;
  readonly #humidity: Drift;
  #counter: number;

  constructor(address: number, random: Random, options: MiBeaconOptions = {}) {
    this.#address = littleEndian(address, 6);
    this.#ccm = options.key && new AesCcm(options.key);
    this.#counter = options.counter ?? 0;
    this.#temperature = new Drift(random, { mean: 22, spread: 1 });
    this.#humidity = new Drift(random, { mean: 52, spread: 5, min: 1, max: 99 });
  }

  measure(seconds: number): readonly Content[] {
    this.#counter = (this.#counter + 1) % 2 ** 32;
    const temperature = whole(this.#temperature.step(seconds) * 10, -400, 850);
    const humidity = whole(this.#humidity.step(seconds) * 10, 0, 999);
    if (this.#ccm !== undefined) return [this.#sealed(this.#ccm, temperature, humidity)];
    const object = [...littleEndian(temperature, 2), ...littleEndian(humidity, 2)];
    const body = [
      ...this.#head(PLAIN),
      ...littleEndian(OBJECTS.both, 2),
      object.length,
      ...object,
    ];
    return [this.#content(body, { temperature: temperature / 10, humidity: humidity / 10 })];
  }

  #sealed(ccm: AesCcm, temperature: number, humidity: number): Content {
    const name = this.#counter % 2 === 0 ? "temperature" : "humidity";
    const raw = name === "temperature" ? temperature : humidity;
    const object = [...littleEndian(OBJECTS[name], 2), 2, ...littleEndian(raw, 2)];
    const head = this.#head(SEALED);
    const extra = littleEndian(Math.floor(this.#counter / 256), 3);
    const nonce = Uint8Array.from([...this.#address, ...head.slice(2, 5), ...extra]);
    const sealed = ccm.seal(nonce, AUTHENTICATED, Uint8Array.from(object), 4);
    const end = sealed.length - 4;
    const body = [...head, ...sealed.subarray(0, end), ...extra, ...sealed.subarray(end)];
    return this.#content(body, { [name]: raw / 10 });
  }

  #head({ control, device }: { control: number; device: number }): number[] {
    return [
      ...littleEndian(control, 2),
      ...littleEndian(device, 2),
      this.#counter % 256,
      ...this.#address,
    ];
  }

  #content(body: number[], values: Content["values"]): Content {
    const data = Uint8Array.from([...FLAGS, ...adStructure(AdType.ServiceData16, UUID, body)]);
    const number = this.#ccm === undefined ? this.#counter % 256 : this.#counter;
    const format = this.#ccm === undefined ? "MiBeacon v2" : "MiBeacon v5";
    return { format, number, values, data, extended: false };
  }
}
