/**
 * What receivers publish about devices that all of them hear, without MQTT and without waiting: for
 * tests and benchmarks. In simulated time; the same options give the same bytes.
 *
 * ```ts
 * const traffic = radioTraffic({ devices: 100, receivers: 3, loss: 0.3, seconds: 8 });
 * for (const { node, payload, time_ms } of traffic) {
 *   // Publish payload on edgewire/v1/<node>/radio, time_ms after the start.
 * }
 * traffic.log; // What was sent, and who heard it.
 * ```
 *
 * @module
 */
import type { Content } from "./beacons/beacon.ts";
import {
  type BeaconKind,
  deviceLevel,
  DISTINCT_KINDS,
  makeBeacons,
  UNNUMBERED_KINDS,
} from "./device_catalogue.ts";
import { type Batch, EnvelopeBatcher } from "./envelope_batcher.ts";
import { radioRecord } from "./radio_record.ts";
import {
  delayBound,
  type Device,
  type Pace,
  RadioWorld,
  type Reception,
  type Transmission,
} from "./radio_world.ts";
import { Random } from "./random.ts";

/** What is sent and heard. */
export interface RadioTrafficOptions {
  /** @default 1 */
  seed?: number;
  /** @default 100 */
  devices?: number;
  /** Nodes `node-1`, `node-2`, ... @default 3 */
  receivers?: number;
  /** Share of frames that a receiver misses, 0 to 1. @default 0.1 */
  loss?: number;
  /** Share of heard frames that it hands on twice, 0 to 1. @default 0.02 */
  duplicates?: number;
  /** Frames that all receivers together hand on, per simulated second. @default 2000 */
  framesPerSecond?: number;
  /** How long, simulated. @default 10 */
  seconds?: number;
  /**
   * Time between measurements of a device, about; at least one transmission each. Devices whose
   * packets have no number send each measurement once.
   *
   * @default 300
   */
  measurement_ms?: number;
  /** What devices send, in turn. @default those whose contents all differ */
  kinds?: readonly BeaconKind[];
  /** Frames per envelope. @default 32 */
  batchFrames?: number;
  /** How long a frame waits for others at most, ms. @default 20 */
  batchAge_ms?: number;
  /** Unix time of the start, ms. @default 1800000000000 */
  start_ms?: number;
  /** Whether `log` is kept. @default true */
  log?: boolean;
}

/** An envelope and when its node publishes it. */
export interface RadioBatch {
  /** Its name in the topic. */
  readonly node: string;
  readonly payload: Uint8Array;
  readonly frames: number;
  /** Since the start, simulated ms; never less than that of the batch before. */
  readonly time_ms: number;
}

/** A content of a device, until it measured again. */
export interface SentContent {
  /** 12 upper-case hex digits: its channel, when it has no configured name. */
  readonly device: string;
  readonly format: string;
  /** Packet id, sequence or counter; -1: none. */
  readonly number: number;
  /** By name, as the decoder reads them. */
  readonly values: Content["values"];
  /** First and last transmission, simulated ms since the start. */
  readonly first_ms: number;
  last_ms: number;
  transmissions: number;
  /** Frames that each receiver handed on of it; repeated ones count. */
  readonly heard: number[];
}

/** A device as a gateway is configured for it. */
export interface SimulatedDevice {
  /** `A4:C1:38:8D:18:B2`; of 802.15.4 `1A62/0001`, or eight bytes. */
  readonly address: string;
  readonly name: string;
  /** 32 hex digits; only of devices that encrypt. */
  readonly key?: string;
}

/** Traffic; iterate it once. */
export interface RadioTraffic extends Iterable<RadioBatch> {
  readonly nodes: readonly string[];
  readonly devices: readonly SimulatedDevice[];
  /** What was sent in the batches so far, in order of the first transmissions. */
  readonly log: readonly SentContent[];
}

/** How long before the start nodes without a clock booted, ms. */
const UPTIME_MS = 86_400_000;
/** A frame heard twice is heard again so much later, ms. */
const AGAIN_MS = 0.4;

/** Shares out transmissions among devices. @param kinds of all devices */
function paceOf({ kinds, perSecond, measurement_ms }: {
  kinds: readonly BeaconKind[];
  perSecond: number;
  measurement_ms: number;
}): (device: number) => Pace {
  const unnumbered = kinds.filter((kind) => UNNUMBERED_KINDS.has(kind)).length;
  const numbered = kinds.length - unnumbered;
  const left = perSecond - 1000 * unnumbered / measurement_ms;
  // With too little for several transmissions of anything, all send alike.
  const several = left > 1000 * numbered / measurement_ms;
  const repeated = paceEvery(several ? 1000 * numbered / left : 1000 * kinds.length / perSecond);
  const repeats = several ? Math.max(1, Math.round(measurement_ms / repeated.interval_ms)) : 1;
  const once = several ? paceEvery(measurement_ms) : repeated;
  return (device) => UNNUMBERED_KINDS.has(kinds[device]!) ? once : { ...repeated, repeats };
}

