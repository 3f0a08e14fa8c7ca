/**
 * What an IEEE 802.15.4 beacon of frame version 0 or 1 has before its payload: superframe
 * specification, guaranteed time slots, pending addresses (IEEE 802.15.4-2015, 7.3.1).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { eui64le } from "./eui64.ts";
import { boolean, define, eui64, hex16, uint16, uint8 } from "./field.ts";
import { rule } from "./problem.ts";

const F = define({
  "wpan.beacon_order": uint16("Beacon Interval"),
  "wpan.superframe_order": uint16("Superframe Interval"),
  "wpan.cap": uint16("Final CAP Slot"),
  "wpan.battery_ext": boolean("Battery Extension"),
  "wpan.bcn_coord": boolean("PAN Coordinator"),
  "wpan.assoc_permit": boolean("Association Permit"),
  "wpan.gts.count": uint8("GTS Descriptor Count"),
  "wpan.gts.permit": boolean("GTS Permit"),
  "wpan.gts.direction": boolean("Direction"),
  "wpan.gts.address": hex16("Address"),
  "wpan.pending16": hex16("Address"),
  "wpan.pending64": eui64("Address"),
});

const ORDERS = rule(
  "wpan",
  "warning",
  "superframe order is greater than beacon order",
  "IEEE 802.15.4-2015, 6.2.1",
);

/** Reads the beacon fields up to the payload. */
export function decodeWpanBeacon(d: Dissection): void {
  superframe(d);
  timeSlots(d);
  pendingAddresses(d);
}

/** The superframe specification (IEEE 802.15.4-2015, 7.3.1.4). */
export function superframe(d: Dissection): void {
  const at = d.pos;
  const value = d.u16le();
  if (d.failed !== 0) return;
  d.push();
  d.put(F["wpan.beacon_order"], value & 0xf, at, 2);
  d.put(F["wpan.superframe_order"], value >>> 4 & 0xf, at, 2);
  d.put(F["wpan.cap"], value >>> 8 & 0xf, at, 2);
  d.putFlag(F["wpan.battery_ext"], value, 0x1000, at, 2);
  d.putFlag(F["wpan.bcn_coord"], value, 0x4000, at, 2);
  d.putFlag(F["wpan.assoc_permit"], value, 0x8000, at, 2);
  d.pop();
  if ((value & 0xf) < 15 && (value >>> 4 & 0xf) < 15 && (value >>> 4 & 0xf) > (value & 0xf)) {
    d.problem(ORDERS, at);
  }
}

/** IEEE 802.15.4-2015, 7.3.1.5. */
function timeSlots(d: Dissection): void {
  const at = d.pos;
  const specification = d.u8();
  if (d.failed !== 0) return;
  const count = specification & 7;
  d.push();
  d.put(F["wpan.gts.count"], count, at, 1);
  d.putFlag(F["wpan.gts.permit"], specification, 0x80, at, 1);
  if (count > 0) {
    const directionsAt = d.pos;
    const directions = d.u8();
    for (let i = 0; i < count && d.failed === 0; i++) {
      d.putFlag(F["wpan.gts.direction"], directions, 1 << i, directionsAt, 1);
    }
    for (let i = 0; i < count && d.failed === 0; i++) {
      d.u16le(F["wpan.gts.address"]);
      d.skip(1);
    }
  }
  d.pop();
}

/** IEEE 802.15.4-2015, 7.3.1.6. */
function pendingAddresses(d: Dissection): void {
  const specification = d.u8();
  d.push();
  for (let i = specification & 7; i > 0 && d.failed === 0; i--) d.u16le(F["wpan.pending16"]);
  for (let i = specification >>> 4 & 7; i > 0 && d.failed === 0; i--) {
    eui64le(d, F["wpan.pending64"]);
  }
  d.pop();
}
