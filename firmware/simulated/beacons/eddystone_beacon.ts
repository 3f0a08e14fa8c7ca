/**
 * Eddystone URL and unencrypted TLM (github.com/google/eddystone). Big-endian.
 *
 * @module
 */
import type { Random } from "../random.ts";
import { adStructure, AdType, type Beacon, bigEndian, type Content, whole } from "./beacon.ts";
import { Drift } from "./drift.ts";

/** UUID 0xFEAA, as sent. */
const UUID = [0xaa, 0xfe];
/** Flags and the list of one service that the format asks for. */
const HEAD = [0x02, 0x01, 0x06, 0x03, 0x03, ...UUID];
/** Power at 0 m, dBm. */
const TX_POWER = -18;

/** What a beacon sends. */
export interface EddystoneOptions {
  /** `https://` and up to 17 characters of letters, digits, dots and slashes; without it only TLM is sent. */
  url?: string;
}

function frame(format: string, values: Content["values"], body: number[]): Content {
  const data = Uint8Array.from([...HEAD, ...adStructure(AdType.ServiceData16, UUID, body)]);
  return { format, number: -1, values, data, extended: false };
}

/** A beacon that says an address of the web, and now and then how it is. */
export class EddystoneBeacon implements Beacon {
  readonly interval_ms = 1000;
  readonly repeats = 5;
  readonly #url: string | undefined;
  readonly #temperature: Drift;
  readonly #battery: Drift;
  #sent = 0;
  #seconds = 0;

  constructor(random: Random, options: EddystoneOptions = {}) {
    this.#url = options.url;
    this.#temperature = new Drift(random, { mean: 19, spread: 2 });
    this.#battery = new Drift(random, { mean: 3.02, spread: 0.01 });
  }

  measure(seconds: number): readonly Content[] {
    this.#seconds += seconds;
    this.#sent += this.repeats;
    const tlm = this.#tlm(seconds);
    if (this.#url === undefined) return [tlm];
    const url = this.#urlFrame(this.#url);
    return [tlm, url, url, url, url];
  }

  #tlm(seconds: number): Content {
    const millivolts = whole(this.#battery.step(seconds) * 1000, 1, 65_535);
    const temperature = whole(this.#temperature.step(seconds) * 256, -32_767, 32_767);
    const uptime = whole(this.#seconds * 10, 0, 2 ** 32 - 1);
    const body = [
      0x20,
      0,
      ...bigEndian(millivolts, 2),
      ...bigEndian(temperature, 2),
      ...bigEndian(this.#sent, 4),
      ...bigEndian(uptime, 4),
    ];
    return frame("Eddystone TLM", {
      voltage: millivolts / 1000,
      temperature: temperature / 256,
      advertisement_count: this.#sent,
      uptime: uptime / 10,
    }, body);
  }

  #urlFrame(url: string): Content {
    const rest = [...new TextEncoder().encode(url.replace(/^https:\/\//, ""))];
    const body = [0x10, TX_POWER & 0xff, 0x03, ...rest];
    return frame("Eddystone URL", { url, power_at_0m: TX_POWER }, body);
  }
}
