/**
 * Which devices the simulated house has. Names, addresses and keys depend on the number of a device
 * alone, so that a gateway can be configured for them.
 *
 * @module
 */
import type { Beacon, Content } from "./beacons/beacon.ts";
import { BtHomeBeacon, type BtHomeOptions } from "./beacons/bthome_beacon.ts";
import { EddystoneBeacon } from "./beacons/eddystone_beacon.ts";
import { IBeacon } from "./beacons/ibeacon_beacon.ts";
import { MiBeacon } from "./beacons/mibeacon_beacon.ts";
import { PvvxBeacon } from "./beacons/pvvx_beacon.ts";
import { RuuviAir, RuuviTag } from "./beacons/ruuvi_beacon.ts";
import { BleFrame } from "./ble_frame.ts";
import type { Device, Place } from "./radio_world.ts";
import { Random } from "./random.ts";

/** What a kind of beacon is made from. */
interface Setting {
  address: number;
  random: Random;
  /** 16 bytes, for those that encrypt. */
  key: Uint8Array;
  /** Where counters begin. */
  counter: number;
}

/** A kind of beacon. */
interface Kind {
  /** First three bytes of its addresses. */
  readonly vendor: number;
  /** Whether its addresses are random (static), not public. */
  readonly random: boolean;
  readonly encrypts: boolean;
  make(setting: Setting): Beacon;
}

const CLIMATE: BtHomeOptions["numbers"] = {
  battery: { mean: 84, spread: 2, min: 1, max: 100 },
  temperature: { mean: 20, spread: 2 },
  humidity: { mean: 50, spread: 7, min: 1, max: 100 },
};
const METER: BtHomeOptions["numbers"] = {
  power: { mean: 340, spread: 120, memory_s: 60, min: 0 },
  voltage: { mean: 24.1, spread: 0.1 },
  current: { mean: 14, spread: 4, memory_s: 60, min: 0 },
};
const SOIL: BtHomeOptions["numbers"] = {
  temperature: { mean: 17, spread: 2 },
  moisture: { mean: 38, spread: 6, min: 0, max: 100 },
};

const RUUVI = { vendor: 0xcbb833, random: true, encrypts: false };
const SHELLY = { vendor: 0x38398f, random: false };
const XIAOMI = { vendor: 0xa4c138, random: false };
const MAKER = { vendor: 0xe4b063, random: false };

const APPLE_ID = "e2c56db5-dffb-48d2-b060-d0f5a71096e0";

/** Kinds of beacons. */
const KINDS = {
  ruuvi: { ...RUUVI, make: ({ address, random }) => new RuuviTag(address, random) },
  "ruuvi-air": { ...RUUVI, make: ({ address, random }) => new RuuviAir(address, random) },
  "ruuvi-e1": {
    ...RUUVI,
    make: ({ address, random }) => new RuuviAir(address, random, { legacy: false }),
  },
  bthome: {
    ...MAKER,
    encrypts: false,
    make: ({ address, random }) =>
      new BtHomeBeacon(address, random, { numbers: CLIMATE, packetId: true }),
  },
  "bthome-soil": {
    ...MAKER,
    encrypts: false,
    make: ({ address, random }) =>
      new BtHomeBeacon(address, random, { numbers: SOIL, interval_ms: 2000, repeats: 10 }),
  },
  "bthome-count": {
    ...MAKER,
    encrypts: false,
    make: ({ address, random }) =>
      new BtHomeBeacon(address, random, { numbers: SOIL, binaries: ["motion"], counts: true }),
  },
  "bthome-door": {
    ...SHELLY,
    encrypts: true,
    make: ({ address, random, key, counter }) =>
      new BtHomeBeacon(address, random, {
        numbers: { battery: CLIMATE.battery!, illuminance: { mean: 200, spread: 90, min: 0 } },
        binaries: ["window"],
        key,
        counter,
      }),
  },
  "bthome-meter": {
    ...MAKER,
    encrypts: true,
    make: ({ address, random, key, counter }) =>
      new BtHomeBeacon(address, random, { numbers: METER, packetId: true, key, counter }),
  },
  pvvx: {
    ...XIAOMI,
    encrypts: false,
    make: ({ address, random }) => new PvvxBeacon(address, random, { format: "custom" }),
  },
  "pvvx-encrypted": {
    ...XIAOMI,
    encrypts: true,
    make: ({ address, random, key }) => new PvvxBeacon(address, random, { format: "custom", key }),
  },
  atc1441: {
    ...XIAOMI,
    encrypts: false,
    make: ({ address, random }) => new PvvxBeacon(address, random, { format: "atc1441" }),
  },
  ibeacon: {
    ...RUUVI,
    vendor: 0xd00b1e,
    make: () => new IBeacon({ uuid: APPLE_ID, major: 100, minor: 7, measuredPower: -59 }),
  },
  "ibeacon-count": {
    ...RUUVI,
    vendor: 0xd00b1e,
    make: () =>
      new IBeacon({ uuid: APPLE_ID, major: 1, minor: 0, measuredPower: -59, counts: true }),
  },
  eddystone: {
    ...RUUVI,
    vendor: 0xf0a2c4,
    make: ({ random }) => new EddystoneBeacon(random, { url: "https://eddy.example/a" }),
  },
  "eddystone-tlm": {
    ...RUUVI,
    vendor: 0xf0a2c4,
    make: ({ random }) => new EddystoneBeacon(random),
  },
  mibeacon: {
    vendor: 0x4c65a8,
    random: false,
    encrypts: false,
    make: ({ address, random, counter }) => new MiBeacon(address, random, { counter }),
  },
  "mibeacon-encrypted": {
    ...XIAOMI,
    encrypts: true,
    make: ({ address, random, key, counter }) => new MiBeacon(address, random, { key, counter }),
  },
} as const satisfies Record<string, Kind>;

