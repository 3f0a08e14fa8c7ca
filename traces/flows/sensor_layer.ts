/**
 * What sensors say, as a layer of its own behind those of Wireshark: found in advertising data, and
 * in payloads of IEEE 802.15.4 that no other protocol claims. It is not named in `frame.protocols`,
 * so that everything Wireshark knows stays as Wireshark shows it.
 *
 * @module
 */
import type { SensorDecoder } from "../sensors/sensor_decoder.ts";
import type { SensorReport } from "../sensors/sensor_report.ts";
import type { Dissection } from "../wire/dissection.ts";
import { expertsWanted } from "../wire/expert.ts";
import { sameBytes } from "../wire/same_bytes.ts";
import type { WpanFrame } from "../wire/wpan_frame.ts";
import { UNKNOWN_ADDRESS } from "./advertising_chains.ts";
import type { Conversation } from "./conversation.ts";
import type { Observer } from "./observer.ts";
import { putSensor, SENSOR } from "./sensor_fields.ts";
import { sensorSummary } from "./sensor_summary.ts";
import { NO_SOURCE, WpanSensor, type WpanSensorPayload } from "./wpan_sensor.ts";

/** Advertising data of one frame that is looked at; an HCI event holds fewer reports than that. */
const MAX_PENDING = 256;

/** Bytes to look at when the frame is done: only then it is known in which source they are. */
interface Pending {
  data: Uint8Array;
  /** Index of the source that `data` belongs to, or `NO_SOURCE`. */
  source: number;
  start: number;
  end: number;
  /** Bluetooth address, -1 unknown. */
  device: number;
}

const EMPTY = new Uint8Array(0);

export class SensorLayer {
  readonly #sensors: SensorDecoder;
  readonly #observer: Observer;
  readonly #pending: Pending[] = [];
  #count = 0;
  readonly #wpan = new WpanSensor();

  constructor(sensors: SensorDecoder, observer: Observer) {
    this.#sensors = sensors;
    this.#observer = observer;
  }

  /** Begins a frame. */
  begin(): void {
    this.#count = 0;
    this.#wpan.begin();
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
    if (this.#count === MAX_PENDING || !wanted(d)) return;
    const { data } = d;
    const source = d.sources[d.source]!.data === data ? d.source : NO_SOURCE;
    const device = addressType === UNKNOWN_ADDRESS ? -1 : addressHigh * 2 ** 32 + addressLow;
    let pending = this.#pending[this.#count];
    if (pending === undefined) {
      pending = { data, source, start, end, device };
      this.#pending.push(pending);
    }
    pending.data = data;
    pending.source = source;
    pending.start = start;
    pending.end = end;
    pending.device = device;
    this.#count++;
  }

  /** A readable payload of IEEE 802.15.4, see `WpanObserver`. */
  wpanPayload(d: Dissection, frame: WpanFrame, start: number, end: number, secured: boolean): void {
    if (wanted(d)) this.#wpan.wpanPayload(d, frame, start, end, secured);
  }

  /** The payload of a UDP datagram at the cursor. */
  udpPayload(d: Dissection, conversation: Conversation): void {
    this.#wpan.udpPayload(d, conversation, d.pos, d.end);
  }

  /**
   * Writes what the sensors of the frame say, when somebody wants it.
   *
   * @param whole every layer of the frame was as it says
   */
  end(d: Dissection, whole: boolean): void {
    const heard = this.#wpan.found(d, whole);
    if (this.#count === 0 && !heard) return;
    const { data, source, depth, pos } = d;
    for (let i = 0; i < this.#count; i++) this.#showAdvertising(d, this.#pending[i]!);
    if (heard) this.#showWpan(d, this.#wpan.payload);
    d.data = data;
    d.source = source;
    d.depth = depth;
    d.pos = pos;
  }

  #showAdvertising(d: Dissection, pending: Pending): void {
    const { device, data, start, end } = pending;
    this.#show(d, this.#sensors.advertisement(device, data, start, end, timeOf(d)), pending);
    pending.data = EMPTY;
  }

  #showWpan(d: Dissection, payload: WpanSensorPayload): void {
    const { device, data, start, end, level, secured } = payload;
    const report = this.#sensors.macPayload(device, data, start, end, timeOf(d));
    if (secured && report.sealing === "plain") report.sealing = "opened";
    if (level >= 0 && !secured) {
      report.find("downgrade", `a frame of security level ${level} has no integrity code`);
    }
    this.#show(d, report, payload);
  }

  #show(d: Dissection, report: SensorReport, of: Pending | WpanSensorPayload): void {
    const { data, source, start, end, device } = of;
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
    if (!d.columns) return;
    const text = sensorSummary(report);
    if (text !== "") d.infoColumn += d.infoColumn === "" ? text : `, ${text}`;
  }
}

function timeOf({ seconds, nanoseconds }: Dissection): number {
  return seconds * 1000 + nanoseconds / 1e6;
}

function wanted(d: Dissection): boolean {
  return d.columns || d.wants(SENSOR) || expertsWanted(d);
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
