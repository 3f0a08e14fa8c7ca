/**
 * The Zigbee vendor IE among the payload IEs of an IEEE 802.15.4 frame (Zigbee specification
 * 05-3474-22, Annex D.9).
 *
 * @module
 */
import { decodeDataWithin } from "./data.ts";
import type { Dissection } from "./dissection.ts";
import { eui64le } from "./eui64.ts";
import { define, eui64, hex16, int8, protocol, uint16 } from "./field.ts";
import { superframe } from "./wpan_beacon.ts";
import { decodeZigbeeBeacon } from "./zigbee_beacon.ts";

/** OUI of the Zigbee Alliance. */
export const ZIGBEE_OUI = 0x4a191b;

const ZIGBEE_IE = protocol("zbee_ie", "ZigBee IE", "ZigBee IE");
const BEACON_LENGTH = 15;

const F = define({
  "zbee_nwk.zigbee_ie": hex16("IE header"),
  "zbee_nwk.zigbee_ie.id": hex16("Id", {
    names: { 0: "Rejoin", 1: "Tx Power", 2: "Beacon Payload" },
  }),
  "zbee_nwk.zigbee_ie.length": uint16("Length"),
  "zbee_nwk.zigbee_ie.tx_power": int8("Tx Power", { unit: " dBm" }),
  "zbee_nwk.zigbee_ie.source_address": hex16("Source Address"),
  "zbee_nwk.zigbee_rejoin.ext_panid": eui64("Extended PAN ID"),
  "zbee_nwk.zigbee_rejoin.source_address": hex16("Source Address"),
});

/** Reads Zigbee IEs up to the end of the layer. */
export function decodeZigbeeIe(d: Dissection): void {
  const depth = d.depth;
  d.layer(ZIGBEE_IE);
  d.depth = depth;
  while (d.pos < d.limit && d.failed === 0) {
    const at = d.pos;
    const header = d.u16le(F["zbee_nwk.zigbee_ie"]);
    if (d.failed !== 0) return;
    d.push();
    d.put(F["zbee_nwk.zigbee_ie.id"], header >>> 6, at, 2);
    d.put(F["zbee_nwk.zigbee_ie.length"], header & 0x3f, at, 2);
    element(d, header >>> 6, header & 0x3f);
    d.depth = depth;
  }
}

function element(d: Dissection, id: number, length: number): void {
  if (id === 0) {
    eui64le(d, F["zbee_nwk.zigbee_rejoin.ext_panid"]);
    d.u16le(F["zbee_nwk.zigbee_rejoin.source_address"]);
  } else if (id === 1) {
    d.i8(F["zbee_nwk.zigbee_ie.tx_power"]);
  } else if (id === 2) {
    d.narrow(BEACON_LENGTH);
    decodeZigbeeBeacon(d, false);
    d.widen();
    superframe(d);
    d.u16(F["zbee_nwk.zigbee_ie.source_address"]);
  } else if (length > 0) {
    d.narrow(length);
    decodeDataWithin(d);
    d.widen();
  }
}
