/**
 * Information elements of IEEE 802.15.4: header IEs, payload IEs and the list they stand in
 * (IEEE 802.15.4-2015, 7.4.2 and 7.4.3). The nested IEs of the MLME are in `wpan_mlme.ts`.
 *
 * @module
 */
import { decodeDataWithin } from "./data.ts";
import type { Dissection } from "./dissection.ts";
import { conclude } from "./failure.ts";
import {
  absoluteTime,
  boolean,
  define,
  hex16,
  hex8,
  int16,
  none,
  spacedBytes,
  uint16,
  uint24,
  uint8,
} from "./field.ts";
import { rule } from "./problem.ts";
import type { WpanFrame } from "./wpan_frame.ts";
import { decodeMlme } from "./wpan_mlme.ts";
import { decodeZigbeeIe, ZIGBEE_OUI } from "./zigbee_ie.ts";

const HEADER_IES: Readonly<Record<number, string>> = {
  0x00: "Vendor Specific IE",
  0x1a: "CSL IE",
  0x1b: "RIT IE",
  0x1c: "DSME PAN Descriptor IE",
  0x1d: "Rendezvous Time IE",
  0x1e: "Time Correction IE",
  0x21: "Extended DSME PAN Descriptor IE",
  0x22: "Fragment Sequence Context Description IE",
  0x23: "Simplified Superframe Specification IE",
  0x24: "Simplified GTS Specification IE",
  0x25: "LECIM Capabilities IE",
  0x26: "TRLE Descriptor IE",
  0x27: "RCC Capabilities IE",
  0x28: "RCCN Descriptor IE",
  0x29: "Global Time IE",
  0x2a: "Wi-SUN IE",
  0x2b: "DA IE",
  0x7e: "Header Termination 1 IE (Payload IEs follow)",
  0x7f: "Header Termination 2 IE (Payload follows)",
};
const PAYLOAD_IES: Readonly<Record<number, string>> = {
  0x0: "ESDU IE",
  0x1: "MLME IE",
  0x2: "Vendor Specific IE",
  0x3: "MPX IE",
  0x4: "Wi-SUN IE",
  0x5: "IETF IE",
  0xf: "Payload Termination IE",
};

