/**
 * The Attribute Protocol in brief: opcode, handles, UUIDs, values, errors (Core 6.0, Vol 3, Part F).
 *
 * @module
 */
import { bitField, putBits } from "./bit_fields.ts";
import { UUIDS } from "./bluetooth_names.ts";
import type { Dissection } from "./dissection.ts";
import {
  boolean,
  bytes,
  define,
  hex16,
  hex8,
  none,
  protocol,
  uint16,
  uint32,
  uint8,
} from "./field.ts";
import { hexText } from "./hex_text.ts";
import { rule } from "./problem.ts";

const BTATT = protocol("btatt", "ATT", "Bluetooth Attribute Protocol");

/** Opcodes (3.4.8). */
const OPCODES: Readonly<Record<number, string>> = {
  0x01: "Error Response",
  0x02: "Exchange MTU Request",
  0x03: "Exchange MTU Response",
  0x04: "Find Information Request",
  0x05: "Find Information Response",
  0x06: "Find By Type Value Request",
  0x07: "Find By Type Value Response",
  0x08: "Read By Type Request",
  0x09: "Read By Type Response",
  0x0a: "Read Request",
  0x0b: "Read Response",
  0x0c: "Read Blob Request",
  0x0d: "Read Blob Response",
  0x0e: "Read Multiple Request",
  0x0f: "Read Multiple Response",
  0x10: "Read By Group Type Request",
  0x11: "Read By Group Type Response",
  0x12: "Write Request",
  0x13: "Write Response",
  0x16: "Prepare Write Request",
  0x17: "Prepare Write Response",
  0x18: "Execute Write Request",
  0x19: "Execute Write Response",
  0x1b: "Handle Value Notification",
  0x1d: "Handle Value Indication",
  0x1e: "Handle Value Confirmation",
  0x20: "Read Multiple Variable Request",
  0x21: "Read Multiple Variable Response",
  0x23: "Multiple Handle Value Notification",
  0x52: "Write Command",
  0xd2: "Signed Write Command",
};

/** Error codes (3.4.1.1). */
const ERROR_CODES: Readonly<Record<number, string>> = {
  0x01: "invalid handle",
  0x02: "read not permitted",
  0x03: "write not permitted",
  0x04: "invalid PDU",
  0x05: "insufficient authentication",
  0x06: "request not supported",
  0x07: "invalid offset",
  0x08: "insufficient authorization",
  0x09: "prepare queue full",
  0x0a: "attribute not found",
  0x0b: "attribute not long",
  0x0c: "encryption key too short",
  0x0d: "invalid value length",
  0x0e: "unlikely error",
  0x0f: "insufficient encryption",
  0x10: "unsupported group type",
  0x11: "insufficient resources",
};

const F = define({
  "btatt.opcode": hex8("Opcode", { names: OPCODES }),
  "btatt.opcode.authentication_signature": boolean("Authentication signature"),
  "btatt.opcode.command": boolean("Command"),
  "btatt.opcode.method": hex8("Method"),
  "btatt.req_opcode_in_error": hex8("Opcode of the request", { names: OPCODES }),

  "btatt.error_code": hex8("Error", { names: ERROR_CODES }),
  "btatt.client_rx_mtu": uint16("MTU of the client"),
  "btatt.server_rx_mtu": uint16("MTU of the server"),
  "btatt.starting_handle": hex16("First handle"),
  "btatt.ending_handle": hex16("Last handle"),
  "btatt.group_end_handle": hex16("Last handle of the group"),
  "btatt.handle": hex16("Handle"),
  "btatt.uuid_format": hex8("Format of the UUIDs", { names: { 1: "16 bits", 2: "128 bits" } }),
  "btatt.information_data": none("Handle and UUID"),
  "btatt.handles_info": none("Handles"),
  "btatt.attribute_data": none("Attribute"),
  "btatt.uuid16": hex16("UUID", { names: UUIDS }),
  "btatt.uuid128": bytes("UUID"),
  "btatt.length": uint8("Length"),
  "btatt.offset": uint16("Offset"),
  "btatt.flags": hex8("Flags", { names: ["cancel all", "write all"] }),
  "btatt.sign_counter": uint32("Sign counter"),
  "btatt.signature": bytes("Signature"),
  "btatt.value": bytes("Value"),
});

const HANDLE = F["btatt.handle"];
const VALUE = F["btatt.value"];

const OPCODE_BITS = [
  bitField(F["btatt.opcode.authentication_signature"], 0x80),
  bitField(F["btatt.opcode.command"], 0x40),
  bitField(F["btatt.opcode.method"], 0x3f),
];

const UNKNOWN = rule("btatt", "warning", "opcode is not known", "Core 6.0, Vol 3, Part F, 3.4.8");
const BAD_LIST = rule(
  "btatt",
  "error",
  "list does not end with a whole entry",
  "Core 6.0, Vol 3, Part F, 3.4",
);
/** Handle and value of a signed write are followed by a counter of 4 and a signature of 8 bytes. */
const SIGNATURE_LENGTH = 12;

