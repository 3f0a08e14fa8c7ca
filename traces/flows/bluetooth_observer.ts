/**
 * What the Bluetooth decoder tells the summary: numbers only, so that it costs nothing.
 *
 * @module
 */

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
}
