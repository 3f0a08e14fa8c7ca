/**
 * iBeacon (Apple, Proximity Beacon Specification).
 *
 * @module
 */
import { adStructure, AdType, type Beacon, bigEndian, type Content, FLAGS } from "./beacon.ts";

const APPLE = [0x4c, 0x00];
const HEAD = [0x02, 0x15];

/** What a beacon says. */
export interface IBeaconOptions {
  /** As text, lower case with dashes. */
  uuid: string;
  major: number;
  minor: number;
  /** RSSI at 1 m, dBm. */
  measuredPower: number;
  /** Whether the minor number goes up by one per measurement, as of tags that tell more by it. @default false */
  counts?: boolean;
}

/** A beacon that says who it is, and nothing else. */
export class IBeacon implements Beacon {
  readonly interval_ms = 1022.5;
  readonly repeats = 10;
  readonly #options: IBeaconOptions;
  #minor: number;

  constructor(options: IBeaconOptions) {
    this.#options = options;
    this.#minor = options.minor;
  }

  measure(): readonly Content[] {
    const { uuid, major, measuredPower, counts } = this.#options;
    if (counts) this.#minor = (this.#minor + 1) % 65_536;
    const id = uuid.replaceAll("-", "").match(/../g)!.map((byte) => parseInt(byte, 16));
    const body = [
      ...HEAD,
      ...id,
      ...bigEndian(major, 2),
      ...bigEndian(this.#minor, 2),
      measuredPower & 0xff,
    ];
    const data = Uint8Array.from([...FLAGS, ...adStructure(AdType.Manufacturer, APPLE, body)]);
    const values = { uuid, major, minor: this.#minor, measured_power: measuredPower };
    return [{ format: "iBeacon", number: -1, values, data, extended: false }];
  }
}
