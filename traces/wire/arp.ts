/**
 * Address Resolution Protocol (RFC 826) and its reverse (RFC 903).
 *
 * @module
 */
import { colonText, ipv4Text } from "./address_text.ts";
import type { Dissection } from "./dissection.ts";
import { boolean, bytes, define, ether, hex16, ipv4, protocol, uint16, uint8 } from "./field.ts";
import { sameBytes } from "./same_bytes.ts";

const ARP = protocol("arp", "ARP", "Address Resolution Protocol");

const OPERATIONS = {
  1: "request",
  2: "reply",
  3: "reverse request",
  4: "reverse reply",
  8: "inverse request",
  9: "inverse reply",
};

const F = define({
  "arp.hw.type": uint16("Hardware type"),
  "arp.proto.type": hex16("Protocol type"),
  "arp.hw.size": uint8("Hardware address length"),
  "arp.proto.size": uint8("Protocol address length"),
  "arp.opcode": uint16("Operation", { names: OPERATIONS }),
  "arp.isgratuitous": boolean("Gratuitous"),
  "arp.isprobe": boolean("Probe"),
  "arp.isannouncement": boolean("Announcement"),
  "arp.src.hw": bytes("Sender's hardware address"),
  "arp.src.hw_mac": ether("Sender's hardware address"),
  "arp.src.proto": bytes("Sender's protocol address"),
  "arp.src.proto_ipv4": ipv4("Sender's IP address"),
  "arp.dst.hw": bytes("Target's hardware address"),
  "arp.dst.hw_mac": ether("Target's hardware address"),
  "arp.dst.proto": bytes("Target's protocol address"),
  "arp.dst.proto_ipv4": ipv4("Target's IP address"),
});

const REQUEST = 1;
const REPLY = 2;

/** Reads a message; what is behind it is padding. */
export function decodeArp(d: Dissection): void {
  const at = d.pos;
  const entry = d.layer(ARP);
  if (d.columns) {
    d.protocolColumn = "ARP";
    d.infoColumn = "";
  }
  const hardware = d.u16(F["arp.hw.type"]);
  const kind = d.u16(F["arp.proto.type"]);
  const hardwareSize = d.u8(F["arp.hw.size"]);
  const size = d.u8(F["arp.proto.size"]);
  const operation = d.u16(F["arp.opcode"]);
  if (d.failed !== 0) return;
  const total = 8 + 2 * (hardwareSize + size);
  d.lengthOf(entry, total);
  d.cutTo(at + total - d.pos);
  if (d.has(total - 8)) classify(d, operation, hardwareSize, size);
  const mac = (hardware === 1 || hardware === 6) && hardwareSize === 6;
  const ip = kind === 0x0800 && size === 4;
  const sender = d.pos;
  readAddress(d, hardwareSize, mac ? F["arp.src.hw_mac"] : F["arp.src.hw"]);
  readAddress(d, size, ip ? F["arp.src.proto_ipv4"] : F["arp.src.proto"]);
  const target = d.pos;
  readAddress(d, hardwareSize, mac ? F["arp.dst.hw_mac"] : F["arp.dst.hw"]);
  readAddress(d, size, ip ? F["arp.dst.proto_ipv4"] : F["arp.dst.proto"]);
  if (d.columns && d.failed === 0 && mac && ip) {
    d.infoColumn = describe(d.data, operation, sender, target);
  }
}

function readAddress(d: Dissection, length: number, field: number): void {
  if (length > 0) d.bytes(length, field);
}

/** RFC 5227, 2.1.1 and 2.3: a probe has no sender address, an announcement names itself. */
function classify(d: Dissection, operation: number, hardwareSize: number, size: number): void {
  if (operation !== REQUEST && operation !== REPLY) return;
  const { data } = d;
  const sender = d.pos + hardwareSize;
  const target = sender + size + hardwareSize;
  const noHardware = operation === REQUEST && hardwareSize === 6 &&
    allZero(data, sender + size, 6);
  if (sameBytes(data, sender, data, target, size)) {
    d.put(F["arp.isgratuitous"], 1, d.pos, 0);
    if (noHardware) d.put(F["arp.isannouncement"], 1, d.pos, 0);
  } else if (noHardware && size === 4 && allZero(data, sender, 4)) {
    d.put(F["arp.isprobe"], 1, d.pos, 0);
  }
}

function allZero(data: Uint8Array, at: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (data[at + i] !== 0) return false;
  return true;
}

/** Addresses of sender and target are 6 and 4 bytes each. */
function describe(data: Uint8Array, operation: number, sender: number, target: number): string {
  const who = ipv4Text(data, target + 6);
  const asker = ipv4Text(data, sender + 6);
  switch (operation) {
    case REQUEST:
      if (who === asker) return `ARP Announcement for ${who}`;
      return asker === "0.0.0.0" ? `Who has ${who}? (ARP Probe)` : `Who has ${who}? Tell ${asker}`;
    case REPLY:
      if (who === asker) return `Gratuitous ARP for ${asker} (Reply)`;
      return `${asker} is at ${colonText(data, sender, 6)}`;
    case 3:
    case 8:
      return `Who is ${colonText(data, target, 6)}? Tell ${colonText(data, sender, 6)}`;
    case 4:
      return `${colonText(data, target, 6)} is at ${who}`;
    case 9:
      return `${colonText(data, sender, 6)} is at ${asker}`;
    default:
      return `ARP operation ${operation}`;
  }
}
