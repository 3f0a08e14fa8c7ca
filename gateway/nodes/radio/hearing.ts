/**
 * What a node heard, and who is told of it.
 *
 * @module
 */
import type { WpanClosed } from "../../../traces/flows/wpan_observer.ts";
import type { DeviceId } from "../../../traces/sensors/sensor_decoder.ts";
import type { RadioNode } from "./radio_node.ts";

/** One frame as a node heard it. */
export interface Hearing {
  node: RadioNode;
  /** `id` of the PUBLISH that brought it. */
  message: string;
  /** Number of the radio record in it; -1: it is no radio envelope. */
  record: number;
  /** When, ms of our monotonic clock. */
  at: number;
  /** When its message came, Unix ms. */
  time: number;
  /** dBm; 127 unknown. */
  rssi: number;
  /** Channel index of Bluetooth LE, or channel of IEEE 802.15.4; 255 unknown. */
  channel: number;
}

/** When a message came. */
export interface Arrival {
  /** ms of our monotonic clock. */
  readonly at: number;
  /** Unix ms. */
  readonly time: number;
}

/** `id` of what is made of a frame. */
export function hearingId({ message, record }: Hearing): string {
  return record < 0 ? message : `${message}.${record}`;
}

/** Security of an IEEE 802.15.4 frame. */
export interface FrameSecurity {
  /** Frame counter; -1 unless `secured`, and where a slot number stands in its place (TSCH). */
  counter: number;
  /**
   * The frame is whole, and its integrity code fits a key. All others count as plain, also those
   * whose header speaks of security: levels 0 and 4 have no code, and anybody can make them.
   */
  secured: boolean;
}

/** Gets what frames hold. Arguments are good until the call returns. */
export interface RadioListener {
  /** @param address 48-bit address as a number */
  advertisement(
    hearing: Hearing,
    address: number,
    data: Uint8Array,
    start: number,
    end: number,
  ): void;
  /** What a data frame, or a datagram inside one, holds of a sensor: see `WpanSensor`. */
  macPayload(
    hearing: Hearing,
    device: DeviceId,
    data: Uint8Array,
    start: number,
    end: number,
    security: FrameSecurity,
  ): void;
  /** A secured frame that could not be opened. */
  closed(hearing: Hearing, device: DeviceId, reason: WpanClosed): void;
  beacon(hearing: Hearing, pan: number, coordinator: DeviceId): void;
  associationRequest(hearing: Hearing, device: DeviceId, pan: number): void;
}
