/**
 * MAC commands of IEEE 802.15.4 (2015 edition, 7.5).
 *
 * @module
 */
import { decodeDataWithin } from "./data.ts";
import type { Dissection } from "./dissection.ts";
import { boolean, define, hex16, hex8, none, uint24, uint8 } from "./field.ts";
import { hexText } from "./hex_text.ts";
import { rule } from "./problem.ts";
import {
  WPAN_BROADCAST,
  WPAN_NO_SHORT_ADDRESS,
  WpanAddress,
  type WpanFrame,
  WpanVersion,
} from "./wpan_frame.ts";

/** Command identifiers (IEEE 802.15.4-2015, Table 7-49). */
export const WpanCommand = {
  AssociationRequest: 0x01,
  AssociationResponse: 0x02,
  Disassociation: 0x03,
  DataRequest: 0x04,
  PanConflict: 0x05,
  Orphan: 0x06,
  BeaconRequest: 0x07,
  Realignment: 0x08,
  GtsRequest: 0x09,
  Vendor: 0x24,
} as const;

const COMMANDS: Readonly<Record<number, string>> = {
  0x01: "Association Request",
  0x02: "Association Response",
  0x03: "Disassociation Notification",
  0x04: "Data Request",
  0x05: "PAN ID Conflict",
  0x06: "Orphan Notification",
  0x07: "Beacon Request",
  0x08: "Coordinator Realignment",
  0x09: "GTS Request",
  0x0a: "TRLE Management Request",
  0x0b: "TRLE Management Response",
  0x13: "DSME Association Request",
  0x14: "DSME Association Response",
  0x15: "DSME GTS Request",
  0x16: "DSME GTS Response",
  0x17: "DSME GTS Notify",
  0x18: "DSME Information Request",
  0x19: "DSME Information Response",
  0x1a: "DSME Beacon Allocation Notification",
  0x1b: "DSME Beacon Collision Notification",
  0x1c: "DSME Link Report",
  0x20: "RIT Data Request",
  0x21: "DBS Request",
  0x22: "DBS Response",
  0x23: "RIT Data Response",
  0x24: "Vendor Specific",
};

const F = define({
  "wpan.cmd": hex8("Command Identifier", { names: COMMANDS }),
  "wpan.cmd.vendor_oui": uint24("Vendor OUI"),
  "wpan.cmd.unknown_cmd": none("Unknown Command Id"),
  "wpan.cmd.unsupported_cmd": none("Unsupported Command ID"),
  "wpan.cinfo.alt_coord": boolean("Alternate PAN Coordinator"),
  "wpan.cinfo.device_type": boolean("Device Type"),
  "wpan.cinfo.power_src": boolean("Power Source"),
  "wpan.cinfo.idle_rx": boolean("Receive On When Idle"),
  "wpan.cinfo.sec_capable": boolean("Security Capability"),
  "wpan.cinfo.alloc_addr": boolean("Allocate Address"),
  "wpan.asoc.addr": hex16("Short Address"),
  "wpan.assoc.status": hex8("Association Status", {
    names: { 0: "Association Successful", 1: "PAN Full", 2: "Association Denied" },
  }),
  "wpan.disassoc.reason": hex8("Disassociation Reason", {
    names: { 1: "Coordinator requests device to leave", 2: "Device wishes to leave" },
  }),
  "wpan.realign.pan": hex16("PAN ID"),
  "wpan.realign.addr": hex16("Short Address"),
  "wpan.realign.channel": uint8("Logical Channel"),
  "wpan.realign.channel_page": uint8("Channel Page"),
  "wpan.gtsreq.length": uint8("GTS Length"),
  "wpan.gtsreq.direction": boolean("GTS Direction"),
  "wpan.gtsreq.type": boolean("Characteristic Type"),
});

const ADDRESSING = rule(
  "wpan",
  "warning",
  "this command is not sent with such addresses",
  "IEEE 802.15.4-2015, 7.5.2 to 7.5.10",
);
const UNKNOWN = rule(
  "wpan",
  "warning",
  "command identifier is not assigned",
  "IEEE 802.15.4-2015, Table 7-49",
);

/** Reads the command identifier into `frame`. */
export function decodeWpanCommandId(d: Dissection, frame: WpanFrame): void {
  const at = d.pos;
  const command = d.u8();
  if (d.failed !== 0) return;
  frame.command = command;
  d.put(F["wpan.cmd"], command, at, 1);
  if (d.columns) d.infoColumn = COMMANDS[command] ?? "Unknown Command";
}

/**
 * Reads what follows the command identifier.
 *
 * @returns the short address that the frame's (extended) destination gets, -1 when it gets none
 */
