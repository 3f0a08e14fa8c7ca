/**
 * What sensors say, as a layer of its own behind those of Wireshark: found in advertising data, and
 * in payloads of IEEE 802.15.4 that no other protocol claims. It is not named in `frame.protocols`,
 * so that everything Wireshark knows stays as Wireshark shows it.
 *
 * @module
 */
import { shortAddressId } from "../sensors/device_id.ts";
import type { DeviceId, SensorDecoder } from "../sensors/sensor_decoder.ts";
import type { Dissection } from "../wire/dissection.ts";
import { expertsWanted } from "../wire/expert.ts";
import { fieldOf } from "../wire/field.ts";
import { sameBytes } from "../wire/same_bytes.ts";
import { WpanAddress, type WpanFrame } from "../wire/wpan_frame.ts";
import { UNKNOWN_ADDRESS } from "./advertising_chains.ts";
import type { Observer } from "./observer.ts";
import { putSensor, SENSOR } from "./sensor_fields.ts";
import { sensorSummary } from "./sensor_summary.ts";

/** Payloads of one frame that are looked at; an HCI event holds fewer reports than that. */
const MAX_PENDING = 256;
/** In place of a source: the data is in none yet. */
const NO_SOURCE = -1;

/** What the bytes are. */
const Carrier = { Advertising: 0, Wpan: 1, Udp: 2 } as const;

/** Bytes to look at when the frame is done: only then it is known what else they are. */
interface Pending {
  /** One of `Carrier`. */
  carrier: number;
  data: Uint8Array;
  /** Index of the source that `data` belongs to, or `NO_SOURCE`. */
  source: number;
  start: number;
  end: number;
  /** Bluetooth address, -1 unknown; or who sent an 802.15.4 frame. */
  device: DeviceId;
  /** The frame was secured, and opened. */
  opened: boolean;
}

const EMPTY = new Uint8Array(0);

export class SensorLayer {
  readonly #sensors: SensorDecoder;
  readonly #observer: Observer;
  readonly #pending: Pending[] = [];
  #count = 0;
  /** Sender of the 802.15.4 frame; undefined outside of such a frame. */
  #sender: DeviceId | undefined;
  #opened = false;

  constructor(sensors: SensorDecoder, observer: Observer) {
    this.#sensors = sensors;
    this.#observer = observer;
  }

  /** Begins a frame. */
  begin(): void {
    this.#count = 0;
    this.#sender = undefined;
  }

  /** Complete advertising data, see `BluetoothObserver`. */
  advertisingData(
    d: Dissection,
    start: number,
    end: number,
    addressHigh: number,
    addressLow: number,
    addressType: number,
  ): void {
    const known = addressType !== UNKNOWN_ADDRESS;
    const address = known ? addressHigh * 2 ** 32 + addressLow : -1;
    this.#add(d, Carrier.Advertising, start, end, address, false);
  }

  /** A readable payload of IEEE 802.15.4, see `WpanObserver`. */
  wpanPayload(d: Dissection, frame: WpanFrame, start: number, end: number, secured: boolean): void {
    this.#sender = senderOf(frame);
    this.#opened = secured;
    this.#add(d, Carrier.Wpan, start, end, this.#sender, secured);
  }

