/**
 * The nested IEs of an IEEE 802.15.4 MLME payload IE (IEEE 802.15.4-2015, 7.4.4), those of TSCH in
 * full.
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { conclude } from "./failure.ts";
import {
  boolean,
  bytes,
  define,
  hex16,
  hex24,
  hex8,
  none,
  uint16,
  uint24,
  uint40,
  uint8,
} from "./field.ts";

/** Sub-IDs (IEEE 802.15.4-2015, Tables 7-16 and 7-17). */
const NESTED: Readonly<Record<number, string>> = {
  0x09: "Channel Hopping IE",
  0x1a: "TSCH Synchronization IE",
  0x1b: "TSCH Slotframe and Link IE",
  0x1c: "TSCH Timeslot IE",
  0x1d: "Hopping Timing IE",
  0x1e: "Enhanced Beacon Filter IE",
  0x1f: "MAC Metrics IE",
  0x20: "All MAC Metrics IE",
  0x21: "Coexistence Specification IE",
  0x22: "SUN Device Capabilities IE",
  0x23: "SUN FSK Generic PHY IE",
  0x24: "Mode Switch Parameter IE",
  0x25: "PHY Parameter Change IE",
  0x26: "O-QPSK PHY Mode IE",
  0x27: "PCA Allocation IE",
  0x28: "LECIM DSSS Operating Mode IE",
  0x29: "LECIM FSK Operating Mode IE",
  0x2b: "TVWS PHY Operating Mode IE",
  0x2c: "TVWS Device Capabilities IE",
  0x2d: "TVWS Device Category IE",
  0x2e: "TVWS Device Identification IE",
  0x2f: "TVWS Device Location IE",
  0x30: "TVWS Channel Information Query IE",
  0x31: "TVWS Channel Information Source IE",
  0x32: "CTM IE",
  0x33: "Timestamp IE",
  0x34: "Timestamp Difference IE",
  0x35: "TMCTP Specification IE",
  0x36: "RCC PHY Operating Mode IE",
};

const F = define({
  "wpan.mlme.ie": hex16("MLME Sub IE"),
  "wpan.mlme.ie.type": uint16("Type"),
  "wpan.mlme.ie.id": hex16("Sub ID", { names: NESTED }),
  "wpan.mlme.ie.length": uint16("Length"),
  "wpan.mlme.unsupported": none("Unsupported Sub IE"),
  "wpan.mlme.data": bytes("Data"),
  "wpan.ie_unsupported_id": none("Unsupported IE ID"),
  "wpan.eb_filter": hex8("Enhanced Beacon Filter"),
  "wpan.eb_filter.pjoin": boolean("Permit Join Filter"),
  "wpan.eb_filter.lqi": boolean("LQI Filter"),
  "wpan.eb_filter.lqi_minimum": uint8("Minimum LQI"),
  "wpan.eb_filter.contains_prob": boolean("Probability to Respond"),
  "wpan.eb_filter.prob": uint8("Response Probability Percentage"),
  "wpan.eb_filter.attr_id": uint8("Requested Attribute Length"),
  "wpan.eb_filter.attr_id_bits": hex24("Attribute ID Bitmap"),
  "wpan.tsch.time_sync": none("TSCH Synchronization IE"),
  "wpan.tsch.asn": uint40("Absolute Slot Number"),
  "wpan.tsch.join_metric": uint8("Join Metric"),
  "wpan.tsch.timeslot": none("TSCH Timeslot IE"),
  "wpan.tsch.timeslot.id": hex8("Timeslot ID"),
  "wpan.tsch.timeslot.cca_offset": uint16("CCA Offset"),
  "wpan.tsch.timeslot.cca": uint16("CCA"),
  "wpan.tsch.timeslot.tx_offset": uint16("TX Offset"),
  "wpan.tsch.timeslot.rx_offset": uint16("RX Offset"),
  "wpan.tsch.timeslot.rx_ack_delay": uint16("RX Ack Delay"),
  "wpan.tsch.timeslot.tx_ack_delay": uint16("TX Ack Delay"),
  "wpan.tsch.timeslot.rx_wait": uint16("RX Wait"),
  "wpan.tsch.timeslot.ack_wait": uint16("Ack Wait"),
  "wpan.tsch.timeslot.turnaround": uint16("Turn Around"),
  "wpan.tsch.timeslot.max_ack": uint16("Max Ack"),
  "wpan.tsch.timeslot.max_tx": uint24("Max TX"),
  "wpan.tsch.timeslot.length": uint24("Timeslot Length"),
  "wpan.channel_hopping": none("Channel Hopping IE"),
  "wpan.tsch.hopping_sequence_id": hex8("Hopping Sequence ID"),
  "wpan.tsch.slotframe": none("Slotframe IE"),
  "wpan.tsch.slotframe_num": uint8("Number of Slotframes"),
  "wpan.tsch.slotframe_handle": uint8("Slotframe handle"),
  "wpan.tsch.slotframe_size": uint16("Slotframe size"),
  "wpan.tsch.nb_links": uint8("Number of Links"),
  "wpan.tsch.link_info": none("Link Information"),
  "wpan.tsch.link_timeslot": uint16("Timeslot"),
  "wpan.tsch.channel_offset": uint16("Channel Offset"),
  "wpan.tsch.link_options": hex8("Link Options"),
  "wpan.tsch.link_options.tx": boolean("TX Link"),
  "wpan.tsch.link_options.rx": boolean("RX Link"),
  "wpan.tsch.link_options.shared": boolean("Shared Link"),
  "wpan.tsch.link_options.timekeeping": boolean("Timekeeping"),
  "wpan.tsch.link_options.priority": boolean("Priority"),
});

