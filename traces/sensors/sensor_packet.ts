/**
 * One structure of a packet as its format's decoder gets it, and what is remembered of its device.
 *
 * @module
 */
import { AesCcm } from "../wire/aes_ccm.ts";
import { SensorCursor } from "./sensor_cursor.ts";
import type { SensorReport } from "./sensor_report.ts";

/** A key from the configuration. It is never shown: not in reports, problems or findings. */
export class SensorKey {
  readonly #bytes: Uint8Array;
  #ccm: AesCcm | undefined;
  #legacy: AesCcm | undefined;

  /**
   * @param bytes 16 bytes, or 12 (MiBeacon v2 and v3)
   * @throws {RangeError} when it has another length
   */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== 16 && bytes.length !== 12) {
      throw new RangeError(
        `a sensor's key has 16 bytes (12 for MiBeacon v2 and v3), not ${bytes.length}`,
      );
    }
    this.#bytes = bytes.slice();
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** AES-CCM with the key; undefined when it has not 16 bytes. */
  get ccm(): AesCcm | undefined {
    if (this.#bytes.length !== 16) return undefined;
    return this.#ccm ??= new AesCcm(this.#bytes);
  }

  /** AES-CCM with a key of 12 bytes as MiBeacon v2 and v3 expand it; undefined for one of 16. */
  get legacyCcm(): AesCcm | undefined {
    if (this.#bytes.length !== 12) return undefined;
    if (this.#legacy === undefined) {
      const key = new Uint8Array(16);
      key.set(this.#bytes.subarray(0, 6), 0);
      key.set([0x8d, 0x3d, 0x3c, 0x97], 6);
      key.set(this.#bytes.subarray(6), 10);
      this.#legacy = new AesCcm(key);
    }
    return this.#legacy;
  }

  /** Keeps it out of logs and JSON. */
  toJSON(): string {
    return "(key)";
  }
}

/** What the last accepted packet of one format was. */
export interface CounterMemory {
  /** -1: none yet. */
  counter: number;
  /** Its encrypted bytes, integrity code included, to tell a repeat from a reused nonce. */
  sealed: Uint8Array;
  /** When it was heard, ms. */
  time: number;
}

/** What is remembered of one device between packets. */
export class DeviceMemory {
  key: SensorKey | undefined;
  /** By format. */
  readonly counters: Map<string, CounterMemory> = new Map();
  /** Last accepted packet id of BTHome; -1: none yet. */
  packetId = -1;
  packetTime = -Infinity;
  /** Formats of this device seen so far, where one replaces another (Ruuvi 6 and E1). */
  readonly formats: Set<string> = new Set();

  constructor(key: SensorKey | undefined) {
    this.key = key;
  }

  counterOf(format: string): CounterMemory {
    let memory = this.counters.get(format);
    if (memory === undefined) {
      memory = { counter: -1, sealed: new Uint8Array(0), time: -Infinity };
      this.counters.set(format, memory);
    }
    return memory;
  }
}

/** What a format's decoder gets. One object serves all. */
export class SensorPacket {
  /** Stands at the content: behind UUID or company id. Bounds are those of the structure. */
  readonly cursor: SensorCursor = new SensorCursor();
  /** The bytes given to the decoder; offsets of readings count in them. */
  data: Uint8Array = new Uint8Array(0);
  /** Where the AD structure begins (at its length byte); -1 when the content is no AD structure. */
  structure = -1;
  /** Who sent it: 48-bit address as a number, first byte shown is the most significant; -1 unknown. */
  address = -1;
  /** When it was heard, ms; of whichever clock, as long as it is always the same. */
  time = 0;
  memory: DeviceMemory = new DeviceMemory(undefined);
}

/**
 * Decodes the content of one structure.
 *
 * @returns false when it is not of the format after all, and nothing was reported
 */
export type FormatDecoder = (packet: SensorPacket, report: SensorReport) => boolean;

/** Writes a 48-bit address, first shown byte first. */
export function putAddress(address: number, out: Uint8Array, at: number): void {
  let rest = address;
  for (let i = at + 5; i >= at; i--) {
    out[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

/** Writes a 48-bit address as it goes over the air: last shown byte first. */
export function putReversedAddress(address: number, out: Uint8Array, at: number): void {
  let rest = address;
  for (let i = at; i < at + 6; i++) {
    out[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}
