/**
 * HCI data packets: asynchronous, synchronous, isochronous (Core 6.0, Vol 4, Part E, 5.4.2, 5.4.3,
 * 5.4.5).
 *
 * @module
 */
import { bitField, putBits } from "./bit_fields.ts";
import type { Dissection } from "./dissection.ts";
import { boolean, define, hex16, none, protocol, uint16, uint8 } from "./field.ts";
import { hexText } from "./hex_text.ts";
import { rule } from "./problem.ts";

export const BTHCI_ACL: number = protocol("bthci_acl", "HCI_ACL", "Bluetooth HCI ACL Packet");
const BTHCI_SCO = protocol("bthci_sco", "HCI_SCO", "Bluetooth HCI SCO Packet");
const BTHCI_ISO = protocol("bthci_iso", "HCI_ISO", "Bluetooth HCI ISO Packet");

const F = define({
  "bthci_acl.chandle": hex16("Connection handle"),
  "bthci_acl.pb_flag": uint16("Packet boundary", {
    names: ["first, not flushable", "continuation", "first, flushable", "complete"],
  }),
  "bthci_acl.bc_flag": uint16("Broadcast"),
  "bthci_acl.length": uint16("Length"),
  "bthci_acl.length.bad": none("Length too short"),
  "bthci_sco.chandle": hex16("Connection handle"),
  "bthci_sco.packet_status": hex16("Packet status"),
  "bthci_sco.reserved": hex16("Reserved"),
  "bthci_sco.length": uint8("Length"),
  "bthci_sco.data": none("Data"),
  "bthci_iso.chandle": hex16("Connection handle"),
  "bthci_iso.pb_flag": hex16("Packet boundary"),
  "bthci_iso.ts_flag": boolean("Time stamp present"),
  "bthci_iso.reserved": hex16("Reserved"),
  "bthci_iso.data_length": uint16("Length"),
  "bthci_iso.data": none("Data"),
});

const ACL_BITS = [
  bitField(F["bthci_acl.chandle"], 0x0fff),
  bitField(F["bthci_acl.pb_flag"], 0x3000),
  bitField(F["bthci_acl.bc_flag"], 0xc000),
];
const SCO_BITS = [
  bitField(F["bthci_sco.reserved"], 0xc000),
  bitField(F["bthci_sco.packet_status"], 0x3000),
  bitField(F["bthci_sco.chandle"], 0x0fff),
];
const ISO_BITS = [
  bitField(F["bthci_iso.chandle"], 0x0fff),
  bitField(F["bthci_iso.pb_flag"], 0x3000),
  bitField(F["bthci_iso.ts_flag"], 0x4000),
  bitField(F["bthci_iso.reserved"], 0x8000),
];

/** Values of the packet boundary flag. */
export const Boundary = { First: 0, Continuation: 1, FirstFlushable: 2, Complete: 3 } as const;

const BAD_LENGTH = rule(
  "bthci_acl",
  "error",
  "length is not what follows",
  "Core 6.0, Vol 4, Part E, 5.4.2",
);

/**
 * Reads the header of an ACL packet.
 *
 * @returns handle and flags as they were, handle in the lower 12 bits
 */
export function aclHeader(d: Dissection): number {
  d.layer(BTHCI_ACL);
  const at = d.pos;
  const first = d.u16le();
  if (d.failed !== 0) return 0;
  putBits(d, ACL_BITS, first, at, 2);
  const length = d.u16le(F["bthci_acl.length"]);
  if (d.columns) {
    d.protocolColumn = "HCI_ACL";
    d.infoColumn = `handle ${hexText(first & 0xfff, 4)}, ${length} bytes`;
  }
  if (d.failed === 0 && length !== d.limit - d.pos) {
    if (length < d.limit - d.pos) d.putNone(F["bthci_acl.length.bad"], at + 2, 2);
    d.problem(BAD_LENGTH, at + 2, `${length} announced, ${d.limit - d.pos} there`);
  }
  return first;
}

/** Reads a synchronous data packet. */
export function scoPacket(d: Dissection): void {
  d.layer(BTHCI_SCO);
  const at = d.pos;
  const first = d.u16le();
  if (d.failed !== 0) return;
  putBits(d, SCO_BITS, first, at, 2);
  const length = d.u8(F["bthci_sco.length"]);
  if (d.columns) {
    d.protocolColumn = "HCI_SCO";
    d.infoColumn = `${length} bytes`;
  }
  if (d.failed === 0) d.putNone(F["bthci_sco.data"], d.pos, d.left);
}

/** Reads an isochronous data packet. */
export function isoPacket(d: Dissection): void {
  d.layer(BTHCI_ISO);
  const at = d.pos;
  const first = d.u16le();
  if (d.failed !== 0) return;
  putBits(d, ISO_BITS, first, at, 2);
  const lengthAt = d.pos;
  const length = d.u16le() & 0x3fff;
  if (d.failed !== 0) return;
  d.put(F["bthci_iso.data_length"], length, lengthAt, 2);
  if (d.columns) {
    d.protocolColumn = "HCI_ISO";
    d.infoColumn = `${length} bytes`;
  }
  d.putNone(F["bthci_iso.data"], d.pos, d.left);
}
