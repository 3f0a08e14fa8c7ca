/**
 * The air between simulated devices and receivers: who sends when, who hears it how strongly, what
 * is lost. In simulated time; two worlds with the same options are equal.
 *
 * RSSI falls with 28 dB per decade of distance, as indoors, with shadowing per pair and fading per
 * transmission.
 *
 * @module
 */
import type { Beacon, Content } from "./beacons/beacon.ts";
import { Random } from "./random.ts";
import { Schedule } from "./schedule.ts";

/** Somewhere in the house, m. */
export interface Place {
  x: number;
  y: number;
}

export type Radio = "ble" | "802.15.4";

/** A frame that was sent, in the form that a receiver hands on. */
export interface Frame {
  /** BLE: access address, PDU, CRC; 802.15.4: with FCS. Not to be changed. */
  linkLayer(): Uint8Array;
  /** BLE: HCI event with this RSSI; a new copy. 802.15.4 has none. */
  event?(rssi: number): Uint8Array;
}

/** Who sends. */
export interface Device {
  readonly radio: Radio;
  /** As shown: `A4:C1:38:8D:18:B2`, `1A62/0001`, or eight bytes with colons. */
  readonly address: string;
  readonly name: string;
  /** Hex digits; only of those that encrypt. */
  readonly key?: string;
  readonly place: Place;
  /** RSSI at 1 m, dBm. */
  readonly power: number;
  readonly beacon: Beacon;
  frame(content: Content): Frame;
}

/** Who listens. */
export interface Receiver {
  readonly name: string;
  readonly radio: Radio;
  readonly place: Place;
  /** Frames weaker than this are not heard, dBm. */
  readonly sensitivity: number;
}

/** How a world goes. */
export interface WorldOptions {
  devices: readonly Device[];
  receivers: readonly Receiver[];
  /** Any integer. */
  seed: number;
  /** Share of frames in reach that a receiver misses nevertheless, 0 to 1. */
  loss: number;
  /** Share of heard frames that a receiver hands on twice, 0 to 1. */
  duplicates: number;
  /** Multiplies how often devices send and measure. */
  rate: number;
  /** How a device sends, by its index. @default as its beacon says, and `rate` */
  pace?: (device: number) => Pace;
}

/** How a device sends. */
export interface Pace {
  /** Time between transmissions, ms, without the random part. */
  readonly interval_ms: number;
  /** Transmissions of each measurement. */
  readonly repeats: number;
}

/** How one receiver heard a transmission. */
export interface Reception {
  /** Index in the world's receivers. */
  readonly receiver: number;
  /** dBm. */
  readonly rssi: number;
  /** BLE: channel index 0 to 39; 802.15.4: 11 to 26. */
  readonly channel: number;
  /** The receiver hands it on twice. */
  readonly twice: boolean;
}

/** A frame in the air. */
export interface Transmission {
  /** Since the world began, ms. */
  readonly time_ms: number;
  readonly device: Device;
  readonly content: Content;
  readonly frame: Frame;
  /** Those who heard it. */
  readonly receptions: readonly Reception[];
}

/** Channel of all 802.15.4 devices. */
export const WPAN_CHANNEL = 15;
/** Random part of each advertising interval, ms (Core 6.0, Vol 6, Part B, 4.4.2.2); at most a tenth of it. */
const DELAY_MS = 10;
const LOSS_PER_DECADE = 28;
const SHADOWING_DB = 3;
const FADING_DB = 2.5;
/** Nobody holds a phone's distance to a sensor. */
const NEAREST_M = 0.3;

/** Largest random part of an advertising interval, ms. */
export function delayBound(interval_ms: number): number {
  return Math.min(DELAY_MS, interval_ms / 10);
}

/** A device and what it does next. */
interface Sender {
  due_ms: number;
  readonly device: Device;
  readonly interval_ms: number;
  readonly repeats: number;
  measured_ms: number;
  contents: readonly Content[];
  frames: (Frame | undefined)[];
  /** Transmissions since it measured. */
  sent: number;
  /** Receivers of its radio in reach, and their mean RSSI. */
  readonly links: { receiver: number; rssi: number; sensitivity: number }[];
}