export type BeaconKind = keyof typeof KINDS;

/** Kinds whose contents all differ, and that send one format each: every content can be told from the last. */
export const DISTINCT_KINDS: readonly BeaconKind[] = [
  "ruuvi",
  "ruuvi-e1",
  "bthome",
  "bthome-count",
  "bthome-door",
  "bthome-meter",
  "pvvx",
  "pvvx-encrypted",
  "atc1441",
  "ibeacon-count",
  "eddystone-tlm",
  "mibeacon",
  "mibeacon-encrypted",
];

/** Kinds whose packets have no number: one is known from the next by its bytes alone. */
export const UNNUMBERED_KINDS: ReadonlySet<BeaconKind> = new Set([
  "bthome-soil",
  "bthome-count",
  "ibeacon",
  "ibeacon-count",
  "eddystone",
  "eddystone-tlm",
]);

/** The beacons of the house: kind, name, place. */
const HOUSE: readonly [kind: BeaconKind, name: string, x: number, y: number][] = [
  ["ruuvi", "sauna", -7, 3],
  ["bthome", "balcony", 19, 9],
  ["bthome-door", "front-door", 6, -3],
  ["pvvx", "bedroom", 2, 8],
  ["ibeacon", "bicycle", 9, 1],
  ["eddystone", "noticeboard", 7, 5],
  ["ruuvi-air", "living-room", 5, 6],
  ["pvvx-encrypted", "nursery", 12, 7],
  ["ruuvi", "fridge", 3, 2],
  ["bthome-soil", "lemon-tree", 18, 2],
  ["mibeacon-encrypted", "bathroom", -3, 7],
  ["bthome-meter", "solar-panel", 22, 4],
  ["mibeacon", "hallway", 6, 1],
  ["bthome-count", "cat-flap", 8, -2],
  ["atc1441", "cellar", -1, 0],
];

/** What devices are made with. */
export interface CatalogueOptions {
  /** How many. */
  devices: number;
  seed: number;
  /** Unix time of the start, ms: counters of encrypting devices begin with it, so that they never go back. */
  start_ms: number;
  /** Kinds in turn, instead of the house's. */
  kinds?: readonly BeaconKind[];
}

/** An address as shown. */
export function addressText(address: number): string {
  return address.toString(16).toUpperCase().padStart(12, "0").match(/../g)!.join(":");
}

/** The topic level and channel of a device that nobody gave a name. */
export function deviceLevel(address: string): string {
  return address.replaceAll(":", "").replace("/", "-");
}

/** A key by number: for show, no secret. */
export function keyOf(index: number): Uint8Array {
  const random = new Random(0x5eed + index);
  return Uint8Array.from({ length: 16 }, () => Math.floor(random.uniform() * 256));
}

/** Counters that go on where those of an earlier start ended: two steps per second. */
export function counterAt(start_ms: number): number {
  return Math.floor(start_ms / 500) % 2 ** 32;
}

/** Kind, name and place of a device by number. */
function entryOf(
  index: number,
  kinds: readonly BeaconKind[] | undefined,
): [BeaconKind, string, Place] {
  if (kinds !== undefined) {
    const kind = kinds[index % kinds.length]!;
    return [kind, `${kind}-${index + 1}`, { x: index % 10, y: Math.floor(index / 10) % 10 }];
  }
  const [kind, name, x, y] = HOUSE[index % HOUSE.length]!;
  const round = Math.floor(index / HOUSE.length);
  const place = { x: x + round % 5 - 2 * Math.sign(round), y: y + round % 3 };
  return round === 0 ? [kind, name, { x, y }] : [kind, `${name}-${round + 1}`, place];
}

/** Makes BLE devices. */
export function makeBeacons(options: CatalogueOptions): Device[] {
  return Array.from({ length: options.devices }, (_, index) => {
    const [name, label, place] = entryOf(index, options.kinds);
    const kind: Kind = KINDS[name];
    const address = kind.vendor * 2 ** 24 + 0x10_0000 + index * 0x101;
    const key = keyOf(index);
    const random = new Random(Math.imul(options.seed + 1, 0x9e37_79b1) + index * 7919);
    const beacon = kind.make({ address, random, key, counter: counterAt(options.start_ms) });
    return {
      radio: "ble",
      address: addressText(address),
      name: label,
      ...(kind.encrypts ? { key: key.toHex() } : {}),
      place,
      power: -58,
      beacon,
      frame: ({ data, extended }: Content) => new BleFrame(address, kind.random, data, extended),
    };
  });
}
