/**
 * Advertising reports of HCI events as advertisements (Core 6.0, Vol 4, Part E, 7.7.65.2 and
 * 7.7.65.13), with data that comes in several reports.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import type { ReportListener } from "../wire/hci_le_event.ts";
import { AdvertisingChains, type Heard, tellAdvertising } from "./advertising_chains.ts";
import type { BluetoothObserver } from "./bluetooth_observer.ts";

/** Event types of legacy advertising reports as PDU types (Core 6.0, Vol 4, Part E, 7.7.65.2). */
const REPORTED_TYPES = [0, 1, 6, 2, 4];
const ADV_EXT_IND = 7;
/** In an extended report: a legacy PDU was used. */
const LEGACY = 0x10;
/** Legacy PDU types by the lower bits of the event type of an extended report (7.7.65.13). */
const LEGACY_TYPES: Readonly<Record<number, number>> = {
  0x10: 2,
  0x12: 6,
  0x13: 0,
  0x15: 1,
  0x1a: 4,
  0x1b: 4,
};
/** Data status of an extended report: more reports with more data follow. */
const MORE_DATA = 0x20;
const DATA_STATUS = 0x60;
/** Reports don't say which channel it was. */
const NO_CHANNEL = 255;

export class AdvertisingReports implements ReportListener {
  readonly #observer: BluetoothObserver;
  readonly #chains = new AdvertisingChains<string>();
  #adapter = 0;
  #time = 0;
  #heard: Heard = {
    addressHigh: 0,
    addressLow: 0,
    addressType: 0,
    rssi: 0,
    channel: NO_CHANNEL,
    pduType: 0,
  };
  /** Data status of the report told last. */
  #status = 0;

  constructor(observer: BluetoothObserver) {
    this.#observer = observer;
  }

  /** Begins a packet. @param time of the frame, s */
  begin(adapter: number, time: number): void {
    this.#adapter = adapter;
    this.#time = time;
  }

  report(
    addressHigh: number,
    addressLow: number,
    addressType: number,
    rssi: number,
    type: number,
    extended: boolean,
  ): void {
    const pduType = !extended
      ? REPORTED_TYPES[type] ?? type
      : (type & LEGACY) !== 0
      ? LEGACY_TYPES[type & 0x1f] ?? ADV_EXT_IND
      : ADV_EXT_IND;
    this.#status = extended ? type & DATA_STATUS : 0;
    this.#heard = { addressHigh, addressLow, addressType, rssi, channel: NO_CHANNEL, pduType };
    this.#observer.advertisement(
      addressHigh,
      addressLow,
      addressType,
      rssi,
      NO_CHANNEL,
      this.#time,
      pduType,
    );
  }

  reportData(d: Dissection, start: number, end: number, set: number): void {
    const heard = this.#heard;
    const more = this.#status === MORE_DATA;
    if (!more && !this.#chains.some) {
      if (end > start) tellAdvertising(this.#observer, d, d.data, start, end, heard);
      return;
    }
    const { addressHigh, addressLow, addressType } = heard;
    const key = [this.#adapter, addressHigh, addressLow, addressType, set].join();
    const begun = this.#chains.find(key, this.#time);
    if (begun === undefined && !more) {
      if (end > start) tellAdvertising(this.#observer, d, d.data, start, end, heard);
      return;
    }
    const { pieces, heard: first } = begun ?? this.#chains.begin(key, this.#time, heard);
    const whole = pieces.add(d.data, start, end);
    if (more && whole) return;
    this.#chains.forget(key);
    if (whole) tellAdvertising(this.#observer, d, pieces.data, 0, pieces.length, first);
  }
}
