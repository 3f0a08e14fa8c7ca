/**
 * Packets of all sensor formats, and ways to change them.
 *
 * @module
 */
import type { Random } from "./random.ts";
import * as sealing from "./sensor_sealing.ts";
import { advertisementOf, BTHOME_VECTORS } from "./sensor_vectors.ts";
import { BEACON_VECTORS, bytesOf } from "./sensor_vectors_beacons.ts";
import { XIAOMI_VECTORS } from "./sensor_vectors_xiaomi.ts";

/** Numbers that lengths and counts stumble over. */
const EDGES = [0, 1, 2, 3, 4, 0x7f, 0x80, 0xfe, 0xff];
/** Longest content of a changed structure, bytes. */
const LONGEST = 250;

/** A vector of any format. */
export interface SensorInput {
  readonly name: string;
  readonly address: number;
  readonly key: string | undefined;
  /** Advertising data. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** All vectors of all formats. */
export const SENSOR_INPUTS: readonly SensorInput[] = [
  ...[...BTHOME_VECTORS, ...XIAOMI_VECTORS].map((vector) => ({
    name: `${vector.format}: ${vector.name}`,
    address: vector.address,
    key: vector.key,
    data: advertisementOf(vector),
  })),
  ...BEACON_VECTORS.map(({ format, address, hex }) => ({
    name: format,
    address,
    key: undefined,
    data: bytesOf(hex),
  })),
];

/** A few objects of BTHome v2. */
export function bthomeObjects(random: Random): Uint8Array<ArrayBuffer> {
  const { data } = random.of(PLAIN);
  return data.slice(5);
}

const PLAIN = SENSOR_INPUTS.filter(({ data }) =>
  data[1] === 0x16 && data[2] === 0xd2 && data[3] === 0xfc && data[4] === 0x40
);

/** A few objects of BTHome v1. */
export function v1Objects(random: Random): Uint8Array<ArrayBuffer> {
  const parts = Array.from({ length: 1 + random.below(3) }, () => {
    const value = random.bytes(random.below(9));
    return [random.below(6) << 5 | value.length + 1, random.below(0x65), ...value];
  });
  return sealing.joined(...parts);
}

/** An object of MiBeacon. */
export function miObject(random: Random): Uint8Array<ArrayBuffer> {
  const value = random.bytes(random.of([1, 1, 2, 3, 4, 4, 8]));
  const id = random.of([
    0x1000 + random.below(0x20),
    0x4800 + random.below(0x900),
    random.below(16),
  ]);
  return sealing.joined([id & 0xff, id >> 8, value.length], value);
}

/** Changes the content of one structure; its length fits again. */
export function inOneStructure(random: Random, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const structures: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += 1 + data[at]!) {
    structures.push(data.subarray(at, at + 1 + data[at]!));
  }
  const which = random.below(structures.length);
  const parts = structures.map((structure, i) => {
    if (i !== which || structure.length < 5) return structure;
    const content = mutated(random, structure.subarray(4)).subarray(0, LONGEST);
    return sealing.joined([content.length + 3], structure.subarray(1, 4), content);
  });
  return sealing.joined(...parts);
}

/** A copy with up to three changes: bits, bytes, parts removed, doubled or put in. */
export function mutated(random: Random, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let made = new Uint8Array(bytes);
  for (let left = random.below(4); left > 0; left--) {
    const at = random.below(made.length);
    switch (random.below(6)) {
      case 0:
        if (made.length > 0) made[at] = made[at]! ^ 1 << random.below(8);
        break;
      case 1:
        if (made.length > 0) made[at] = random.of(EDGES);
        break;
      case 2:
        if (made.length > 0) made[at] = random.next();
        break;
      case 3:
        made = made.slice(0, at);
        break;
      case 4:
        made = sealing.joined(
          made.subarray(0, at),
          random.bytes(random.below(12)),
          made.subarray(at),
        );
        break;
      default: {
        const end = Math.min(made.length, at + random.below(12));
        made = sealing.joined(made.subarray(0, end), made.subarray(at));
      }
    }
  }
  return made;
}