export function decodeWpanCommand(d: Dissection, frame: WpanFrame): number {
  if (!addressed(frame)) d.problem(ADDRESSING, frame.start);
  switch (frame.command) {
    case WpanCommand.AssociationResponse:
      return associationResponse(d);
    case WpanCommand.Realignment:
      return realignment(d, frame);
    case WpanCommand.AssociationRequest:
      associationRequest(d);
      break;
    case WpanCommand.Disassociation:
      d.u8(F["wpan.disassoc.reason"]);
      decodeDataWithin(d);
      break;
    case WpanCommand.GtsRequest:
      gtsRequest(d);
      break;
    case WpanCommand.Vendor:
      d.u24(F["wpan.cmd.vendor_oui"]);
      decodeDataWithin(d);
      break;
    case WpanCommand.DataRequest:
    case WpanCommand.PanConflict:
    case WpanCommand.Orphan:
    case WpanCommand.BeaconRequest:
      break;
    default:
      other(d, frame);
  }
  return -1;
}

function other(d: Dissection, frame: WpanFrame): void {
  if (COMMANDS[frame.command] === undefined) {
    d.problem(UNKNOWN, d.pos);
    d.putNone(F["wpan.cmd.unknown_cmd"]);
  } else {
    d.putNone(F["wpan.cmd.unsupported_cmd"]);
  }
  decodeDataWithin(d);
}

/** Whether a command may be sent with the frame's addresses. */
function addressed(frame: WpanFrame): boolean {
  const { sourceMode: source, destinationMode: destination } = frame;
  const toAll = destination === WpanAddress.Short && frame.destination16 === WPAN_BROADCAST &&
    frame.destinationPan === WPAN_BROADCAST;
  switch (frame.command) {
    case WpanCommand.AssociationRequest:
      return source === WpanAddress.Extended && destination !== WpanAddress.None;
    case WpanCommand.AssociationResponse:
    case WpanCommand.Disassociation:
    case WpanCommand.PanConflict:
      return source === WpanAddress.Extended && destination === WpanAddress.Extended;
    case WpanCommand.DataRequest:
      return source !== WpanAddress.None;
    case WpanCommand.Orphan:
      return source === WpanAddress.Extended && toAll && frame.sourcePan === WPAN_BROADCAST;
    case WpanCommand.BeaconRequest:
      return frame.version >= WpanVersion.V2015 || toAll && source === WpanAddress.None;
    case WpanCommand.Realignment:
      return source === WpanAddress.Extended && frame.destinationPan === WPAN_BROADCAST &&
        (destination === WpanAddress.Extended || toAll);
    case WpanCommand.GtsRequest:
      return source === WpanAddress.Short && destination === WpanAddress.None &&
        frame.source16 < WPAN_NO_SHORT_ADDRESS;
  }
  return true;
}

function associationRequest(d: Dissection): void {
  const at = d.pos;
  const capability = d.u8();
  if (d.failed !== 0) return;
  d.putFlag(F["wpan.cinfo.alt_coord"], capability, 0x01, at, 1);
  d.putFlag(F["wpan.cinfo.device_type"], capability, 0x02, at, 1);
  d.putFlag(F["wpan.cinfo.power_src"], capability, 0x04, at, 1);
  d.putFlag(F["wpan.cinfo.idle_rx"], capability, 0x08, at, 1);
  d.putFlag(F["wpan.cinfo.sec_capable"], capability, 0x40, at, 1);
  d.putFlag(F["wpan.cinfo.alloc_addr"], capability, 0x80, at, 1);
  if (d.columns) d.infoColumn += (capability & 0x02) !== 0 ? ", FFD" : ", RFD";
  decodeDataWithin(d);
}

function associationResponse(d: Dissection): number {
  const address = d.u16le(F["wpan.asoc.addr"]);
  const status = d.u8(F["wpan.assoc.status"]);
  if (d.failed !== 0) return -1;
  if (d.columns) {
    d.infoColumn += status === 0 ? `, Addr: ${hexText(address, 4)}` : ", Unsuccessful";
  }
  decodeDataWithin(d);
  return status === 0 && address !== WPAN_NO_SHORT_ADDRESS ? address : -1;
}

function realignment(d: Dissection, frame: WpanFrame): number {
  d.u16le(F["wpan.realign.pan"]);
  d.u16le(F["wpan.realign.addr"]);
  d.u8(F["wpan.realign.channel"]);
  const address = d.u16le(F["wpan.realign.addr"]);
  if (d.failed !== 0) return -1;
  if (d.has(1)) d.u8(F["wpan.realign.channel_page"]);
  decodeDataWithin(d);
  const given = address !== WPAN_NO_SHORT_ADDRESS && frame.destinationMode === WpanAddress.Extended;
  return given ? address : -1;
}

function gtsRequest(d: Dissection): void {
  const at = d.pos;
  const characteristics = d.u8();
  if (d.failed !== 0) return;
  d.put(F["wpan.gtsreq.length"], characteristics & 0xf, at, 1);
  d.putFlag(F["wpan.gtsreq.direction"], characteristics, 0x10, at, 1);
  d.putFlag(F["wpan.gtsreq.type"], characteristics, 0x20, at, 1);
  decodeDataWithin(d);
}
