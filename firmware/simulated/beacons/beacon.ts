/**
 * What every simulated beacon shares: what it says, and how often.
 *
 * @module
 */

/** A value as a receiver reads it: after rounding to what the format can say. */
export type Value = number | boolean | string;

/** What a beacon says until it measures again. */
export interface Content {
  /** As the decoder names it: "Ruuvi 5". */
  readonly format: string;
  /** Packet id, measurement sequence or counter; -1: the format has none. */
  readonly number: number;
  /** By the names that the decoder gives them. */
  readonly values: Readonly<Record<string, Value>>;
  /** AD structures, or the MAC payload of an 802.15.4 frame. */
  readonly data: Uint8Array;
  /** Whether it is sent by extended advertising: it does not fit into 31 bytes. */
  readonly extended: boolean;
}

/** A beacon's inside: sensors and encoder. It has no clock; whoever owns it says when it measures. */
export interface Beacon {
  /** Time between transmissions, ms, without the random 0 to 10 ms of each (Core 6.0, Vol 6, Part B, 4.4.2.2). */
  readonly interval_ms: number;
  /** Transmissions between two measurements. */
  readonly repeats: number;
  /**
   * Measures.
   *
   * @param seconds since it measured last
   * @returns what it then sends in turn
   */
  measure(seconds: number): readonly Content[];
}

/** AD types (Assigned Numbers, 2.3) that beacons send. */
export const AdType = {
  Flags: 0x01,
  CompleteName: 0x09,
  ServiceData16: 0x16,
  Manufacturer: 0xff,
} as const;

/** "LE General Discoverable, no BR/EDR", as nearly every beacon begins. */
export const FLAGS: readonly number[] = [2, AdType.Flags, 0x06];

/** One AD structure. */
export function adStructure(type: number, ...parts: ArrayLike<number>[]): number[] {
  const bytes = [0, type];
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) bytes.push(part[i]!);
  }
  bytes[0] = bytes.length - 1;
  return bytes;
}

/** A whole number, most significant byte first; negative ones in two's complement. */
export function bigEndian(value: number, length: number): number[] {
  return littleEndian(value, length).reverse();
}

/** A whole number, least significant byte first; negative ones in two's complement. */
export function littleEndian(value: number, length: number): number[] {
  let rest = value < 0 ? value + 256 ** length : value;
  const bytes: number[] = [];
  for (let i = 0; i < length; i++) {
    bytes.push(rest % 256);
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

/** Rounds to a whole number within a range. */
export function whole(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, Math.round(value)));
}
