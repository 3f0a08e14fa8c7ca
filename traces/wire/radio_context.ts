/**
 * What a capture's radio header said about a Bluetooth LE packet. One object serves all frames.
 *
 * @module
 */

/** Kinds of PDU on the physical channels (Core 6.0, Vol 6, Part B, 2.3 to 2.6). */
export const PduKind = {
  Unknown: 0,
  Advertising: 1,
  Data: 2,
  ConnectedIso: 3,
  BroadcastIso: 4,
} as const;

export const Direction = { Unknown: 0, ToPeripheral: 1, ToCentral: 2 } as const;

export const Phy = { Le1M: 0, Le2M: 1, LeCoded: 2 } as const;

/** What is known of the access address. */
export const AddressMatch = { Unknown: 0, Matched: 1, BitErrors: 2, Illegal: 3 } as const;

export class RadioContext {
  /** Whether there was a radio header at all. */
  present = false;
  /** Channel index, 0 to 39; 255 when unknown or illegal. */
  channel = 255;
  /** One of `Phy`. */
  phy = 0;
  /** One of `PduKind`. */
  kind = 0;
  /** One of `Direction`. */
  direction = 0;
  /** Kind of an auxiliary advertising PDU: 0 ADV, 1 CHAIN, 2 SYNC, 3 SCAN_RSP; -1 when unknown. */
  auxiliary = -1;
  crcChecked = false;
  crcValid = false;
  /** The payload was encrypted on the air and is plaintext here. */
  decrypted = false;
  /** One of `AddressMatch`. */
  match = 0;
  /** dBm; 127 when unknown. */
  rssi = 127;
  /** Connection event counter; -1 when unknown. */
  event = -1;

  clear(): void {
    this.present = false;
    this.channel = 255;
    this.phy = 0;
    this.kind = 0;
    this.direction = 0;
    this.auxiliary = -1;
    this.crcChecked = false;
    this.crcValid = false;
    this.decrypted = false;
    this.match = 0;
    this.rssi = 127;
    this.event = -1;
  }
}
