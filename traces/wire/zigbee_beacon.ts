/**
 * What Zigbee networks put into the payload of an IEEE 802.15.4 beacon (Zigbee specification
 * 05-3474-22, 3.6.7), and Zigbee IP networks (ZigBee IP specification, 5.2).
 *
 * @module
 */
import { decodeData } from "./data.ts";
import type { Dissection } from "./dissection.ts";
import { eui64le } from "./eui64.ts";
import { boolean, define, eui64, hex16, protocol, string, uint16, uint24, uint8 } from "./field.ts";

const ZBEE_BEACON = protocol("zbee_beacon", "ZigBee Beacon", "ZigBee Beacon");
const ZBIP_BEACON = protocol("zbip_beacon", "ZigBee IP Beacon", "ZigBee IP Beacon");

/** Length of a network's name, filled up with zeros. */
const NAME = 16;

const F = define({
  "zbee_beacon.protocol": uint8("Protocol ID"),
  "zbee_beacon.profile": hex16("Stack Profile", {
    names: { 0: "Network Specific", 1: "ZigBee Home", 2: "ZigBee PRO" },
  }),
  "zbee_beacon.version": uint16("Protocol Version"),
  "zbee_beacon.router": boolean("Router Capacity"),
  "zbee_beacon.depth": uint16("Device Depth"),
  "zbee_beacon.end_dev": boolean("End Device Capacity"),
  "zbee_beacon.ext_panid": eui64("Extended PAN ID"),
  "zbee_beacon.tx_offset": uint24("Tx Offset"),
  "zbee_beacon.update_id": uint8("Update ID"),
  "zbip_beacon.allow_join": boolean("Allow Join"),
  "zbip_beacon.router": boolean("Router Capacity"),
  "zbip_beacon.host": boolean("Host Capacity"),
  "zbip_beacon.unsecure": boolean("Unsecure Network"),
  "zbip_beacon.network_id": string("Network ID"),
});

/** Reads a Zigbee beacon payload; `named` when it is a layer of its own. */
export function decodeZigbeeBeacon(d: Dissection, named = true): void {
  if (named) {
    d.layer(ZBEE_BEACON);
    if (d.columns) d.protocolColumn = "ZigBee";
  }
  d.u8(F["zbee_beacon.protocol"]);
  const at = d.pos;
  const value = d.u16le();
  if (d.failed !== 0) return;
  const version = value >>> 4 & 0xf;
  d.put(F["zbee_beacon.profile"], value & 0xf, at, 2);
  d.put(F["zbee_beacon.version"], version, at, 2);
  d.putFlag(F["zbee_beacon.router"], value, 0x0400, at, 2);
  d.put(F["zbee_beacon.depth"], value >>> 11 & 0xf, at, 2);
  d.putFlag(F["zbee_beacon.end_dev"], value, 0x8000, at, 2);
  if (version >= 2) eui64le(d, F["zbee_beacon.ext_panid"]);
  if (d.failed !== 0 || !d.has(3)) return;
  d.u24le(F["zbee_beacon.tx_offset"]);
  if (version >= 2 && d.has(1)) d.u8(F["zbee_beacon.update_id"]);
}

/** Reads a Zigbee IP beacon payload. */
export function decodeZigbeeIpBeacon(d: Dissection): void {
  d.layer(ZBIP_BEACON);
  if (d.columns) d.protocolColumn = "ZigBee IP";
  d.u8(F["zbee_beacon.protocol"]);
  const at = d.pos;
  const flags = d.u8();
  if (d.failed !== 0) return;
  d.putFlag(F["zbip_beacon.allow_join"], flags, 0x01, at, 1);
  d.putFlag(F["zbip_beacon.router"], flags, 0x02, at, 1);
  d.putFlag(F["zbip_beacon.host"], flags, 0x04, at, 1);
  d.putFlag(F["zbip_beacon.unsecure"], flags, 0x80, at, 1);
  const nameAt = d.pos;
  d.skip(NAME);
  if (d.failed !== 0) return;
  let length = 0;
  while (length < NAME && d.data[nameAt + length] !== 0) length++;
  d.putText(F["zbip_beacon.network_id"], nameAt, length);
  decodeData(d);
}
