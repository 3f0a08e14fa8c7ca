/**
 * The BLE devices that advertise in a capture.
 *
 * @module
 */
import { addressText } from "../../wire/ble_address.ts";
import { Levels } from "./levels.ts";

/** Devices told apart; advertisements of further ones are counted together. */
export const MAX_DEVICES = 50_000;
/**
 * Advertisements of one device closer than this, in seconds, belong to one advertising event: it
 * sends the same on three channels within 10 ms each (Core Specification Vol 6, Part B, 4.4.2.3).
 */
const ONE_EVENT = 0.012;

export interface BleDevice {
  /** "aa:bb:cc:dd:ee:ff". */
  readonly address: string;
  readonly random: boolean;
  frames: number;
  /** Advertising events, which hold one to three frames. */
  events: number;
  /** Seconds since 1970. */
  first: number;
  last: number;
  /** First frame of the last event. */
  eventStart: number;
  /** Least time between events, seconds: nearest to the interval when many were missed. */
  shortest: number;
  readonly rssi: Levels;
}

export class BleDevices {
  readonly #devices = new Map<number, BleDevice>();
  others = 0;

  /**
   * @param high upper 16 bits of the address
   * @param low lower 32 bits, not signed
   * @param rssi dBm, NaN when unknown
   */
  add(high: number, low: number, random: boolean, rssi: number, time: number): void {
    const key = (high * 0x1_0000_0000 + low) * 2 + (random ? 1 : 0);
    let device = this.#devices.get(key);
    if (device === undefined) {
      if (this.#devices.size === MAX_DEVICES) {
        this.others++;
        return;
      }
      const address = addressText(high, low);
      device = {
        address,
        random,
        frames: 0,
        events: 1,
        first: time,
        last: time,
        eventStart: time,
        shortest: Infinity,
        rssi: new Levels(),
      };
      this.#devices.set(key, device);
    } else if (time - device.last > ONE_EVENT) {
      device.events++;
      device.shortest = Math.min(device.shortest, time - device.eventStart);
      device.eventStart = time;
    }
    device.frames++;
    device.rssi.add(rssi);
    if (time > device.last) device.last = time;
  }

  /** Most frames first. */
  sorted(): BleDevice[] {
    return [...this.#devices.values()].sort((a, b) => b.frames - a.frames);
  }
}

/** Mean time between advertising events, in seconds; NaN with fewer than two. */
export function advertisingInterval(
  { events, first, last }: Pick<BleDevice, "events" | "first" | "last">,
): number {
  return events < 2 ? NaN : (last - first) / (events - 1);
}
