/**
 * The beginning of an IEEE 802.15.4 MAC frame: frame control, sequence number, addresses, of the
 * 2003, 2006, 2011 and 2015/2020 editions and multipurpose frames (IEEE 802.15.4-2015, 7.2 and 7.3.5).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { eui64Text, putEui64, putEui64le, word32le } from "./eui64.ts";
import {
  boolean,
  define,
  eui64,
  frameNumber,
  hex16,
  none,
  protocol,
  uint16,
  uint8,
} from "./field.ts";
import { hexText } from "./hex_text.ts";
import { type Rule, rule } from "./problem.ts";
import {
  WPAN_BROADCAST,
  WpanAddress,
  type WpanFrame,
  WpanType,
  WpanVersion,
} from "./wpan_frame.ts";

export const WPAN = protocol("wpan", "IEEE 802.15.4", "IEEE 802.15.4 Low-Rate Wireless PAN");

const FRAME_TYPES = {
  0: "Beacon",
  1: "Data",
  2: "Ack",
  3: "Command",
  4: "Reserved",
  5: "Multipurpose",
  6: "Fragment",
  7: "Extended",
};
const ADDRESS_MODES = { 0: "None", 1: "Reserved", 2: "Short/16-bit", 3: "Long/64-bit" };
const VERSIONS = {
  0: "IEEE Std 802.15.4-2003",
  1: "IEEE Std 802.15.4-2006",
  2: "IEEE Std 802.15.4-2015",
  3: "Reserved",
};

const F = define({
  "wpan.frame_length": uint8("Frame Length"),
  "wpan.fcf": hex16("Frame Control Field"),
  "wpan.frame_type": hex16("Frame Type", { names: FRAME_TYPES }),
  "wpan.security": boolean("Security Enabled"),
  "wpan.pending": boolean("Frame Pending"),
  "wpan.ack_request": boolean("Acknowledge Request"),
  "wpan.pan_id_compression": boolean("PAN ID Compression"),
  "wpan.fcf.reserved": boolean("Reserved"),
  "wpan.seqno_suppression": boolean("Sequence Number Suppression"),
  "wpan.ie_present": boolean("Information Elements Present"),
  "wpan.dst_addr_mode": hex16("Destination Addressing Mode", { names: ADDRESS_MODES }),
  "wpan.version": uint16("Frame Version", { names: VERSIONS }),
  "wpan.src_addr_mode": hex16("Source Addressing Mode", { names: ADDRESS_MODES }),
  "wpan.long_frame_control": boolean("Long Frame Control"),
  "wpan.pan_id_present": boolean("PAN ID Present"),
  "wpan.mpf_version": uint16("Multipurpose Frame Version"),
  "wpan.seq_no": uint8("Sequence Number"),
  "wpan.dst_pan": hex16("Destination PAN"),
  "wpan.dst16": hex16("Destination"),
  "wpan.dst64": eui64("Destination"),
  "wpan.src_pan": hex16("Source PAN"),
  "wpan.src16": hex16("Source"),
  "wpan.src64": eui64("Extended Source"),
  "wpan.src64.origin": frameNumber("Origin"),
  "wpan.addr16": hex16("Address"),
  "wpan.addr64": eui64("Extended Address"),
  "wpan.dst_invalid": none("Destination addressing mode is reserved"),
  "wpan.src_invalid": none("Source addressing mode is reserved"),
  "wpan.frame_version_unknown": none("Frame version unknown"),
  "wpan.seqno_suppression_invalid": none("Sequence number suppression invalid"),
  "wpan.invalid_panid_compression": none("Invalid PAN ID compression"),
});

const DESTINATION_RESERVED = rule(
  "wpan",
  "error",
  "destination addressing mode is reserved",
  "IEEE 802.15.4-2015, 7.2.1.8",
);
const SOURCE_RESERVED = rule(
  "wpan",
  "error",
  "source addressing mode is reserved",
  "IEEE 802.15.4-2015, 7.2.1.10",
);
const VERSION_RESERVED = rule(
  "wpan",
  "error",
  "frame version is reserved",
  "IEEE 802.15.4-2015, 7.2.1.9",
);
const SUPPRESSION = rule(
  "wpan",
  "warning",
  "sequence number is suppressed in a frame of version 0 or 1",
  "IEEE 802.15.4-2015, 7.2.1.6",
);
const COMPRESSION = rule(
  "wpan",
  "error",
  "PAN ID is compressed although there are not two addresses",
  "IEEE 802.15.4-2015, 7.2.1.5",
);
const TYPE_RESERVED = rule(
  "wpan",
  "warning",
  "frame type is reserved",
  "IEEE 802.15.4-2015, 7.2.1.1",
);

/**
 * Reads up to and including the source address into `frame`.
 *
 * @returns false when the frame can't be read further, though no byte is missing
 */