/** A world. It stands still until it is asked for what comes next. */
export class RadioWorld {
  readonly receivers: readonly Receiver[];
  readonly devices: readonly Device[];
  readonly #options: WorldOptions;
  readonly #random: Random;
  readonly #schedule = new Schedule<Sender>();

  constructor(options: WorldOptions) {
    this.#options = options;
    this.receivers = options.receivers;
    this.devices = options.devices;
    this.#random = new Random(options.seed);
    options.devices.forEach((device, index) => this.#schedule.add(this.#sender(device, index)));
  }

  /** When something is sent next, ms since the world began; Infinity: never. */
  get next_ms(): number {
    return this.#schedule.first?.due_ms ?? Infinity;
  }

  /** What is sent until then (ms since the world began), in order; time goes on as it is read. */
  *until(time_ms: number): Generator<Transmission> {
    for (let sender = this.#schedule.first; sender !== undefined; sender = this.#schedule.first) {
      if (sender.due_ms > time_ms) return;
      yield this.#transmit(sender);
    }
  }

  #sender(device: Device, index: number): Sender {
    const { rate, receivers, pace } = this.#options;
    const { beacon } = device;
    const { interval_ms, repeats } = pace?.(index) ??
      { interval_ms: beacon.interval_ms / rate, repeats: beacon.repeats };
    const links = receivers.flatMap(({ radio, place, sensitivity }, receiver) => {
      if (radio !== device.radio) return [];
      const metres = Math.hypot(place.x - device.place.x, place.y - device.place.y);
      const loss = LOSS_PER_DECADE * Math.log10(Math.max(NEAREST_M, metres));
      const rssi = device.power - loss + SHADOWING_DB * this.#random.normal();
      return [{ receiver, rssi, sensitivity }];
    });
    return {
      due_ms: interval_ms * this.#random.uniform(),
      device,
      interval_ms,
      repeats,
      measured_ms: -interval_ms,
      contents: [],
      frames: [],
      sent: Infinity,
      links,
    };
  }

  #transmit(sender: Sender): Transmission {
    const { device, due_ms: time_ms, interval_ms } = sender;
    if (sender.sent >= sender.repeats) {
      // What the seconds are for goes on as in real time, however fast the radio is.
      sender.contents = device.beacon.measure((time_ms - sender.measured_ms) / 1000);
      sender.frames = [];
      sender.measured_ms = time_ms;
      sender.sent = 0;
    }
    const turn = sender.sent++ % sender.contents.length;
    const content = sender.contents[turn]!;
    const frame = sender.frames[turn] ??= device.frame(content);
    const receptions: Reception[] = [];
    for (const link of sender.links) {
      const reception = this.#hear(device.radio, content.extended, link);
      if (reception !== undefined) receptions.push(reception);
    }
    sender.due_ms += interval_ms + delayBound(interval_ms) * this.#random.uniform();
    this.#schedule.moved();
    return { time_ms, device, content, frame, receptions };
  }

  #hear(radio: Radio, extended: boolean, link: Sender["links"][number]): Reception | undefined {
    const random = this.#random;
    // As many numbers for each, so that another share of loss leaves the rest as it was.
    const lost = random.uniform() < this.#options.loss;
    const twice = random.uniform() < this.#options.duplicates;
    const rssi = Math.round(link.rssi + FADING_DB * random.normal());
    const where = random.uniform();
    if (lost || rssi < link.sensitivity) return undefined;
    const channel = radio === "802.15.4"
      ? WPAN_CHANNEL
      : extended
      ? Math.floor(where * 37)
      : 37 + Math.floor(where * 3);
    return { receiver: link.receiver, rssi: Math.min(-20, Math.max(-126, rssi)), channel, twice };
  }
}