const F = define({
  "wpan.header_ie": none("Header IEs"),
  "wpan.header_ie_tlv": hex16("IE Header"),
  "wpan.header_ie.type": uint16("Type"),
  "wpan.header_ie.id": hex16("Id", { names: HEADER_IES }),
  "wpan.header_ie.length": uint16("Length"),
  "wpan.header_ie.unsupported": none("Unsupported Header IE"),
  "wpan.header_ie.ht1": none("Header Termination 1 IE"),
  "wpan.header_ie.ht2": none("Header Termination 2 IE"),
  "wpan.header_ie.time_correction": none("Time Correction IE"),
  "wpan.header_ie.time_correction.time_sync_info": hex16("Time Sync Info"),
  "wpan.header_ie.time_correction.value": int16("Time Correction"),
  "wpan.nack": boolean("Nack"),
  "wpan.header_ie.csl": none("CSL IE"),
  "wpan.header_ie.csl.phase": int16("Phase"),
  "wpan.header_ie.csl.period": int16("Period"),
  "wpan.header_ie.csl.rendezvous_time": int16("Rendezvous Time"),
  "wpan.header_ie.rdv": none("Rendezvous Time IE"),
  "wpan.header_ie.csl.wakeup_interval": int16("Wake-up Interval"),
  "wpan.header_ie.global_time": none("Global Time IE"),
  "wpan.header_ie.global_time.value": absoluteTime("Global Time"),
  "wpan.header_ie.vendor_specific": none("Vendor Specific IE"),
  "wpan.header_ie.vendor_specific.vendor_oui": uint24("Vendor OUI"),
  "wpan.header_ie.vendor_specific.content": spacedBytes("Vendor Content"),
  "wpan.payload_ie": none("Payload IEs"),
  "wpan.payload_ie_tlv": hex16("IE Header"),
  "wpan.payload_ie.type": uint16("Type"),
  "wpan.payload_ie.id": hex16("Id", { names: PAYLOAD_IES }),
  "wpan.payload_ie.length": uint16("Length"),
  "wpan.payload_ie.unknown": none("Unknown Payload IE"),
  "wpan.payload_ie.termination": none("Payload Termination IE"),
  "wpan.payload_ie.vendor": none("Vendor Specific IE"),
  "wpan.payload_ie.vendor.oui": uint24("Vendor OUI"),
  "wpan.payload_ie.ietf": none("IETF Payload IE"),
  "wpan.ietf_ie.sub_id": uint8("Sub-ID"),
  "wpan.6top": none("6top IE"),
  "wpan.6top_version": uint8("6P Version"),
  "wpan.6top_type": hex8("Type"),
  "wpan.6top_code": hex8("Code"),
  "wpan.6top_sfid": hex8("SFID (6top Scheduling Function ID)"),
  "wpan.6top_seqnum": uint8("SeqNum"),
  "wpan.mpx": none("MPX IE"),
  "wpan.mpx.transaction_control": hex8("Transaction Control"),
  "wpan.mpx.transfer_type": hex8("Transfer Type"),
  "wpan.mpx.transaction_id": hex8("Transaction ID"),
  "wpan.payload_ie.mpx.invalid_transfer_type": none("Invalid transfer type"),
  "wpan.mlme": none("MLME IE"),
  "wpan.ie.unknown_content": spacedBytes("Unknown Content"),
  "wpan.ie_unsupported_id": none("Unsupported IE ID"),
  "wpan.ie_unknown_extra_content": none("Bytes left over in the IE"),
  "wpan.payload_ie.in_header": none("Payload IE in header"),
  "wpan.payload_ie.missing": none("Payload IE missing"),
  "wpan.time_correction.error": none("Incorrect value"),
});

const TYPE_MIXED = rule(
  "wpan",
  "error",
  "payload IE among the header IEs",
  "IEEE 802.15.4-2015, 7.4.2.1",
);
const EXTRA = rule(
  "wpan",
  "warning",
  "IE is longer than its content",
  "IEEE 802.15.4-2015, 7.4",
);
const MISSING = rule(
  "wpan",
  "error",
  "the header announces payload IEs, but there are none",
  "IEEE 802.15.4-2015, 7.4.1",
);
const SYNC_RESERVED = rule(
  "wpan",
  "warning",
  "reserved bits of the time correction are set",
  "IEEE 802.15.4-2015, Table 7-8",
);

const TRANSFER_TYPE = rule(
  "wpan",
  "error",
  "transfer type of the MPX IE is reserved",
  "IEEE 802.15.9-2016, Table 19",
);

/** Reads the header IEs; ends before payload and integrity code. */
export function decodeHeaderIes(d: Dissection, frame: WpanFrame): void {
  const end = d.limit - frame.micLength;
  d.putNone(F["wpan.header_ie"], d.pos, d.end - d.pos);
  const depth = d.depth;
  d.depth = depth + 1;
  do {
    const at = d.pos;
    const header = d.u16le();
    const length = header & 0x7f;
    const id = header >>> 7 & 0xff;
    if (d.failed !== 0) break;
    const missing = length > d.limit - d.pos;
    d.narrow(length);
    headerIe(d, id, header, at);
    endIe(d, missing);
    if (id === 0x7e || id === 0x7f) {
      frame.payloadIes = id === 0x7e;
      break;
    }
  } while (d.pos < end && d.failed === 0);
  d.depth = depth;
}

/**
 * Goes to the end of an IE; says when something is left, or when it was too short. Where the frame
 * ends before the IE (`missing`), nothing can follow.
 */