export function decodeWpanAddressing(d: Dissection, frame: WpanFrame): boolean {
  frame.start = d.pos;
  d.put(F["wpan.frame_length"], d.limit - d.pos, d.pos, 0);
  if ((d.peek() & 7) === WpanType.Multipurpose && d.has(1)) multipurposeControl(d, frame);
  else frameControl(d, frame);
  if (frame.sequenceSuppressed) {
    if (frame.version !== WpanVersion.V2015 && frame.type !== WpanType.Multipurpose) {
      refuse(d, SUPPRESSION, F["wpan.seqno_suppression_invalid"]);
    }
  } else {
    frame.sequence = d.u8(F["wpan.seq_no"]);
  }
  if (d.failed !== 0 || !placePans(d, frame)) return false;
  readAddresses(d, frame);
  return d.failed === 0;
}

function frameControl(d: Dissection, frame: WpanFrame): void {
  const at = d.pos;
  const control = d.u16le(F["wpan.fcf"]);
  frame.type = control & 7;
  frame.security = (control & 0x0008) !== 0;
  frame.pending = (control & 0x0010) !== 0;
  frame.ackRequest = (control & 0x0020) !== 0;
  frame.panCompression = (control & 0x0040) !== 0;
  frame.sequenceSuppressed = (control & 0x0100) !== 0;
  frame.iePresent = (control & 0x0200) !== 0;
  frame.destinationMode = control >>> 10 & 3;
  frame.version = control >>> 12 & 3;
  frame.sourceMode = control >>> 14;
  if (d.failed !== 0) return;
  d.push();
  d.put(F["wpan.frame_type"], frame.type, at, 2);
  d.putFlag(F["wpan.security"], control, 0x0008, at, 2);
  d.putFlag(F["wpan.pending"], control, 0x0010, at, 2);
  d.putFlag(F["wpan.ack_request"], control, 0x0020, at, 2);
  d.putFlag(F["wpan.pan_id_compression"], control, 0x0040, at, 2);
  d.putFlag(F["wpan.fcf.reserved"], control, 0x0080, at, 2);
  d.putFlag(F["wpan.seqno_suppression"], control, 0x0100, at, 2);
  d.putFlag(F["wpan.ie_present"], control, 0x0200, at, 2);
  d.put(F["wpan.dst_addr_mode"], frame.destinationMode, at, 2);
  d.put(F["wpan.version"], frame.version, at, 2);
  d.put(F["wpan.src_addr_mode"], frame.sourceMode, at, 2);
  d.pop();
  if (frame.type === WpanType.Reserved) d.problem(TYPE_RESERVED, at);
}

/** One byte, or two when the long form is chosen (IEEE 802.15.4-2015, 7.3.5). */
function multipurposeControl(d: Dissection, frame: WpanFrame): void {
  const at = d.pos;
  const long = (d.peek() & 0x08) !== 0;
  const control = long ? d.u16le(F["wpan.fcf"]) : d.u8(F["wpan.fcf"]);
  const length = long ? 2 : 1;
  frame.type = WpanType.Multipurpose;
  frame.destinationMode = control >>> 4 & 3;
  frame.sourceMode = control >>> 6 & 3;
  frame.panCompression = false;
  frame.destinationPanPresent = (control & 0x0100) !== 0;
  frame.security = (control & 0x0200) !== 0;
  frame.sequenceSuppressed = (control & 0x0400) !== 0;
  frame.pending = (control & 0x0800) !== 0;
  frame.version = control >>> 12 & 3;
  frame.ackRequest = (control & 0x4000) !== 0;
  frame.iePresent = (control & 0x8000) !== 0;
  if (d.failed !== 0) return;
  d.push();
  d.put(F["wpan.frame_type"], frame.type, at, length);
  d.putFlag(F["wpan.long_frame_control"], control, 0x08, at, length);
  d.put(F["wpan.dst_addr_mode"], frame.destinationMode, at, length);
  d.put(F["wpan.src_addr_mode"], frame.sourceMode, at, length);
  if (long) {
    d.putFlag(F["wpan.pan_id_present"], control, 0x0100, at, 2);
    d.putFlag(F["wpan.security"], control, 0x0200, at, 2);
    d.putFlag(F["wpan.seqno_suppression"], control, 0x0400, at, 2);
    d.putFlag(F["wpan.pending"], control, 0x0800, at, 2);
    d.put(F["wpan.mpf_version"], frame.version, at, 2);
    d.putFlag(F["wpan.ack_request"], control, 0x4000, at, 2);
    d.putFlag(F["wpan.ie_present"], control, 0x8000, at, 2);
  }
  d.pop();
}

function refuse(d: Dissection, broken: Rule, field: number): false {
  d.problem(broken, d.pos);
  d.putNone(field, d.pos);
  return false;
}

