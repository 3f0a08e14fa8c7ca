/**
 * Packets of the Bluetooth LE link layer as they are on the air: access address, header of data
 * PDUs, CRC (Core 6.0, Vol 6, Part B, 2). Field names are Wireshark's.
 *
 * @module
 */
import { bitField, putBits } from "./bit_fields.ts";
import { channelMap } from "./btcommon.ts";
import { CONTROL_PDUS } from "./btle_control.ts";
import { mirror24 } from "./crc24.ts";
import type { Dissection } from "./dissection.ts";
import {
  boolean,
  bytes,
  define,
  hex24,
  hex32,
  hex8,
  none,
  protocol,
  uint16,
  uint8,
} from "./field.ts";
import { hexText } from "./hex_text.ts";
import { call, type Layout, read, u16, u8 } from "./layout.ts";
import { rule } from "./problem.ts";
import { AddressMatch, PduKind, Phy, type RadioContext } from "./radio_context.ts";

const BTLE = protocol("btle", "LE LL", "Bluetooth Low Energy Link Layer");

const H = "btle.data_header";

const F = define({
  "btle.access_address": hex32("Access address"),
  "btle.access_address.matched": none("Access address matched at capture"),
  "btle.access_address.bit_errors": none("Access address had bit errors"),
  "btle.access_address.illegal": none("Access address is illegal"),
  "btle.coding_indicator": uint8("Coding indicator", { names: ["S=8", "S=2"] }),
  [H]: none("Header"),
  [`${H}.llid`]: hex8("LLID", {
    names: { 1: "continuation or empty", 2: "start or complete", 3: "control" },
  }),
  [`${H}.next_expected_sequence_number`]: uint8("Next expected sequence number"),
  [`${H}.sequence_number`]: uint8("Sequence number"),
  [`${H}.more_data`]: boolean("More data"),
  [`${H}.cte_info_present`]: boolean("CTE info present"),
  [`${H}.rfu`]: uint8("Reserved"),
  [`${H}.close_isochronous_event`]: boolean("Close isochronous event"),
  [`${H}.null_pdu_indicator`]: boolean("Null PDU"),
  [`${H}.control_subevent_sequence_number`]: uint8("Control subevent sequence number"),
  [`${H}.control_subevent_transmission_flag`]: boolean("Control subevent follows"),
  [`${H}.length`]: uint8("Length"),
  [`${H}.cte_info`]: hex8("CTE info"),
  [`${H}.cte_info.time`]: hex8("Time", { unit: " * 8 us" }),
  [`${H}.cte_info.rfu`]: hex8("Reserved"),
  [`${H}.cte_info.type`]: hex8("Type"),
  "btle.length": uint8("Length"),
  "btle.control_opcode": hex8("Control opcode", { names: CONTROL_PDUS.map((pdu) => pdu.name) }),
  "btle.big_control_opcode": hex8("Control opcode", {
    names: ["BIG_CHANNEL_MAP_IND", "BIG_TERMINATE_IND"],
  }),
  "btle.control.channel_map": bytes("Channel map"),
  "btle.control.instant": uint16("Instant"),
  "btle.control.error_code": hex8("Error code"),
  "btle.unknown_data": none("Unknown data"),
  "btle.isochronous_data": bytes("Isochronous data"),
  "btle.crc": hex24("CRC"),
  "btle.crc.incorrect": none("CRC is wrong"),
  "btle.crc.indeterminate": none("CRC could not be checked"),
});

const ACCESS_ADDRESS = F["btle.access_address"];
const MATCHED = F["btle.access_address.matched"];
const HEADER = F[H];
const LENGTH = F["btle.length"];
const HEADER_LENGTH = F[`${H}.length`];
const CRC = F["btle.crc"];
const CRC_INCORRECT = F["btle.crc.incorrect"];
const CRC_INDETERMINATE = F["btle.crc.indeterminate"];

