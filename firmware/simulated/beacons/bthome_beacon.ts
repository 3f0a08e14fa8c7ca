/**
 * BTHome v2 (bthome.io/format, bthome.io/encryption): objects, plain or encrypted, in service data
 * or as the MAC payload of an 802.15.4 frame.
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
  FLAGS,
  littleEndian,
  type Value,
  whole,
} from "./beacon.ts";
import { Drift, type DriftOptions } from "./drift.ts";

/** UUID 0xFCD2, as sent. */
const UUID = [0xd2, 0xfc];
const NO_DATA = new Uint8Array(0);

/** Rows of the object table that the simulated sensors use. */
const OBJECTS = {
  battery: { id: 0x01, bytes: 1, divisor: 1 },
  temperature: { id: 0x02, bytes: 2, divisor: 100, signed: true },
  humidity: { id: 0x03, bytes: 2, divisor: 100 },
  pressure: { id: 0x04, bytes: 3, divisor: 100 },
  illuminance: { id: 0x05, bytes: 3, divisor: 100 },
  energy: { id: 0x0a, bytes: 3, divisor: 1000 },
  power: { id: 0x0b, bytes: 3, divisor: 100 },
  voltage: { id: 0x0c, bytes: 2, divisor: 1000 },
  co2: { id: 0x12, bytes: 2, divisor: 1 },
  moisture: { id: 0x14, bytes: 2, divisor: 100 },
  count: { id: 0x3d, bytes: 2, divisor: 1 },
  current: { id: 0x43, bytes: 2, divisor: 1000 },
} as const;

/** Objects of one byte that say yes or no. */
const BINARIES = { motion: 0x21, window: 0x2d, door: 0x1a } as const;

type NumberName = keyof typeof OBJECTS;
type BinaryName = keyof typeof BINARIES;

/** What a sensor measures. */
export interface BtHomeOptions {
  /** Numbers that drift. */
  numbers: Partial<Record<NumberName, DriftOptions>>;
  /** Things that are now and then so, now and then not. */
  binaries?: BinaryName[];
  /** A number that goes up by one per measurement, modulo 2^16. @default false */
  counts?: boolean;
  /** Whether each measurement has a packet id. @default false */
  packetId?: boolean;
  /** 16 bytes: it encrypts. */
  key?: Uint8Array;
  /** Its counter before the first measurement. @default 0 */
  counter?: number;
  /** ms. @default 1000 */
  interval_ms?: number;
  /** @default 5 */
  repeats?: number;
}

/** The objects of one measurement. */
interface Objects {
  bytes: number[];
  values: Record<string, Value>;
  packetId: number;
}

/** A sensor's measurements as objects, ids ascending as the format asks for. */
export class BtHomeObjects {
  readonly #options: BtHomeOptions;
  readonly #random: Random;
  readonly #drifts: [NumberName, Drift][];
  readonly #states = new Map<BinaryName, boolean>();
  #packetId: number;
  #count = 0;

  constructor(random: Random, options: BtHomeOptions) {
    this.#options = options;
    this.#random = random;
    this.#drifts = Object.entries(options.numbers).map(([name, drift]) =>
      [name as NumberName, new Drift(random, drift)] as [NumberName, Drift]
    ).sort(([a], [b]) => OBJECTS[a].id - OBJECTS[b].id);
    for (const name of options.binaries ?? []) this.#states.set(name, false);
    this.#packetId = options.packetId ? whole(random.uniform() * 255, 0, 255) : -1;
  }

  measure(seconds: number): Objects {
    const { counts, packetId } = this.#options;
    const rows: [id: number, bytes: number[]][] = [];
    const values: Record<string, Value> = {};
    if (packetId) {
      this.#packetId = (this.#packetId + 1) % 256;
      rows.push([0x00, [this.#packetId]]);
    }
    for (const [name, drift] of this.#drifts) {
      const row = OBJECTS[name];
      const range = 256 ** row.bytes;
      const [min, max] = "signed" in row ? [-range / 2, range / 2 - 1] : [0, range - 1];
      const raw = whole(drift.step(seconds) * row.divisor, min, max);
      rows.push([row.id, littleEndian(raw, row.bytes)]);
      values[name] = raw / row.divisor;
    }
    if (counts) {
      this.#count = (this.#count + 1) % 65_536;
      rows.push([OBJECTS.count.id, littleEndian(this.#count, 2)]);
      values.count = this.#count;
    }
    for (const [name, state] of this.#states) {
      const now = this.#random.uniform() < 0.1 ? !state : state;
      this.#states.set(name, now);
      rows.push([BINARIES[name], [now ? 1 : 0]]);
      values[name] = now;
    }
    rows.sort(([a], [b]) => a - b);
    return {
      bytes: rows.flatMap(([id, bytes]) => [id, ...bytes]),
      values,
      packetId: this.#packetId,
    };
  }
}

/** Service data behind the UUID, encrypted: information byte, cipher text, counter, integrity code. */
export function sealBtHome(
  ccm: AesCcm,
  address: number,
  information: number,
  objects: ArrayLike<number>,
  counter: number,
): number[] {
  const count = littleEndian(counter, 4);
  const nonce = Uint8Array.from([...bigEndian(address, 6), ...UUID, information, ...count]);
  const sealed = ccm.seal(nonce, NO_DATA, Uint8Array.from(objects), 4);
  const end = sealed.length - 4;
  return [information, ...sealed.subarray(0, end), ...count, ...sealed.subarray(end)];
}

/** A BTHome sensor that advertises. */
export class BtHomeBeacon implements Beacon {
  readonly interval_ms: number;
  readonly repeats: number;
  readonly #address: number;
  readonly #objects: BtHomeObjects;
  readonly #ccm: AesCcm | undefined;
  #counter: number;

  constructor(address: number, random: Random, options: BtHomeOptions) {
    this.interval_ms = options.interval_ms ?? 1000;
    this.repeats = options.repeats ?? 5;
    this.#address = address;
    this.#objects = new BtHomeObjects(random, options);
    this.#ccm = options.key && new AesCcm(options.key);
    this.#counter = options.counter ?? 0;
  }

  measure(seconds: number): readonly Content[] {
    const { bytes, values, packetId } = this.#objects.measure(seconds);
    let body = [0x40, ...bytes];
    let number = packetId;
    if (this.#ccm !== undefined) {
      this.#counter = (this.#counter + 1) % 2 ** 32;
      if (packetId < 0) number = this.#counter;
      body = sealBtHome(this.#ccm, this.#address, 0x41, bytes, this.#counter);
    }
    const data = Uint8Array.from([...FLAGS, ...adStructure(AdType.ServiceData16, UUID, body)]);
    return [{ format: "BTHome v2", number, values, data, extended: data.length > 31 }];
  }
}