/** One transmission in so many ms; the mean of the random part belongs to them. */
function paceEvery(mean_ms: number): Pace {
  return { interval_ms: mean_ms - delayBound(mean_ms / 1.05) / 2, repeats: 1 };
}

/** Makes traffic. */
export function radioTraffic(options: RadioTrafficOptions = {}): RadioTraffic {
  return new Traffic(options);
}

class Traffic implements RadioTraffic {
  readonly nodes: readonly string[];
  readonly devices: readonly SimulatedDevice[];
  readonly log: SentContent[] = [];
  readonly #options: RadioTrafficOptions;
  readonly #world: RadioWorld;
  readonly #batchers: EnvelopeBatcher[];
  readonly #start_ms: number;
  readonly #last = new Map<Device, { content: Content; sent: SentContent }>();

  constructor(options: RadioTrafficOptions) {
    const { seed = 1, devices = 100, receivers = 3, loss = 0.1, duplicates = 0.02 } = options;
    const { framesPerSecond = 2000, measurement_ms = 300, kinds = DISTINCT_KINDS } = options;
    this.#options = options;
    this.#start_ms = options.start_ms ?? 1_800_000_000_000;
    this.nodes = Array.from({ length: receivers }, (_, i) => `node-${i + 1}`);
    const made = makeBeacons({ devices, seed, start_ms: this.#start_ms, kinds });
    this.devices = made.map(({ address, name, key }) =>
      key === undefined ? { address, name } : { address, name, key }
    );
    this.#world = new RadioWorld({
      devices: made,
      receivers: this.nodes.map((name, i) => (
        // All hear all: what is lost is lost by chance alone.
        { name, radio: "ble", place: { x: 3 * i, y: 5 }, sensitivity: -Infinity }
      )),
      seed,
      loss,
      duplicates,
      rate: 1,
      pace: paceOf({
        kinds: Array.from({ length: devices }, (_, index) => kinds[index % kinds.length]!),
        perSecond: framesPerSecond / (receivers * (1 - loss) * (1 + duplicates)),
        measurement_ms,
      }),
    });
    const random = new Random(seed + 0xb007);
    const batch = { frames: options.batchFrames ?? 32, age_ms: options.batchAge_ms ?? 20 };
    this.#batchers = this.nodes.map(() =>
      new EnvelopeBatcher(Math.floor(random.uniform() * 2 ** 32), batch)
    );
  }

  *[Symbol.iterator](): Generator<RadioBatch> {
    const end_ms = 1000 * (this.#options.seconds ?? 10);
    for (const transmission of this.#world.until(end_ms)) {
      yield* this.#due(transmission.time_ms);
      if (this.#options.log !== false) this.#write(transmission);
      for (const reception of transmission.receptions) {
        const again = reception.twice ? [0, AGAIN_MS] : [0];
        for (const later_ms of again) {
          const batch = this.#add(transmission, reception, later_ms);
          if (batch) yield this.#batch(reception.receiver, batch, transmission.time_ms);
        }
      }
    }
    yield* this.#due(Infinity);
  }

  #add(transmission: Transmission, reception: Reception, later_ms: number): Batch | undefined {
    const unix = reception.receiver % 2 === 0;
    const since_ms = unix ? this.#start_ms : UPTIME_MS;
    const time_us = 1000 * (since_ms + transmission.time_ms + later_ms);
    // The second node asks a controller, the others listen themselves.
    const hci = reception.receiver % 3 === 1;
    const record = radioRecord(transmission, reception, { time_us, unix, hci });
    const batcher = this.#batchers[reception.receiver]!;
    batcher.add(record, transmission.time_ms);
    return batcher.full ? batcher.take() : undefined;
  }

  /** Batches that are due by age until then, in the order of their times. */
  *#due(time_ms: number): Generator<RadioBatch> {
    while (true) {
      let first = 0;
      for (let i = 1; i < this.#batchers.length; i++) {
        if (this.#batchers[i]!.due_ms < this.#batchers[first]!.due_ms) first = i;
      }
      const batcher = this.#batchers[first]!;
      const { due_ms } = batcher;
      if (due_ms > time_ms || due_ms === Infinity) return;
      yield this.#batch(first, batcher.take()!, due_ms);
    }
  }

  #batch(receiver: number, { payload, frames }: Batch, time_ms: number): RadioBatch {
    return { node: this.nodes[receiver]!, payload, frames, time_ms };
  }

  #write({ device, content, time_ms, receptions }: Transmission): void {
    let last = this.#last.get(device);
    if (last?.content !== content) {
      const { format, number, values } = content;
      last = {
        content,
        sent: {
          device: deviceLevel(device.address),
          format,
          number,
          values,
          first_ms: time_ms,
          last_ms: time_ms,
          transmissions: 0,
          heard: this.nodes.map(() => 0),
        },
      };
      this.#last.set(device, last);
      this.log.push(last.sent);
    }
    const { sent } = last;
    sent.last_ms = time_ms;
    sent.transmissions++;
    for (const { receiver, twice } of receptions) sent.heard[receiver]! += twice ? 2 : 1;
  }
}
