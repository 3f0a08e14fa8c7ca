/**
 * Per-Packet Information header, LINKTYPE_PPI (192), version 1.0.10: little-endian; version, flags,
 * length of all, link type of what follows, then fields of type, length, data.
 *
 * @module
 */
import { enterPart } from "./btcommon.ts";
import type { Dissection } from "./dissection.ts";
import { boolean, bytes, define, hex8, protocol, uint16, uint32, uint8 } from "./field.ts";
import { rule } from "./problem.ts";

const PPI = protocol("ppi", "PPI", "PPI Packet Header");
/** Wireshark's name for the step to another link type. */
const PACKET_DATA = protocol("pcap_pktdata", "pcap_pktdata", "pcap/pcapng packet data");

const F = define({
  "ppi.version": uint8("Version"),
  "ppi.flags": hex8("Flags"),
  "ppi.flags.alignment": boolean("Aligned to 32 bits"),
  "ppi.flags.reserved": hex8("Reserved"),
  "ppi.length": uint16("Length"),
  "ppi.dlt": uint32("Link type"),
  "ppi.field_type": uint16("Type of the field"),
  "ppi.field_len": uint16("Length of the field"),
  "ppi.reserved": bytes("Data"),
});

const HEADER_LENGTH = 8;
const ALIGNED = 0x01;
const IEEE_802_11 = 105;

const BAD_LENGTH = rule("ppi", "error", "length of the header is too short or beyond the frame");

/**
 * Reads the header with its fields; what follows is the layer of the link type.
 *
 * @returns the link type, -1 when the header could not be read
 */
export function ppiHeader(d: Dissection): number {
  const entry = d.layer(PPI);
  const at = d.pos;
  d.u8(F["ppi.version"]);
  const flags = d.u8(F["ppi.flags"]);
  d.push();
  d.putFlag(F["ppi.flags.alignment"], flags, ALIGNED, at + 1, 1);
  d.put(F["ppi.flags.reserved"], flags >> 1, at + 1, 1);
  d.pop();
  const length = d.u16le(F["ppi.length"]);
  const linkType = d.u32le(F["ppi.dlt"]);
  if (d.failed !== 0) return -1;
  if (length < HEADER_LENGTH || at + length > d.limit) {
    d.problem(BAD_LENGTH, at + 2, `${length} bytes`);
    d.skip(d.limit - d.pos + 1);
    return -1;
  }
  d.lengthOf(entry, length);
  d.narrow(length - HEADER_LENGTH);
  while (d.failed === 0 && d.pos < d.limit) ppiField(d, at, (flags & ALIGNED) !== 0);
  d.widen();
  if (d.failed !== 0) return -1;
  if (linkType !== IEEE_802_11) enterPart(d, PACKET_DATA);
  return linkType;
}

/** Fields about Wi-Fi and Ethernet, whose contents are not read. */
const NAMED_FIELDS = new Set([2, 3, 4, 8, 9]);
const FIELD_HEADER_LENGTH = 4;

function ppiField(d: Dissection, start: number, aligned: boolean): void {
  const at = d.pos;
  const length = d.has(FIELD_HEADER_LENGTH) ? d.data[at + 2]! | d.data[at + 3]! << 8 : 0;
  if (d.has(2) && NAMED_FIELDS.has(d.data[at]! | d.data[at + 1]! << 8)) {
    d.u16le(F["ppi.field_type"]);
    d.u16le(F["ppi.field_len"]);
    d.skip(length);
  } else d.bytes(FIELD_HEADER_LENGTH + length, F["ppi.reserved"]);
  if (aligned) d.skip(Math.min(-(d.pos - start) & 3, d.limit - d.pos));
}
