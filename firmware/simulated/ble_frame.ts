/**
 * An advertisement as receivers hand it on: as link layer packet (pcap LINKTYPE 251) from those that
 * listen to the air, as HCI event (LINKTYPE 187) from those that ask a controller.
 *
 * Core 6.0: Vol 6, Part B, 2.3 (PDUs); Vol 4, Part E, 7.7.65 (events).
 *
 * @module
 */
import { ADVERTISING_INIT, crc24 } from "../../traces/wire/crc24.ts";
import { littleEndian } from "./beacons/beacon.ts";

/** Access address of advertising packets, as sent. */
const ACCESS_ADDRESS = [0xd6, 0xbe, 0x89, 0x8e];
/** ADV_NONCONN_IND, and the PDU that carries the data of extended advertising, AUX_ADV_IND. */
const PDU = { nonConnectable: 0x02, extended: 0x07 };
const TX_ADDRESS_RANDOM = 0x40;
/** Extended header: advertiser's address and ADI, then the data. */
const EXTENDED_HEADER = { length: 9, flags: 0x09 };
/** Event type of ADV_NONCONN_IND in LE Advertising Report. */
const REPORT_NON_CONNECTABLE = 0x03;
const UNKNOWN_TX_POWER = 0x7f;

/** One advertisement. Frames are made when first asked for. */
export class BleFrame {
  readonly #address: readonly number[];
  readonly #random: boolean;
  readonly #data: Uint8Array;
  readonly #extended: boolean;
  #linkLayer: Uint8Array | undefined;
  #event: Uint8Array | undefined;
  #rssiAt = 0;

  /**
   * @param address 48 bits
   * @param random whether the address is random, not public
   * @param data AD structures; at most 31 bytes unless `extended`
   */
  constructor(address: number, random: boolean, data: Uint8Array, extended: boolean) {
    this.#address = littleEndian(address, 6);
    this.#random = random;
    this.#data = data;
    this.#extended = extended;
  }

  /** Access address, PDU, CRC. The same bytes each time: not to be changed. */
  linkLayer(): Uint8Array {
    return this.#linkLayer ??= this.#makeLinkLayer();
  }

  /** LE (Extended) Advertising Report in H4. A new copy each time. @param rssi dBm */
  event(rssi: number): Uint8Array {
    const event = (this.#event ??= this.#extended ? this.#extendedReport() : this.#report())
      .slice();
    event[this.#rssiAt] = rssi & 0xff;
    return event;
  }

  #makeLinkLayer(): Uint8Array {
    const body = this.#extended
      ? [
        EXTENDED_HEADER.length,
        EXTENDED_HEADER.flags,
        ...this.#address,
        ...littleEndian(this.#address[0]!, 2),
        ...this.#data,
      ]
      : [...this.#address, ...this.#data];
    const type = this.#extended ? PDU.extended : PDU.nonConnectable;
    const header = [type | (this.#random ? TX_ADDRESS_RANDOM : 0), body.length];
    const bytes = Uint8Array.from([...ACCESS_ADDRESS, ...header, ...body, 0, 0, 0]);
    const end = bytes.length - 3;
    bytes.set(littleEndian(crc24(bytes, ACCESS_ADDRESS.length, end, ADVERTISING_INIT), 3), end);
    return bytes;
  }

  #report(): Uint8Array {
    const parameters = [
      0x02,
      1,
      REPORT_NON_CONNECTABLE,
      this.#random ? 1 : 0,
      ...this.#address,
      this.#data.length,
      ...this.#data,
      0,
    ];
    this.#rssiAt = 3 + parameters.length - 1;
    return Uint8Array.from([0x04, 0x3e, parameters.length, ...parameters]);
  }

  #extendedReport(): Uint8Array {
    const before = [
      0x0d,
      1,
      0,
      0,
      this.#random ? 1 : 0,
      ...this.#address,
      1,
      1,
      0,
      UNKNOWN_TX_POWER,
    ];
    // Periodic interval and direct address: none.
    const after = [0, 0, 0, 0, 0, 0, 0, 0, 0, this.#data.length, ...this.#data];
    this.#rssiAt = 3 + before.length;
    const parameters = [...before, 0, ...after];
    return Uint8Array.from([0x04, 0x3e, parameters.length, ...parameters]);
  }
}