/** Reads the nested IEs up to the end of the layer; one that is too short doesn't end the others. */
export function decodeMlme(d: Dissection): void {
  const depth = d.depth;
  while (d.limit - d.pos > 1 && d.failed === 0) {
    const at = d.pos;
    const header = d.u16le();
    const long = header >>> 15 === 1;
    const length = header & (long ? 0x7ff : 0xff);
    if (d.failed !== 0) return;
    const missing = length > d.limit - d.pos;
    d.narrow(length);
    nested(d, long ? header >>> 11 & 0xf : header >>> 8 & 0x7f, header, at);
    d.depth = depth;
    if (missing && d.failed === 0) d.skip(d.limit - d.pos + 1);
    else if (!missing) conclude(d);
    d.widen();
  }
}

function tag(d: Dissection, field: number, header: number, at: number): void {
  const long = header >>> 15 === 1;
  const length = header & (long ? 0x7ff : 0xff);
  d.putNone(field, at, length + 2);
  d.push();
  d.put(F["wpan.mlme.ie"], header, at, 2);
  d.put(F["wpan.mlme.ie.type"], header >>> 15, at, 2);
  d.put(F["wpan.mlme.ie.id"], long ? header >>> 11 & 0xf : header >>> 8 & 0x7f, at, 2);
  d.put(F["wpan.mlme.ie.length"], length, at, 2);
}

function nested(d: Dissection, id: number, header: number, at: number): void {
  switch (id) {
    case 0x09:
      tag(d, F["wpan.channel_hopping"], header, at);
      d.u8(F["wpan.tsch.hopping_sequence_id"]);
      if (d.limit - d.pos > 1) d.bytes(d.limit - d.pos, F["wpan.mlme.data"]);
      return;
    case 0x1a:
      tag(d, F["wpan.tsch.time_sync"], header, at);
      d.uintle(5, F["wpan.tsch.asn"]);
      d.u8(F["wpan.tsch.join_metric"]);
      return;
    case 0x1b:
      tag(d, F["wpan.tsch.slotframe"], header, at);
      return slotframes(d);
    case 0x1c:
      tag(d, F["wpan.tsch.timeslot"], header, at);
      return timeslot(d);
    case 0x1e:
      tag(d, 0, header, at);
      return beaconFilter(d);
  }
  tag(d, F["wpan.mlme.unsupported"], header, at);
  if (d.limit > d.pos) d.bytes(d.limit - d.pos, F["wpan.mlme.data"]);
  d.putNone(F["wpan.ie_unsupported_id"]);
}

