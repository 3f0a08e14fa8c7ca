/**
 * The Security Manager Protocol in brief (Core 6.0, Vol 3, Part H, 3).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { boolean, bytes, define, ether, hex16, hex8, protocol, uint8 } from "./field.ts";
import { hexText } from "./hex_text.ts";
import { address, bits, type Layout, raw, read, u16, u8 } from "./layout.ts";
import { rule } from "./problem.ts";

const BTSMP = protocol("btsmp", "SMP", "Bluetooth Security Manager Protocol");

/** Opcodes (3.3, table 3.3). */
const OPCODES: Readonly<Record<number, string>> = {
  0x01: "Pairing Request",
  0x02: "Pairing Response",
  0x03: "Pairing Confirm",
  0x04: "Pairing Random",
  0x05: "Pairing Failed",
  0x06: "Encryption Information",
  0x07: "Central Identification",
  0x08: "Identity Information",
  0x09: "Identity Address Information",
  0x0a: "Signing Information",
  0x0b: "Security Request",
  0x0c: "Pairing Public Key",
  0x0d: "Pairing DHKey Check",
  0x0e: "Keypress Notification",
};

const F = define({
  "btsmp.opcode": hex8("Opcode", { names: OPCODES }),
  "btsmp.reason": hex8("Reason", {
    names: {
      1: "passkey entry failed",
      2: "out-of-band data not available",
      3: "authentication requirements",
      4: "confirm value failed",
      5: "pairing not supported",
      6: "encryption key size",
      7: "command not supported",
      8: "unspecified reason",
      9: "repeated attempts",
      0x0a: "invalid parameters",
      0x0b: "DHKey check failed",
      0x0c: "numeric comparison failed",
      0x0e: "key rejected",
    },
  }),
  "btsmp.io_capability": hex8("IO capability", {
    names: ["display only", "display yes/no", "keyboard only", "none", "keyboard and display"],
  }),
  "btsmp.oob_data_flags": hex8("Out-of-band data"),
  "btsmp.authreq": hex8("Authentication requirements"),
  "btsmp.bonding_flags": hex8("Bonding"),
  "btsmp.mitm_flag": boolean("Protection against a man in the middle"),
  "btsmp.sc_flag": boolean("Secure Connections"),
  "btsmp.keypress_flag": boolean("Keypress notifications"),
  "btsmp.reserved_flags": hex8("Reserved"),
  "btsmp.max_enc_key_size": uint8("Greatest key size", { unit: " bytes" }),
  "btsmp.initiator_key_distribution": hex8("Keys of the initiator"),
  "btsmp.responder_key_distribution": hex8("Keys of the responder"),
  "btsmp.key_dist_enc": boolean("Encryption key"),
  "btsmp.key_dist_id": boolean("Identity key"),
  "btsmp.key_dist_sign": boolean("Signature key"),
  "btsmp.key_dist_linkkey": boolean("Link key"),
  "btsmp.key_dist_reserved": hex8("Reserved"),
  "btsmp.cfm_value": bytes("Confirm value"),
  "btsmp.random_value": bytes("Random value"),
  "btsmp.long_term_key": bytes("Long term key"),
  "btsmp.id_resolving_key": bytes("Identity resolving key"),
  "btsmp.signature_key": bytes("Signature key"),
  "btsmp.ediv": hex16("Encrypted diversifier"),
  "btsmp.address_type": hex8("Address type"),
  "btsmp.bd_addr": ether("Device address"),
  "btsmp.public_key_x": bytes("Public key, x"),
  "btsmp.public_key_y": bytes("Public key, y"),
  "btsmp.dhkey_check": bytes("DHKey check"),
  "btsmp.notification_type": hex8("Notification type"),
});

const AUTHENTICATION: Layout = [
  u8(F["btsmp.authreq"]),
  bits(F["btsmp.reserved_flags"], 0xe0),
  bits(F["btsmp.keypress_flag"], 0x10),
  bits(F["btsmp.sc_flag"], 0x08),
  bits(F["btsmp.mitm_flag"], 0x04),
  bits(F["btsmp.bonding_flags"], 0x03),
];

const keys = (field: number): Layout => [
  u8(field),
  bits(F["btsmp.key_dist_reserved"], 0xf0),
  bits(F["btsmp.key_dist_linkkey"], 0x08),
  bits(F["btsmp.key_dist_sign"], 0x04),
  bits(F["btsmp.key_dist_id"], 0x02),
  bits(F["btsmp.key_dist_enc"], 0x01),
];

const PAIRING: Layout = [
  u8(F["btsmp.io_capability"]),
  u8(F["btsmp.oob_data_flags"]),
  ...AUTHENTICATION,
  u8(F["btsmp.max_enc_key_size"]),
  ...keys(F["btsmp.initiator_key_distribution"]),
  ...keys(F["btsmp.responder_key_distribution"]),
];

/** By opcode (3.5, 3.6). */
const PARAMETERS: readonly (Layout | undefined)[] = [
  undefined,
  PAIRING,
  PAIRING,
  [raw(F["btsmp.cfm_value"], 16)],
  [raw(F["btsmp.random_value"], 16)],
  [u8(F["btsmp.reason"])],
  [raw(F["btsmp.long_term_key"], 16)],
  [u16(F["btsmp.ediv"]), raw(F["btsmp.random_value"], 8)],
  [raw(F["btsmp.id_resolving_key"], 16)],
  [u8(F["btsmp.address_type"]), address(F["btsmp.bd_addr"])],
  [raw(F["btsmp.signature_key"], 16)],
  AUTHENTICATION,
  [raw(F["btsmp.public_key_x"], 32), raw(F["btsmp.public_key_y"], 32)],
  [raw(F["btsmp.dhkey_check"], 16)],
  [u8(F["btsmp.notification_type"])],
];

const UNKNOWN = rule("btsmp", "warning", "opcode is reserved", "Core 6.0, Vol 3, Part H, 3.3");

/** Reads a security manager PDU, which is what is left of the layer. */
export function securityManager(d: Dissection): void {
  d.layer(BTSMP);
  if (d.pos >= d.limit) return;
  const at = d.pos;
  const opcode = d.u8(F["btsmp.opcode"]);
  if (d.failed !== 0) return;
  if (d.columns) {
    d.protocolColumn = "SMP";
    d.infoColumn = OPCODES[opcode] ?? `opcode ${opcode}`;
  }
  const layout = PARAMETERS[opcode];
  if (layout === undefined) d.problem(UNKNOWN, at, hexText(opcode));
  else read(d, layout);
}
