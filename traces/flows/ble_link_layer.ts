/**
 * The Bluetooth LE link layer: which packets are advertising and which belong to a link, and what one
 * tells of the next (Core 6.0, Vol 6, Part B).
 *
 * @module
 */
import { ADVERTISING_ADDRESS, packetStart } from "../wire/btle.ts";
import { ADVERTISING_INIT } from "../wire/crc24.ts";
import type { Dissection } from "../wire/dissection.ts";
import { PduKind, type RadioContext } from "../wire/radio_context.ts";
import { BleAdvertisements } from "./ble_advertisements.ts";
import { broadcastIso } from "./ble_broadcast_iso.ts";
import { BleDataPackets } from "./ble_data_packets.ts";
import { type BleLink, BleLinks } from "./ble_links.ts";
import type { BluetoothObserver } from "./bluetooth_observer.ts";

export class BleLinkLayer {
  readonly #links = new BleLinks();
  readonly #advertisements = new BleAdvertisements(this.#links);
  readonly #data = new BleDataPackets(this.#links);

  /** Decodes one packet, from the access address on; `radio` says what is known of it. */
  decode(
    d: Dissection,
    radio: RadioContext,
    interfaceId: number,
    observer: BluetoothObserver | undefined,
  ): void {
    const address = packetStart(d, radio);
    if (d.columns) d.protocolColumn = "LE LL";
    if (d.failed !== 0) return;
    let link: BleLink | undefined;
    let kind: number = radio.kind;
    if (address !== ADVERTISING_ADDRESS) {
      link = this.#links.find(interfaceId, address);
      if (kind === PduKind.Unknown) {
        kind = link?.periodic === true ? PduKind.Advertising : PduKind.Data;
      }
    } else if (kind === PduKind.Unknown) {
      kind = PduKind.Advertising;
    }
    if (kind === PduKind.Advertising) {
      const init = address === ADVERTISING_ADDRESS ? ADVERTISING_INIT : link?.crcInit ?? -1;
      this.#advertisements.decode(d, radio, init, interfaceId, observer);
    } else if (kind === PduKind.BroadcastIso) {
      broadcastIso(d, radio);
    } else {
      this.#data.decode(d, radio, kind, link, interfaceId);
    }
  }
}