/** Reads an attribute PDU, which is what is left of the layer. */
export function attributeProtocol(d: Dissection): void {
  if (d.pos >= d.limit) return;
  d.layer(BTATT);
  const at = d.pos;
  const opcode = opcodeField(d, F["btatt.opcode"]);
  if (d.failed !== 0) return;
  if (d.columns) {
    d.protocolColumn = "ATT";
    d.infoColumn = OPCODES[opcode] ?? `opcode ${hexText(opcode, 2)}`;
  }
  parameters(d, opcode, at);
}

function opcodeField(d: Dissection, field: number): number {
  const at = d.pos;
  const opcode = d.u8(field);
  if (d.failed !== 0) return 0;
  d.push();
  putBits(d, OPCODE_BITS, opcode, at, 1);
  d.pop();
  return opcode;
}

function parameters(d: Dissection, opcode: number, at: number): void {
  switch (opcode) {
    case 0x01:
      opcodeField(d, F["btatt.req_opcode_in_error"]);
      d.u16le(HANDLE);
      d.u8(F["btatt.error_code"]);
      break;
    case 0x02:
      d.u16le(F["btatt.client_rx_mtu"]);
      break;
    case 0x03:
      d.u16le(F["btatt.server_rx_mtu"]);
      break;
    case 0x04:
      handleRange(d);
      break;
    case 0x05:
      information(d);
      break;
    case 0x06:
      handleRange(d);
      d.u16le(F["btatt.uuid16"]);
      value(d);
      break;
    case 0x07:
      while (more(d)) handlesInfo(d);
      break;
    case 0x08:
    case 0x10:
      handleRange(d);
      uuid(d, d.limit - d.pos);
      break;
    case 0x09:
      attributes(d, false);
      break;
    case 0x11:
      attributes(d, true);
      break;
    case 0x0a:
      d.u16le(HANDLE);
      break;
    case 0x0c:
      d.u16le(HANDLE);
      d.u16le(F["btatt.offset"]);
      break;
    case 0x0e:
    case 0x20:
      while (more(d)) d.u16le(HANDLE);
      break;
    case 0x0b:
    case 0x0d:
    case 0x0f:
    case 0x21:
      value(d);
      break;
    case 0x12:
    case 0x1b:
    case 0x1d:
    case 0x52:
      d.u16le(HANDLE);
      value(d);
      break;
    case 0x16:
    case 0x17:
      d.u16le(HANDLE);
      d.u16le(F["btatt.offset"]);
      value(d);
      break;
    case 0x18:
      d.u8(F["btatt.flags"]);
      break;
    case 0x23:
      while (more(d)) {
        d.u16le(HANDLE);
        d.bytes(d.u16le(F["btatt.length"]), VALUE);
      }
      break;
    case 0xd2:
      d.u16le(HANDLE);
      d.bytes(Math.max(0, d.limit - d.pos - SIGNATURE_LENGTH), VALUE);
      d.u32le(F["btatt.sign_counter"]);
      d.bytes(8, F["btatt.signature"]);
      break;
    default:
      if (OPCODES[opcode] === undefined) d.problem(UNKNOWN, at, hexText(opcode));
  }
}

function more(d: Dissection): boolean {
  return d.failed === 0 && d.pos < d.limit;
}

/** What is left, if anything. */
function value(d: Dissection): void {
  if (more(d)) d.bytes(d.limit - d.pos, VALUE);
}

function handleRange(d: Dissection): void {
  d.u16le(F["btatt.starting_handle"]);
  d.u16le(F["btatt.ending_handle"]);
}

function uuid(d: Dissection, length: number): void {
  if (length === 2) d.u16le(F["btatt.uuid16"]);
  else if (length === 16) d.bytes(16, F["btatt.uuid128"]);
  else value(d);
}

function information(d: Dissection): void {
  const format = d.u8(F["btatt.uuid_format"]);
  const length = format === 1 ? 2 : 16;
  if (format !== 1 && format !== 2) return;
  while (more(d)) {
    d.putNone(F["btatt.information_data"], d.pos, Math.min(d.left, 2 + length));
    d.push();
    d.u16le(HANDLE);
    uuid(d, length);
    d.pop();
  }
}

function handlesInfo(d: Dissection): void {
  d.putNone(F["btatt.handles_info"], d.pos, Math.min(d.left, 4));
  d.push();
  d.u16le(HANDLE);
  d.u16le(F["btatt.group_end_handle"]);
  d.pop();
}

/** A list of entries of one length: a handle, for groups the last handle, and a value. */
function attributes(d: Dissection, groups: boolean): void {
  const fixed = groups ? 4 : 2;
  const length = d.u8(F["btatt.length"]);
  if (length < fixed) return;
  while (d.failed === 0 && d.limit - d.pos >= length) {
    d.putNone(F["btatt.attribute_data"], d.pos, Math.min(d.left, length));
    d.push();
    d.u16le(HANDLE);
    if (groups) d.u16le(F["btatt.group_end_handle"]);
    d.bytes(length - fixed, VALUE);
    d.pop();
  }
  if (more(d)) d.problem(BAD_LIST);
}
