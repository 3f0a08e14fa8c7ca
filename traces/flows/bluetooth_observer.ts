/**
 * What the Bluetooth decoder tells those who follow devices: numbers and places in bytes only, so
 * that it costs nothing.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";

export interface BluetoothObserver {
  /**
   * An advertisement or scan response was seen, its CRC not wrong.
   *
   * @param addressHigh upper 16 bits of the advertiser's address
   * @param addressLow lower 32 bits, unsigned
   * @param addressType 0 public, 1 random, 2 public resolved, 3 random resolved, 255 anonymous
   * @param rssi dBm; 127 when unknown
   * @param channel channel index, 0 to 39; 255 when unknown
   * @param time of the frame, seconds since 1970
   * @param pduType PDU type of the link layer (Core 6.0, Vol 6, Part B, 2.3)
   */
  advertisement(
    addressHigh: number,
    addressLow: number,
    addressType: number,
    rssi: number,
    channel: number,
    time: number,
    pduType: number,
  ): void;

  /**
   * Advertising data of an advertisement, scan response or advertising report, complete: where it
   * came in several PDUs or reports, it is told once, joined, with the last of them. Told after
   * `advertisement`, when the CRC is not wrong and there is any data.
   *
   * @param d the data is `d.data[start, end)`, good until this returns
   * @param addressHigh upper 16 bits of the advertiser's address; 0 when it is not known
   * @param addressLow lower 32 bits, unsigned
   * @param addressType as of `advertisement`; 255 when the address is not known
   * @param rssi dBm, of the first part; 127 when unknown
   * @param channel channel index, of the first part; 255 when unknown
   * @param pduType PDU type of the link layer
   */
  advertisingData(
    d: Dissection,
    start: number,
    end: number,
    addressHigh: number,
    addressLow: number,
    addressType: number,
    rssi: number,
    channel: number,
    pduType: number,
  ): void;
}
