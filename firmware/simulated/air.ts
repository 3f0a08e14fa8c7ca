/**
 * A radio world in real time: receivers hear what is sent when it is sent, and the simulator's log
 * is written.
 *
 * @module
 */
import type { Value } from "./beacons/beacon.ts";
import { deviceLevel } from "./device_catalogue.ts";
import type { RadioWorld, Reception, Transmission } from "./radio_world.ts";

/** Called with what a receiver hears. @returns whether it takes it: it may be off, or on another channel */
export type Listener = (transmission: Transmission, reception: Reception) => boolean;

/** A line of the simulator's log. */
export interface LogEntry {
  /** Unix time of the transmission, ms. */
  time: number;
  /** Address without colons: the channel of a device without a configured name. */
  device: string;
  name: string;
  format: string;
  /** Packet id, sequence or counter; -1: none. */
  content: number;
  /** By the names that the decoder gives them. */
  values: Readonly<Record<string, Value>>;
  /** RSSI by node, of those that heard and took it, dBm. */
  heard: Record<string, number>;
}

/** Shortest wait, ms: what is sent meanwhile is heard together. */
const STEP_MS = 4;
/** What was missed while the process stood still for longer is not made up for, ms. */
const LATEST_MS = 2000;

/** Runs until it is closed. */
export class Air implements Disposable {
  /** Unix time at which the world began, ms. */
  readonly start_ms: number;
  readonly #world: RadioWorld;
  readonly #listeners: (Listener | undefined)[];
  readonly #log: ((entry: LogEntry) => void) | undefined;
  readonly #began = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Starts time. @param log called with each transmission */
  constructor(world: RadioWorld, start_ms: number, log?: (entry: LogEntry) => void) {
    this.start_ms = start_ms;
    this.#world = world;
    this.#log = log;
    this.#listeners = world.receivers.map(() => undefined);
    this.#wait();
  }

  /** Lets a receiver listen. @param name one of the world's receivers */
  listen(name: string, listener: Listener): void {
    const index = this.#world.receivers.findIndex((receiver) => receiver.name === name);
    this.#listeners[index] = listener;
  }

  /** Stops time. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #wait() {
    const now_ms = performance.now() - this.#began;
    const wait_ms = Math.max(STEP_MS, this.#world.next_ms - now_ms);
    // Longer than timers can wait, or never.
    this.#timer = setTimeout(() => this.#go(), Math.min(wait_ms, 60_000));
  }

  #go() {
    const now_ms = performance.now() - this.#began;
    for (const transmission of this.#world.until(now_ms)) {
      if (transmission.time_ms > now_ms - LATEST_MS) this.#deliver(transmission);
    }
    this.#wait();
  }

  #deliver(transmission: Transmission) {
    const heard: Record<string, number> = {};
    for (const reception of transmission.receptions) {
      if (!this.#listeners[reception.receiver]?.(transmission, reception)) continue;
      heard[this.#world.receivers[reception.receiver]!.name] = reception.rssi;
    }
    if (this.#log === undefined) return;
    const { device, content, time_ms } = transmission;
    this.#log({
      time: this.start_ms + time_ms,
      device: deviceLevel(device.address),
      name: device.name,
      format: content.format,
      content: content.number,
      values: content.values,
      heard,
    });
  }
}