function endIe(d: Dissection, missing: boolean): void {
  if (missing) {
    if (d.failed === 0) d.skip(d.limit - d.pos + 1);
  } else if (d.failed !== 0) {
    conclude(d);
  } else if (d.pos < d.end) {
    d.problem(EXTRA, d.pos);
    d.putNone(F["wpan.ie_unknown_extra_content"]);
    d.bytes(d.end - d.pos, F["wpan.ie.unknown_content"]);
  }
  d.widen();
}

function headerTag(d: Dissection, field: number, header: number, at: number): void {
  const length = (header & 0x7f) + 2;
  d.putNone(field, at, length);
  d.push();
  d.put(F["wpan.header_ie_tlv"], header, at, 2);
  d.put(F["wpan.header_ie.type"], header >>> 15, at, 2);
  d.put(F["wpan.header_ie.id"], header >>> 7 & 0xff, at, 2);
  d.put(F["wpan.header_ie.length"], header & 0x7f, at, 2);
}

function headerIe(d: Dissection, id: number, header: number, at: number): void {
  const depth = d.depth;
  switch (header >>> 15 === 1 ? -1 : id) {
    case 0x00:
      headerTag(d, F["wpan.header_ie.vendor_specific"], header, at);
      d.u24le(F["wpan.header_ie.vendor_specific.vendor_oui"]);
      d.bytes(d.end - d.pos, F["wpan.header_ie.vendor_specific.content"]);
      break;
    case 0x1a:
      headerTag(d, F["wpan.header_ie.csl"], header, at);
      signed16(d, F["wpan.header_ie.csl.phase"]);
      signed16(d, F["wpan.header_ie.csl.period"]);
      if (d.limit - d.pos >= 2) signed16(d, F["wpan.header_ie.csl.rendezvous_time"]);
      break;
    case 0x1d:
      headerTag(d, F["wpan.header_ie.rdv"], header, at);
      signed16(d, F["wpan.header_ie.csl.rendezvous_time"]);
      if (d.limit - d.pos >= 2) signed16(d, F["wpan.header_ie.csl.wakeup_interval"]);
      break;
    case 0x1e:
      headerTag(d, F["wpan.header_ie.time_correction"], header, at);
      timeCorrection(d);
      break;
    case 0x29:
      headerTag(d, F["wpan.header_ie.global_time"], header, at);
      d.u32le(F["wpan.header_ie.global_time.value"]);
      break;
    case 0x7e:
      headerTag(d, F["wpan.header_ie.ht1"], header, at);
      break;
    case 0x7f:
      headerTag(d, F["wpan.header_ie.ht2"], header, at);
      break;
    default:
      headerTag(d, F["wpan.header_ie.unsupported"], header, at);
      d.bytes(header & 0x7f, F["wpan.ie.unknown_content"]);
      if (d.failed !== 0) break;
      d.putNone(
        header >>> 15 === 1 ? F["wpan.payload_ie.in_header"] : F["wpan.ie_unsupported_id"],
      );
      if (header >>> 15 === 1) d.problem(TYPE_MIXED, at);
  }
  d.depth = depth;
}

function signed16(d: Dissection, field: number): void {
  const at = d.pos;
  const value = d.u16le();
  if (d.failed === 0) d.put(field, value << 16 >> 16, at, 2);
}

/** Signed microseconds in 12 bits, and whether it is a negative acknowledgment (7.4.2.7). */
function timeCorrection(d: Dissection): void {
  const at = d.pos;
  const value = d.u16le(F["wpan.header_ie.time_correction.time_sync_info"]);
  if (d.failed !== 0) return;
  d.put(F["wpan.header_ie.time_correction.value"], (value & 0xfff) << 20 >> 20, at, 2);
  d.putFlag(F["wpan.nack"], value, 0x8000, at, 2);
  if ((value & 0x7000) === 0) return;
  d.problem(SYNC_RESERVED, at);
  d.putNone(F["wpan.time_correction.error"], at, 2);
}

