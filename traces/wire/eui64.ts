/**
 * EUI-64 addresses that are sent low byte first (IEEE 802.15.4, Zigbee).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";

/** Reads an address and writes it, first byte last, as a field. */
export function eui64le(d: Dissection, field: number): void {
  d.reversed(8, field);
}

/** Writes the address at `at` of the bytes being read as a field. */
export function putEui64le(d: Dissection, field: number, at: number): void {
  d.putReversed(field, at, 8);
}

/** Writes an address that is known as two halves. */
export function putEui64(d: Dissection, field: number, hi: number, lo: number, at: number): void {
  if (d.want[field] === 0) return;
  const address = new Uint8Array(8);
  const view = new DataView(address.buffer);
  view.setUint32(0, hi);
  view.setUint32(4, lo);
  d.putObject(field, address, at, 0);
}

/** The 32 bits at `at`, low byte first. */
export function word32le(data: Uint8Array, at: number): number {
  return (data[at + 3]! << 24 | data[at + 2]! << 16 | data[at + 1]! << 8 | data[at]!) >>> 0;
}

/** Text of an address as two halves: "00:11:22:33:44:55:66:77". */
export function eui64Text(hi: number, lo: number): string {
  const digits = hi.toString(16).padStart(8, "0") + lo.toString(16).padStart(8, "0");
  return digits.replace(/..(?!$)/g, "$&:");
}