/** Which PAN identifiers the frame carries. */
function placePans(d: Dissection, frame: WpanFrame): boolean {
  const destination = frame.destinationMode;
  const source = frame.sourceMode;
  if (destination === WpanAddress.Reserved) {
    return refuse(d, DESTINATION_RESERVED, F["wpan.dst_invalid"]);
  }
  if (source === WpanAddress.Reserved) return refuse(d, SOURCE_RESERVED, F["wpan.src_invalid"]);
  if (frame.type === WpanType.Multipurpose) {
    if (frame.version !== 0) return refuse(d, VERSION_RESERVED, F["wpan.frame_version_unknown"]);
    return true;
  }
  if (frame.version === WpanVersion.Reserved) {
    return refuse(d, VERSION_RESERVED, F["wpan.frame_version_unknown"]);
  }
  const both = destination !== WpanAddress.None && source !== WpanAddress.None;
  if (frame.version === WpanVersion.V2015) {
    placePans2015(frame);
  } else if (both) {
    frame.destinationPanPresent = true;
    frame.sourcePanPresent = !frame.panCompression;
  } else if (frame.panCompression) {
    return refuse(d, COMPRESSION, F["wpan.invalid_panid_compression"]);
  } else {
    frame.destinationPanPresent = destination !== WpanAddress.None;
    frame.sourcePanPresent = source !== WpanAddress.None;
  }
  return true;
}

/** IEEE 802.15.4-2015, Table 7-2: the fourteen combinations for frame version 2. */
function placePans2015(frame: WpanFrame): void {
  if (frame.type > WpanType.Command) return;
  const { destinationMode: destination, sourceMode: source, panCompression } = frame;
  if (destination === WpanAddress.None) {
    frame.destinationPanPresent = source === WpanAddress.None && panCompression;
    frame.sourcePanPresent = source !== WpanAddress.None && !panCompression;
  } else if (source === WpanAddress.None) {
    frame.destinationPanPresent = !panCompression;
  } else if (destination === WpanAddress.Extended && source === WpanAddress.Extended) {
    frame.destinationPanPresent = !panCompression;
  } else {
    frame.destinationPanPresent = true;
    frame.sourcePanPresent = !panCompression;
  }
}

function readAddresses(d: Dissection, frame: WpanFrame): void {
  if (frame.destinationPanPresent) frame.destinationPan = d.u16le(F["wpan.dst_pan"]);
  if (frame.destinationMode === WpanAddress.Short) {
    const at = d.pos;
    const address = frame.destination16 = d.u16le(F["wpan.dst16"]);
    if (d.failed !== 0) return;
    d.put(F["wpan.addr16"], address, at, 2);
    if (d.columns) d.destinationColumn = shortText(address);
  } else if (frame.destinationMode === WpanAddress.Extended) {
    const at = d.pos;
    d.skip(8);
    if (d.failed !== 0) return;
    frame.destination64Lo = word32le(d.data, at);
    frame.destination64Hi = word32le(d.data, at + 4);
    putEui64le(d, F["wpan.dst64"], at);
    putEui64le(d, F["wpan.addr64"], at);
    if (d.columns) {
      d.destinationColumn = eui64Text(frame.destination64Hi, frame.destination64Lo);
    }
  }
  if (frame.sourcePanPresent) frame.sourcePan = d.u16le(F["wpan.src_pan"]);
  else frame.sourcePan = frame.destinationPanPresent ? frame.destinationPan : WPAN_BROADCAST;
  readSource(d, frame);
}

function readSource(d: Dissection, frame: WpanFrame): void {
  const at = d.pos;
  if (frame.sourceMode === WpanAddress.Short) {
    const address = frame.source16 = d.u16le(F["wpan.src16"]);
    if (d.failed !== 0) return;
    d.put(F["wpan.addr16"], address, at, 2);
    if (d.columns) d.sourceColumn = shortText(address);
  } else if (frame.sourceMode === WpanAddress.Extended) {
    d.skip(8);
    if (d.failed !== 0) return;
    frame.source64Lo = word32le(d.data, at);
    frame.source64Hi = word32le(d.data, at + 4);
    putEui64le(d, F["wpan.src64"], at);
    putEui64le(d, F["wpan.addr64"], at);
    if (d.columns) d.sourceColumn = eui64Text(frame.source64Hi, frame.source64Lo);
  }
}

/** Writes the extended address that a short source is known to have. */
export function putLearnedSource(d: Dissection, frame: WpanFrame): void {
  putEui64(d, F["wpan.src64"], frame.learnedHi, frame.learnedLo, d.pos);
  putEui64(d, F["wpan.addr64"], frame.learnedHi, frame.learnedLo, d.pos);
  d.put(F["wpan.src64.origin"], frame.learnedIn, d.pos, 0);
}

function shortText(address: number): string {
  return address === WPAN_BROADCAST ? "Broadcast" : hexText(address, 4);
}

/** Text for the Info column: what kind of frame it is. */
export function wpanTypeText(frame: WpanFrame): string {
  if (frame.type === WpanType.Beacon && frame.version === WpanVersion.V2015) {
    return "Enhanced Beacon";
  }
  return FRAME_TYPES[frame.type as keyof typeof FRAME_TYPES];
}