/** Reads the payload IEs, up to their termination or the end. */
export function decodePayloadIes(d: Dissection): void {
  if (d.limit - d.pos <= 2) {
    d.problem(MISSING, d.pos);
    d.putNone(F["wpan.payload_ie.missing"]);
    return;
  }
  d.putNone(F["wpan.payload_ie"], d.pos, d.end - d.pos);
  const depth = d.depth;
  d.depth = depth + 1;
  do {
    const at = d.pos;
    const header = d.u16le();
    const length = header & 0x7ff;
    const id = header >>> 11 & 0xf;
    if (d.failed !== 0) break;
    const missing = length > d.limit - d.pos;
    d.narrow(length);
    payloadIe(d, id, header, at);
    endIe(d, missing);
    d.depth = depth + 1;
    if (d.failed !== 0 || id === 0xf) break;
  } while (d.limit - d.pos > 1);
  d.depth = depth;
}

function payloadTag(d: Dissection, field: number, header: number, at: number): void {
  d.putNone(field, at, (header & 0x7ff) + 2);
  d.push();
  d.put(F["wpan.payload_ie_tlv"], header, at, 2);
  d.put(F["wpan.payload_ie.type"], header >>> 15, at, 2);
  d.put(F["wpan.payload_ie.id"], header >>> 11 & 0xf, at, 2);
  d.put(F["wpan.payload_ie.length"], header & 0x7ff, at, 2);
}

function payloadIe(d: Dissection, id: number, header: number, at: number): void {
  switch (id) {
    case 0x1:
      payloadTag(d, F["wpan.mlme"], header, at);
      return decodeMlme(d);
    case 0x2:
      payloadTag(d, F["wpan.payload_ie.vendor"], header, at);
      if (d.u24le(F["wpan.payload_ie.vendor.oui"]) === ZIGBEE_OUI) decodeZigbeeIe(d);
      else decodeDataWithin(d);
      return;
    case 0x3:
      payloadTag(d, F["wpan.mpx"], header, at);
      return multiplexed(d);
    case 0x5:
      payloadTag(d, F["wpan.payload_ie.ietf"], header, at);
      return sixtop(d);
    case 0xf:
      return payloadTag(d, F["wpan.payload_ie.termination"], header, at);
  }
  payloadTag(d, F["wpan.payload_ie.unknown"], header, at);
  d.bytes(header & 0x7ff, F["wpan.ie.unknown_content"]);
  if (d.failed === 0) d.putNone(F["wpan.ie_unsupported_id"]);
}

/** The MPX IE (IEEE 802.15.9-2016, clause 7): its control byte; the rest as data. */
function multiplexed(d: Dissection): void {
  const at = d.pos;
  const control = d.u8(F["wpan.mpx.transaction_control"]);
  if (d.failed !== 0) return;
  d.put(F["wpan.mpx.transfer_type"], control & 7, at, 1);
  if ((control & 7) !== 1) d.put(F["wpan.mpx.transaction_id"], control >>> 3, at, 1);
  if ((control & 1) !== 0 && (control & 7) !== 1) {
    d.problem(TRANSFER_TYPE, at);
    d.putNone(F["wpan.payload_ie.mpx.invalid_transfer_type"], at, 1);
  }
  decodeDataWithin(d);
}

/** The head of a 6P message in the IETF IE (RFC 8137; RFC 8480, 3.2). */
function sixtop(d: Dissection): void {
  const at = d.pos;
  const length = d.limit - at;
  if (length >= 5 && d.peek() === 0xc9 && (d.peek(1) & 0xf) === 0) {
    d.u8(F["wpan.ietf_ie.sub_id"]);
    d.putNone(F["wpan.6top"], at, length);
    d.push();
    const kind = d.u8();
    d.put(F["wpan.6top_version"], kind & 0xf, at + 1, 1);
    d.put(F["wpan.6top_type"], kind >>> 4 & 3, at + 1, 1);
    d.u8(F["wpan.6top_code"]);
    d.u8(F["wpan.6top_sfid"]);
    d.u8(F["wpan.6top_seqnum"]);
  }
  d.pos = d.end;
}