const SEQUENCE_BITS = [
  bitField(F[`${H}.llid`], 0x03),
  bitField(F[`${H}.next_expected_sequence_number`], 0x04),
  bitField(F[`${H}.sequence_number`], 0x08),
];
const DATA_BITS = [
  ...SEQUENCE_BITS,
  bitField(F[`${H}.more_data`], 0x10),
  bitField(F[`${H}.cte_info_present`], 0x20),
  bitField(F[`${H}.rfu`], 0xc0),
];
const CONNECTED_ISO_BITS = [
  ...SEQUENCE_BITS,
  bitField(F[`${H}.close_isochronous_event`], 0x10),
  bitField(F[`${H}.null_pdu_indicator`], 0x40),
  bitField(F[`${H}.rfu`], 0xa0),
];
const BROADCAST_ISO_BITS = [
  bitField(F[`${H}.llid`], 0x03),
  bitField(F[`${H}.control_subevent_sequence_number`], 0x1c),
  bitField(F[`${H}.control_subevent_transmission_flag`], 0x20),
  bitField(F[`${H}.rfu`], 0xc0),
];
const CTE_BITS = [
  bitField(F[`${H}.cte_info.time`], 0x1f),
  bitField(F[`${H}.cte_info.rfu`], 0x20),
  bitField(F[`${H}.cte_info.type`], 0xc0),
];

/** Values of LLID (2.4). */
export const Llid = { Reserved: 0, Continuation: 1, Start: 2, Control: 3 } as const;

/** Access address of advertising, except for periodic advertising (2.1.2). */
export const ADVERTISING_ADDRESS = 0x8e89bed6;
/** Length of a CRC, in bytes. */
export const CRC_LENGTH = 3;

const BAD_ADDRESS = rule(
  "btle",
  "warning",
  "access address had bit errors or is not allowed",
  "Core 6.0, Vol 6, Part B, 2.1.2",
);
const RESERVED_CODING = rule(
  "btle",
  "error",
  "coding indicator is reserved",
  "Core 6.0, Vol 6, Part B, 2.2.3",
);
const WRONG_CRC = rule("btle", "error", "CRC is wrong", "Core 6.0, Vol 6, Part B, 3.1.1");
const RESERVED_LLID = rule("btle", "error", "LLID is reserved", "Core 6.0, Vol 6, Part B, 2.4");
const UNKNOWN_CONTROL = rule(
  "btle",
  "warning",
  "control opcode is reserved or not known",
  "Core 6.0, Vol 6, Part B, 2.4.2",
);
const CONTROL_LENGTH = rule(
  "btle",
  "error",
  "length does not suit the control PDU",
  "Core 6.0, Vol 6, Part B, 2.4.2",
);
const EMPTY_CONTROL = rule(
  "btle",
  "error",
  "control PDU without opcode",
  "Core 6.0, Vol 6, Part B, 2.4.2",
);

/** Enters the link layer and reads the access address, on LE Coded also what follows it. */
export function packetStart(d: Dissection, radio: RadioContext): number {
  d.layer(BTLE);
  const at = d.pos;
  const address = d.u32le(ACCESS_ADDRESS);
  if (radio.match !== AddressMatch.Unknown && d.failed === 0) matched(d, radio.match, at);
  if (radio.present && radio.phy === Phy.LeCoded) {
    const indicator = d.u8() & 3;
    if (d.failed === 0) d.put(F["btle.coding_indicator"], indicator, at + 4, 1);
    if (indicator > 1) d.problem(RESERVED_CODING, at + 4);
  }
  return address;
}

function matched(d: Dissection, match: number, at: number): void {
  if (match === AddressMatch.Matched) {
    d.putNone(MATCHED, at, 4);
    return;
  }
  const errors = match === AddressMatch.BitErrors;
  d.putNone(F[errors ? "btle.access_address.bit_errors" : "btle.access_address.illegal"], at, 4);
  d.problem(BAD_ADDRESS, at);
}

/**
 * Reads the header of a data or isochronous PDU.
 *
 * @param kind one of `PduKind`, not advertising
 * @returns the first byte in the upper, the length of the payload in the lower 8 bits
 */
