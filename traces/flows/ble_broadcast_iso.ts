/**
 * Broadcast isochronous PDUs of Bluetooth LE (Core 6.0, Vol 6, Part B, 2.6).
 *
 * @module
 */
import { dataHeader, isochronousPayload, packetCrc } from "../wire/btle.ts";
import type { Dissection } from "../wire/dissection.ts";
import { PduKind, type RadioContext } from "../wire/radio_context.ts";
import { crcState, fit } from "./ble_packet.ts";

/** Decodes a broadcast isochronous PDU, from its header on. */
export function broadcastIso(d: Dissection, radio: RadioContext): void {
  const start = d.pos;
  const header = dataHeader(d, PduKind.BroadcastIso);
  if (d.failed !== 0) return;
  if (d.columns) d.infoColumn = "Broadcast isochronous PDU";
  const length = fit(d, header & 0xff);
  const crc = crcState(d, radio, start, d.pos + length, -1);
  d.narrow(length);
  isochronousPayload(d, PduKind.BroadcastIso, header >> 8 & 3);
  d.widen();
  packetCrc(d, crc);
}
