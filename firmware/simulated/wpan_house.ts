/**
 * The 802.15.4 network of the simulated house: a coordinator that sends beacons, and five sensors
 * that ask to join and then report BTHome v2 objects as MAC payload, one of them secured.
 *
 * @module
 */
import { AesCcm } from "../../traces/wire/aes_ccm.ts";
import type { Beacon, Content } from "./beacons/beacon.ts";
import { BtHomeObjects, type BtHomeOptions } from "./beacons/bthome_beacon.ts";
import { counterAt, keyOf } from "./device_catalogue.ts";
import type { Device, Frame, Place } from "./radio_world.ts";
import { Random } from "./random.ts";
import {
  associationRequest,
  beaconFrame,
  dataFrame,
  extendedBytes,
  securedDataFrame,
} from "./wpan_frame.ts";

const PAN = 0x1a62;
const COORDINATOR = 0x0000;
/** First extended address; each sensor has the next. */
const EXTENDED = 0x00124b001ca1b200n;
/** Keys of BLE devices have the numbers from 0. */
const KEY_NUMBER = 1_000_000;
const BEACON_INTERVAL_MS = 3932.16;
const REPORT_INTERVAL_MS = 5000;
/** Information byte of BTHome v2: plain, at regular intervals. */
const INFORMATION = 0x40;
const NOTHING = new Uint8Array(0);

/** Formats that are no measurements. */
export const WpanFormat = {
  Beacon: "802.15.4 beacon",
  Association: "802.15.4 association request",
} as const;

/** How a sensor is addressed once it has joined. */
type Addressing = "short" | "extended" | "secured";

const SENSORS: readonly {
  name: string;
  addressing: Addressing;
  place: Place;
  objects: BtHomeOptions;
}[] = [
  {
    name: "greenhouse",
    addressing: "short",
    place: { x: 10, y: 8 },
    objects: {
      numbers: {
        temperature: { mean: 24, spread: 3 },
        humidity: { mean: 70, spread: 8, min: 1, max: 100 },
      },
    },
  },
  {
    name: "workshop",
    addressing: "short",
    place: { x: 4, y: 9 },
    objects: {
      numbers: {
        temperature: { mean: 16, spread: 2 },
        pressure: { mean: 1009, spread: 6, memory_s: 40_000 },
        co2: { mean: 560, spread: 60, min: 400 },
      },
    },
  },
  {
    name: "garage",
    addressing: "short",
    place: { x: 13, y: 2 },
    objects: { numbers: { voltage: { mean: 2.98, spread: 0.01 } }, binaries: ["door", "motion"] },
  },
  {
    name: "rain-barrel",
    addressing: "extended",
    place: { x: 1, y: 3 },
    objects: {
      numbers: {
        temperature: { mean: 12, spread: 2 },
        moisture: { mean: 60, spread: 10, min: 0, max: 100 },
      },
    },
  },
  {
    name: "workbench-safe",
    addressing: "secured",
    place: { x: 6, y: 6 },
    objects: {
      numbers: {
        battery: { mean: 91, spread: 1, min: 1, max: 100 },
        temperature: { mean: 19, spread: 1 },
      },
      binaries: ["door"],
    },
  },
];

/** What a content says that is none of a sensor's. */
function bare(format: string): Content {
  return { format, number: -1, values: {}, data: NOTHING, extended: false };
}

/** A sensor: asks to join, then measures. */
class WpanSensor implements Beacon {
  readonly interval_ms = REPORT_INTERVAL_MS;
  readonly repeats = 1;
  readonly #objects: BtHomeObjects;
  #joined = false;

  constructor(random: Random, options: BtHomeOptions) {
    this.#objects = new BtHomeObjects(random, { ...options, packetId: true });
  }

  measure(seconds: number): readonly Content[] {
    if (!this.#joined) {
      this.#joined = true;
      return [bare(WpanFormat.Association)];
    }
    const { bytes, values, packetId } = this.#objects.measure(seconds);
    const data = Uint8Array.of(INFORMATION, ...bytes);
    return [{ format: "BTHome v2", number: packetId, values, data, extended: false }];
  }
}

function frameOf(bytes: Uint8Array): Frame {
  return { linkLayer: () => bytes };
}

function coordinator(): Device {
  let sequence = 0;
  const content = bare(WpanFormat.Beacon);
  return {
    radio: "802.15.4",
    address: addressOf("short", COORDINATOR),
    name: "coordinator",
    place: { x: 7, y: 4 },
    power: -48,
    beacon: { interval_ms: BEACON_INTERVAL_MS, repeats: 1, measure: () => [{ ...content }] },
    frame: () => frameOf(beaconFrame(PAN, COORDINATOR, sequence++ & 0xff)),
  };
}

/** As shown: `1A62/0001`, or eight bytes with colons. */
function addressOf(addressing: Addressing, number: number): string {
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(4, "0");
  if (addressing === "short") return `${hex(PAN)}/${hex(number)}`;
  return Uint8Array.from(extendedBytes(EXTENDED + BigInt(number))).toHex().toUpperCase()
    .match(/../g)!.join(":");
}

function sensor(index: number, seed: number, start_ms: number): Device {
  const { name, addressing, place, objects } = SENSORS[index]!;
  const number = index + 1;
  const extended = EXTENDED + BigInt(number);
  const secret = addressing === "secured" ? keyOf(KEY_NUMBER + index) : undefined;
  const ccm = secret && new AesCcm(secret);
  const random = new Random(seed + 104_729 * number);
  let sequence = Math.floor(random.uniform() * 256);
  let counter = counterAt(start_ms);
  const frame = ({ format, data }: Content) => {
    sequence = (sequence + 1) % 256;
    if (format === WpanFormat.Association) {
      return frameOf(associationRequest(PAN, COORDINATOR, extended, sequence));
    }
    const path = { pan: PAN, to: COORDINATOR, sequence };
    if (ccm !== undefined) {
      counter = (counter + 1) % 2 ** 32;
      return frameOf(securedDataFrame({ ...path, from: { extended } }, data, ccm, counter));
    }
    const from = addressing === "short" ? { short: number } : { extended };
    return frameOf(dataFrame({ ...path, from }, data));
  };
  return {
    radio: "802.15.4",
    address: addressOf(addressing, number),
    name,
    ...(secret === undefined ? {} : { key: secret.toHex() }),
    place,
    power: -52,
    beacon: new WpanSensor(random, objects),
    frame,
  };
}

/** The coordinator and the sensors. Parameters as for `makeBeacons`. */
export function makeWpanDevices(options: { seed: number; start_ms: number }): Device[] {
  const sensors = SENSORS.map((_, index) => sensor(index, options.seed, options.start_ms));
  return [coordinator(), ...sensors];
}