export function dataHeader(d: Dissection, kind: number): number {
  const at = d.pos;
  if (!d.has(2)) {
    d.skip(2);
    return 0;
  }
  const first = d.data[at]!;
  const extended = hasCte(first, kind);
  d.putNone(HEADER, at, extended ? 3 : 2);
  d.push();
  const fields = kind === PduKind.Data
    ? DATA_BITS
    : kind === PduKind.ConnectedIso
    ? CONNECTED_ISO_BITS
    : BROADCAST_ISO_BITS;
  putBits(d, fields, first, at, 1);
  d.skip(1);
  const length = d.u8(HEADER_LENGTH);
  if (extended) cteInfo(d);
  d.pop();
  d.put(LENGTH, length, at + 1, 1);
  if (kind === PduKind.Data && (first & 3) === Llid.Reserved) d.problem(RESERVED_LLID, at);
  return first << 8 | length;
}

/** Whether the header has a third byte (CP bit, 2.4). */
function hasCte(first: number, kind: number): boolean {
  return kind === PduKind.Data && (first & 0x20) !== 0;
}

function cteInfo(d: Dissection): void {
  const at = d.pos;
  const info = d.u8(F[`${H}.cte_info`]);
  if (d.failed !== 0) return;
  d.push();
  putBits(d, CTE_BITS, info, at, 1);
  d.pop();
}

/**
 * Reads a control PDU, which is what is left of the layer.
 *
 * @returns its opcode, -1 when there is none
 */
export function controlPdu(d: Dissection): number {
  const at = d.pos;
  const length = d.limit - at;
  if (length === 0) {
    d.problem(EMPTY_CONTROL, at);
    return -1;
  }
  const opcode = d.u8(F["btle.control_opcode"]);
  if (d.failed !== 0) return -1;
  const pdu = CONTROL_PDUS[opcode];
  if (d.columns) d.infoColumn = pdu?.name ?? `control opcode ${hexText(opcode)}`;
  if (pdu === undefined) {
    d.problem(UNKNOWN_CONTROL, at, hexText(opcode));
  } else {
    if (length !== pdu.length) d.problem(CONTROL_LENGTH, at, `${pdu.name} of ${length} bytes`);
    read(d, pdu.parameters);
  }
  if (d.pos < d.limit) d.putNone(F["btle.unknown_data"], d.pos, d.left);
  return opcode;
}

const BIG_CONTROL: readonly Layout[] = [
  [
    call((d) => channelMap(d, F["btle.control.channel_map"], true)),
    u16(F["btle.control.instant"]),
  ],
  [u8(F["btle.control.error_code"]), u16(F["btle.control.instant"])],
];

/** Reads the payload of an isochronous PDU, which is what is left of the layer. */
export function isochronousPayload(d: Dissection, kind: number, llid: number): void {
  if (kind === PduKind.BroadcastIso && llid === Llid.Control) {
    const opcode = d.u8(F["btle.big_control_opcode"]);
    const layout = BIG_CONTROL[opcode];
    if (layout !== undefined) read(d, layout);
    else d.problem(UNKNOWN_CONTROL, d.pos - 1, hexText(opcode));
  } else if (llid !== Llid.Control) {
    d.bytes(d.limit - d.pos, F["btle.isochronous_data"]);
  }
}

/** What is known of a CRC. */
export const CrcState = { Unknown: 0, Right: 1, Wrong: 2 } as const;

/** Reads the CRC; the field shows it in the order of the polynomial, highest term first. */
export function packetCrc(d: Dissection, state: number): void {
  const at = d.pos;
  const bytes = d.u24le();
  if (d.failed !== 0) return;
  if (d.want[CRC] !== 0) d.put(CRC, mirror24(bytes), at, CRC_LENGTH);
  if (state === CrcState.Unknown) {
    d.putNone(CRC_INDETERMINATE, at, CRC_LENGTH);
  } else if (state === CrcState.Wrong) {
    d.putNone(CRC_INCORRECT, at, CRC_LENGTH);
    d.problem(WRONG_CRC, at);
  }
}