/** IEEE 802.15.4-2015, 7.4.4.3. */
function slotframes(d: Dissection): void {
  const depth = d.depth;
  for (let count = d.u8(F["wpan.tsch.slotframe_num"]); count > 0 && d.failed === 0; count--) {
    d.depth = depth + 1;
    d.u8(F["wpan.tsch.slotframe_handle"]);
    d.u16le(F["wpan.tsch.slotframe_size"]);
    for (let links = d.u8(F["wpan.tsch.nb_links"]); links > 0 && d.failed === 0; links--) {
      d.putNone(F["wpan.tsch.link_info"], d.pos, 5);
      d.push();
      d.u16le(F["wpan.tsch.link_timeslot"]);
      d.u16le(F["wpan.tsch.channel_offset"]);
      linkOptions(d);
      d.pop();
    }
  }
}

function linkOptions(d: Dissection): void {
  const at = d.pos;
  const options = d.u8(F["wpan.tsch.link_options"]);
  if (d.failed !== 0) return;
  d.push();
  d.putFlag(F["wpan.tsch.link_options.tx"], options, 0x01, at, 1);
  d.putFlag(F["wpan.tsch.link_options.rx"], options, 0x02, at, 1);
  d.putFlag(F["wpan.tsch.link_options.shared"], options, 0x04, at, 1);
  d.putFlag(F["wpan.tsch.link_options.timekeeping"], options, 0x08, at, 1);
  d.putFlag(F["wpan.tsch.link_options.priority"], options, 0x10, at, 1);
  d.pop();
}

const TIMESLOT = [
  F["wpan.tsch.timeslot.cca_offset"],
  F["wpan.tsch.timeslot.cca"],
  F["wpan.tsch.timeslot.tx_offset"],
  F["wpan.tsch.timeslot.rx_offset"],
  F["wpan.tsch.timeslot.rx_ack_delay"],
  F["wpan.tsch.timeslot.tx_ack_delay"],
  F["wpan.tsch.timeslot.rx_wait"],
  F["wpan.tsch.timeslot.ack_wait"],
  F["wpan.tsch.timeslot.turnaround"],
  F["wpan.tsch.timeslot.max_ack"],
];

/** Times in microseconds; the last two have 16 or 24 bits (IEEE 802.15.4-2015, 7.4.4.4). */
function timeslot(d: Dissection): void {
  d.u8(F["wpan.tsch.timeslot.id"]);
  if (d.limit === d.pos) return;
  for (const field of TIMESLOT) d.u16le(field);
  const wide = d.limit - d.pos > 4;
  d.uintle(wide ? 3 : 2, F["wpan.tsch.timeslot.max_tx"]);
  d.uintle(wide ? 3 : 2, F["wpan.tsch.timeslot.length"]);
}

/** IEEE 802.15.4-2015, 7.4.4.6. */
function beaconFilter(d: Dissection): void {
  const at = d.pos;
  const filter = d.u8(F["wpan.eb_filter"]);
  if (d.failed !== 0) return;
  const attributes = filter >>> 3 & 3;
  d.push();
  d.putFlag(F["wpan.eb_filter.pjoin"], filter, 0x01, at, 1);
  d.putFlag(F["wpan.eb_filter.lqi"], filter, 0x02, at, 1);
  d.putFlag(F["wpan.eb_filter.contains_prob"], filter, 0x04, at, 1);
  d.put(F["wpan.eb_filter.attr_id"], attributes, at, 1);
  d.pop();
  if ((filter & 0x02) !== 0) d.u8(F["wpan.eb_filter.lqi_minimum"]);
  if ((filter & 0x04) !== 0) d.u8(F["wpan.eb_filter.prob"]);
  if (attributes > 0) d.uintle(attributes, F["wpan.eb_filter.attr_id_bits"]);
}
