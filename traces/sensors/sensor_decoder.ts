/**
 * Decodes what sensors say: walks through advertising data, finds the format of each structure, and
 * remembers per device what formats with counters need.
 *
 * @module
 */
import { rule } from "../wire/problem.ts";
import { decodeAltBeacon } from "./altbeacon.ts";
import { decodeAtc } from "./atc.ts";
import { decodeBtHomeV1, decodeBtHomeV1Encrypted } from "./bthome_v1.ts";
import { decodeBtHomeV2 } from "./bthome_v2.ts";
import { decodeDeviceName, decodeFlags, decodeTxPower } from "./device_facts.ts";
import { decodeEddystone } from "./eddystone.ts";
import { decodeIBeacon } from "./ibeacon.ts";
import { decodeMiBeacon } from "./mibeacon.ts";
import { decodeRuuvi } from "./ruuvi.ts";
import { DeviceMemory, type FormatDecoder, type SensorKey, SensorPacket } from "./sensor_packet.ts";
import { SensorReport } from "./sensor_report.ts";

/** AD types (Assigned Numbers, 2.3). */
const AD = {
  Flags: 0x01,
  ShortName: 0x08,
  CompleteName: 0x09,
  TxPower: 0x0a,
  ServiceData16: 0x16,
  Manufacturer: 0xff,
} as const;

/** Formats in service data, by 16-bit UUID. */
const BY_UUID: ReadonlyMap<number, readonly FormatDecoder[]> = new Map([
  [0xfcd2, [decodeBtHomeV2]],
  [0x181c, [decodeBtHomeV1, decodeAtc]],
  [0x181e, [decodeBtHomeV1Encrypted]],
  [0x181a, [decodeAtc]],
  [0xfe95, [decodeMiBeacon]],
  [0xfeaa, [decodeEddystone]],
]);

/** Formats in manufacturer data, by company; AltBeacon may be any company's. */
const BY_COMPANY: ReadonlyMap<number, readonly FormatDecoder[]> = new Map([
  [0x0499, [decodeRuuvi, decodeAltBeacon]],
  [0x004c, [decodeIBeacon, decodeAltBeacon]],
]);
const ANY_COMPANY: readonly FormatDecoder[] = [decodeAltBeacon];

const OVERRUN = rule(
  "sensor",
  "error",
  "AD structure is longer than the data it is in",
  "Core 6.0, Vol 3, Part C, 11",
);

/** Who a packet is from: a 48-bit address, or a name of a device that has none (802.15.4). */
export type DeviceId = number | string;

export interface SensorDecoderOptions {
  /** Keys by device; never shown. */
  readonly keys?: ReadonlyMap<DeviceId, SensorKey>;
  /** Devices remembered; the oldest goes first, those with a key stay. @default 10000 */
  readonly maxDevices?: number;
}

export class SensorDecoder {
  /** What the last packet said; good until the next. */
  readonly report: SensorReport = new SensorReport();
  readonly #keys: ReadonlyMap<DeviceId, SensorKey>;
  readonly #maxDevices: number;
  readonly #devices = new Map<DeviceId, DeviceMemory>();
  readonly #packet = new SensorPacket();

  constructor(options: SensorDecoderOptions = {}) {
    this.#keys = options.keys ?? new Map();
    this.#maxDevices = options.maxDevices ?? 10_000;
  }

  /**
   * Decodes advertising data, `data[start, end)`. Offsets of what is reported count from `data[0]`.
   *
   * @param address 48-bit address as a number, first byte shown most significant; -1 unknown
   * @param time when it was heard, ms, always of the same clock
   */
  advertisement(
    address: number,
    data: Uint8Array,
    start: number,
    end: number,
    time: number,
  ): SensorReport {
    const packet = this.#begin(address, data, time);
    packet.address = address;
    const { report } = this;
    for (let at = start; at < end;) {
      const length = data[at]!;
      if (length === 0) break;
      const next = at + 1 + length;
      if (next > end) {
        report.problem(OVERRUN, at, `${length} bytes announced, ${end - at - 1} left`);
        break;
      }
      packet.structure = at;
      this.#structure(data[at + 1]!, at + 2, next);
      at = next;
    }
    report.numberInstances();
    return report;
  }

  /** Decodes the MAC payload of an IEEE 802.15.4 data frame: BTHome v2, from its information byte on. */
  macPayload(
    device: DeviceId,
    data: Uint8Array,
    start: number,
    end: number,
    time: number,
  ): SensorReport {
    const packet = this.#begin(device, data, time);
    packet.address = -1;
    packet.structure = -1;
    packet.cursor.open(data, start, end);
    decodeBtHomeV2(packet, this.report);
    this.report.numberInstances();
    return this.report;
  }

  /** Forgets what is remembered of a device. */
  forget(device: DeviceId): void {
    this.#devices.delete(device);
  }

  #begin(device: DeviceId, data: Uint8Array, time: number): SensorPacket {
    this.report.clear();
    const packet = this.#packet;
    packet.data = data;
    packet.time = time;
    packet.memory = this.#memory(device);
    return packet;
  }

  #structure(type: number, start: number, end: number): void {
    const packet = this.#packet;
    const { cursor, data } = packet;
    switch (type) {
      case AD.Flags:
        decodeFlags(packet, this.report, start, end);
        return;
      case AD.ShortName:
      case AD.CompleteName:
        decodeDeviceName(packet, this.report, start, end);
        return;
      case AD.TxPower:
        decodeTxPower(packet, this.report, start, end);
        return;
      case AD.ServiceData16:
      case AD.Manufacturer: {
        if (end - start < 2) return;
        const id = data[start]! | data[start + 1]! << 8;
        const formats = type === AD.ServiceData16
          ? BY_UUID.get(id)
          : BY_COMPANY.get(id) ?? ANY_COMPANY;
        if (formats === undefined) return;
        for (const decode of formats) {
          cursor.open(data, start + 2, end);
          if (decode(packet, this.report)) return;
        }
      }
    }
  }

  #memory(device: DeviceId): DeviceMemory {
    const devices = this.#devices;
    let memory = devices.get(device);
    if (memory === undefined) {
      memory = new DeviceMemory(this.#keys.get(device));
      if (devices.size >= this.#maxDevices) this.#makeRoom();
      devices.set(device, memory);
    }
    return memory;
  }

  #makeRoom(): void {
    for (const [device, { key }] of this.#devices) {
      if (key !== undefined) continue;
      this.#devices.delete(device);
      return;
    }
  }
}