  /** The payload of a UDP datagram at the cursor; of interest above IEEE 802.15.4. */
  udpPayload(d: Dissection): void {
    if (this.#sender === undefined) return;
    this.#add(d, Carrier.Udp, d.pos, d.end, this.#sender, this.#opened);
  }

  /**
   * Writes what the sensors of the frame say, when somebody wants it.
   *
   * @param whole every layer of the frame was as it says
   */
  end(d: Dissection, whole: boolean): void {
    if (this.#count === 0 || !wanted(d)) return;
    const { data, source, depth, pos } = d;
    for (let i = 0; i < this.#count; i++) this.#show(d, this.#pending[i]!, whole);
    d.data = data;
    d.source = source;
    d.depth = depth;
    d.pos = pos;
  }

  #add(
    d: Dissection,
    carrier: number,
    start: number,
    end: number,
    device: DeviceId,
    opened: boolean,
  ): void {
    if (this.#count === MAX_PENDING || !wanted(d)) return;
    const { data } = d;
    const source = d.sources[d.source]!.data === data ? d.source : NO_SOURCE;
    let pending = this.#pending[this.#count];
    if (pending === undefined) {
      pending = { carrier, data: EMPTY, source, start, end, device, opened };
      this.#pending.push(pending);
    }
    pending.carrier = carrier;
    pending.data = data;
    pending.source = source;
    pending.start = start;
    pending.end = end;
    pending.device = device;
    pending.opened = opened;
    this.#count++;
  }

  #show(d: Dissection, pending: Pending, whole: boolean): void {
    const { data, source, start, end, device } = pending;
    const advertising = pending.carrier === Carrier.Advertising;
    const sure = advertising || isUnclaimed(d, pending.carrier);
    if (!advertising && !isBtHome(data, start, end, sure, whole)) return;
    const time = d.seconds * 1000 + d.nanoseconds / 1e6;
    const report = advertising
      ? this.#sensors.advertisement(device as number, data, start, end, time)
      : this.#sensors.macPayload(device, data, start, end, time);
    if (!sure && report.problems.length > 0) return;
    if (pending.opened && report.sealing === "plain") report.sealing = "opened";
    const known = source === NO_SOURCE ? sourceOf(d, data, start, end) : source;
    if (known !== NO_SOURCE) {
      d.source = known;
      d.data = data;
      putSensor(d, report, device, start, end);
    } else if (d.enter("Advertising data of several parts", data, start, end - start)) {
      putSensor(d, report, device, start, end);
      d.leave();
    }
    if (report.format !== "") this.#observer.sensor(device, report);
    if (d.columns) {
      const text = sensorSummary(report);
      if (text !== "") d.infoColumn += d.infoColumn === "" ? text : `, ${text}`;
    }
    pending.data = EMPTY;
  }
}

function wanted(d: Dissection): boolean {
  return d.columns || d.wants(SENSOR) || expertsWanted(d);
}

/** The extended address where it is known; else PAN and short address. */
function senderOf(frame: WpanFrame): DeviceId {
  if (frame.sourceMode === WpanAddress.Extended) {
    return extendedId(frame.source64Hi, frame.source64Lo);
  }
  if (frame.learned) return extendedId(frame.learnedHi, frame.learnedLo);
  return shortAddressId(frame.sourcePan, frame.source16);
}

function extendedId(hi: number, lo: number): DeviceId {
  const half = (value: number) => (value >>> 0).toString(16).toUpperCase().padStart(8, "0");
  return half(hi) + half(lo);
}

/** The source that is those very bytes, if there is one. */
function sourceOf(d: Dissection, data: Uint8Array, start: number, end: number): number {
  for (let i = 1; i < d.sourceCount; i++) {
    const source = d.sources[i]!;
    if (source.start !== start || source.end !== end) continue;
    if (sameBytes(source.data, start, data, start, end - start)) return i;
  }
  return NO_SOURCE;
}

/** Whether no protocol knew the payload. */
function isUnclaimed({ layers, layerCount }: Dissection, carrier: number): boolean {
  if (layerCount < 2 || fieldOf(layers[layerCount - 1]!).name !== "data") return false;
  const { name } = fieldOf(layers[layerCount - 2]!);
  return carrier === Carrier.Udp ? name === "udp" : name.startsWith("wpan");
}

/**
 * Whether the bytes begin with a BTHome information byte of version 2, its reserved bits 0, and hold
 * an object. Nothing in a frame of 802.15.4 says which protocol it carries: what Zigbee took for its
 * own and could not read may be a plain packet all the same.
 */
function isBtHome(
  data: Uint8Array,
  start: number,
  end: number,
  sure: boolean,
  whole: boolean,
): boolean {
  if (end - start < 3) return false;
  const info = data[start]!;
  return sure ? (info & 0xf8) === 0x40 : !whole && (info === 0x40 || info === 0x44);
}
