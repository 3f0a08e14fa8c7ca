/**
 * Commands of the Zigbee network layer (Zigbee specification 05-3474-22, 3.4).
 *
 * @module
 */
import { decodeData } from "./data.ts";
import type { Dissection } from "./dissection.ts";
import { eui64le } from "./eui64.ts";
import { boolean, define, eui64, hex16, hex8, int8, uint8 } from "./field.ts";

/** Command identifiers (Zigbee specification, Table 3-50). */
const COMMANDS: Readonly<Record<number, string>> = {
  0x01: "Route Request",
  0x02: "Route Reply",
  0x03: "Network Status",
  0x04: "Leave",
  0x05: "Route Record",
  0x06: "Rejoin Request",
  0x07: "Rejoin Response",
  0x08: "Link Status",
  0x09: "Network Report",
  0x0a: "Network Update",
  0x0b: "End Device Timeout Request",
  0x0c: "End Device Timeout Response",
  0x0d: "Link Power Delta",
};

const F = define({
  "zbee_nwk.cmd.id": hex8("Command Identifier", { names: COMMANDS }),
  "zbee_nwk.cmd.addr": hex16("Address"),
  "zbee_nwk.cmd.route.id": uint8("Route ID"),
  "zbee_nwk.cmd.route.dest": hex16("Destination"),
  "zbee_nwk.cmd.route.orig": hex16("Originator"),
  "zbee_nwk.cmd.route.resp": hex16("Responder"),
  "zbee_nwk.cmd.route.dest_ext": eui64("Extended Destination"),
  "zbee_nwk.cmd.route.orig_ext": eui64("Extended Originator"),
  "zbee_nwk.cmd.route.resp_ext": eui64("Extended Responder"),
  "zbee_nwk.cmd.route.cost": uint8("Path Cost"),
  "zbee_nwk.cmd.route.opts": hex8("Command Options"),
  "zbee_nwk.cmd.route.opts.repair": boolean("Route Repair"),
  "zbee_nwk.cmd.route.opts.mcast": boolean("Multicast"),
  "zbee_nwk.cmd.route.opts.dest_ext": boolean("Extended Destination"),
  "zbee_nwk.cmd.route.opts.resp_ext": boolean("Extended Responder"),
  "zbee_nwk.cmd.route.opts.orig_ext": boolean("Extended Originator"),
  "zbee_nwk.cmd.route.opts.many2one": hex8("Many-to-One Discovery"),
  "zbee_nwk.cmd.status": hex8("Status Code"),
  "zbee_nwk.cmd.status.unknown_command_id": hex8("Unknown Command ID"),
  "zbee_nwk.cmd.leave.rejoin": boolean("Rejoin"),
  "zbee_nwk.cmd.leave.request": boolean("Request"),
  "zbee_nwk.cmd.leave.children": boolean("Remove Children"),
  "zbee_nwk.cmd.relay_count": uint8("Relay Count"),
  "zbee_nwk.cmd.relay_device": hex16("Relay Device"),
  "zbee_nwk.cmd.cinfo": hex8("Capability Information"),
  "zbee_nwk.cmd.cinfo.alt_coord": boolean("Alternate Coordinator"),
  "zbee_nwk.cmd.cinfo.ffd": boolean("Full-Function Device"),
  "zbee_nwk.cmd.cinfo.power": boolean("AC Power"),
  "zbee_nwk.cmd.cinfo.on_idle": boolean("Rx On When Idle"),
  "zbee_nwk.cmd.cinfo.security": boolean("Security Capability"),
  "zbee_nwk.cmd.cinfo.alloc": boolean("Allocate Short Address"),
  "zbee_nwk.cmd.rejoin_status": hex8("Status"),
  "zbee_nwk.cmd.link.last": boolean("Last Frame"),
  "zbee_nwk.cmd.link.first": boolean("First Frame"),
  "zbee_nwk.cmd.link.count": uint8("Link Status Count"),
  "zbee_nwk.cmd.link.address": hex16("Address"),
  "zbee_nwk.cmd.link.incoming_cost": uint8("Incoming Cost"),
  "zbee_nwk.cmd.link.outgoing_cost": uint8("Outgoing Cost"),
  "zbee_nwk.cmd.report.type": hex8("Report Type"),
  "zbee_nwk.cmd.report.count": uint8("Report Information Count"),
  "zbee_nwk.cmd.update.type": hex8("Update Type"),
  "zbee_nwk.cmd.update.count": uint8("Update Information Count"),
  "zbee_nwk.cmd.update.id": uint8("Update ID"),
  "zbee_nwk.panid": hex16("PAN ID"),
  "zbee_nwk.cmd.epid": eui64("Extended PAN ID"),
  "zbee_nwk.cmd.ed_tmo_req": uint8("Requested Timeout Enumeration"),
  "zbee_nwk.cmd.ed_config": hex8("End Device Configuration"),
  "zbee_nwk.cmd.ed_tmo_rsp_status": uint8("Status"),
  "zbee_nwk.cmd.ed_prnt_info": hex8("Parent Information"),
  "zbee_nwk.cmd.ed_prnt_info.mac_data_poll_keepalive": boolean("MAC Data Poll Keepalive"),
  "zbee_nwk.cmd.ed_prnt_info.ed_tmo_req_keepalive": boolean(
    "End Device Timeout Request Keepalive",
  ),
  "zbee_nwk.cmd.power_negotiation_supported": boolean("Power Negotiation Supported"),
  "zbee_nwk.cmd.link_pwr_delta.type": hex8("Type"),
  "zbee_nwk.cmd.link_pwr_delta.list_count": uint8("Structure Count"),
  "zbee_nwk.cmd.link_pwr_delta.address": hex16("Device Address"),
  "zbee_nwk.cmd.link_pwr_delta.power_delta": int8("Power Delta", { unit: " dBm" }),
});

/** Reads a command; `version` is that of the network header. */
export function decodeZigbeeNwkCommand(d: Dissection, version: number): void {
  const id = d.u8(F["zbee_nwk.cmd.id"]);
  if (d.failed !== 0) return;
  if (d.columns) d.infoColumn = COMMANDS[id] ?? "Unknown Command";
  d.push();
  contents(d, id, version);
  d.pop();
  if (d.failed === 0) decodeData(d);
}

function contents(d: Dissection, id: number, version: number): void {
  switch (id) {
    case 0x01:
      return routeRequest(d, version);
    case 0x02:
      return routeReply(d, version);
    case 0x03:
      return networkStatus(d);
    case 0x04:
      return leave(d);
    case 0x05:
      for (let i = d.u8(F["zbee_nwk.cmd.relay_count"]); i > 0 && d.failed === 0; i--) {
        d.u16le(F["zbee_nwk.cmd.relay_device"]);
      }
      return;
    case 0x06:
      return rejoinRequest(d);
    case 0x07:
      d.u16le(F["zbee_nwk.cmd.addr"]);
      d.u8(F["zbee_nwk.cmd.rejoin_status"]);
      return;
    case 0x08:
      return linkStatus(d);
    case 0x09:
      return report(d);
    case 0x0a:
      return update(d);
    case 0x0b:
      d.u8(F["zbee_nwk.cmd.ed_tmo_req"]);
      d.u8(F["zbee_nwk.cmd.ed_config"]);
      return;
    case 0x0c:
      return timeoutResponse(d);
    case 0x0d:
      return powerDelta(d);
  }
}

function routeRequest(d: Dissection, version: number): void {
  const at = d.pos;
  const options = d.u8(F["zbee_nwk.cmd.route.opts"]);
  if (d.failed !== 0) return;
  if (version >= 2) {
    d.putFlag(F["zbee_nwk.cmd.route.opts.mcast"], options, 0x40, at, 1);
    d.putFlag(F["zbee_nwk.cmd.route.opts.dest_ext"], options, 0x20, at, 1);
    d.put(F["zbee_nwk.cmd.route.opts.many2one"], options >>> 3 & 3, at, 1);
  } else {
    d.putFlag(F["zbee_nwk.cmd.route.opts.repair"], options, 0x80, at, 1);
  }
  d.u8(F["zbee_nwk.cmd.route.id"]);
  d.u16le(F["zbee_nwk.cmd.route.dest"]);
  d.u8(F["zbee_nwk.cmd.route.cost"]);
  if ((options & 0x20) !== 0) eui64le(d, F["zbee_nwk.cmd.route.dest_ext"]);
}

function routeReply(d: Dissection, version: number): void {
  const at = d.pos;
  const options = d.u8(F["zbee_nwk.cmd.route.opts"]);
  if (d.failed !== 0) return;
  if (version >= 2) {
    d.putFlag(F["zbee_nwk.cmd.route.opts.mcast"], options, 0x40, at, 1);
    d.putFlag(F["zbee_nwk.cmd.route.opts.resp_ext"], options, 0x20, at, 1);
    d.putFlag(F["zbee_nwk.cmd.route.opts.orig_ext"], options, 0x10, at, 1);
  } else {
    d.putFlag(F["zbee_nwk.cmd.route.opts.repair"], options, 0x80, at, 1);
  }
  d.u8(F["zbee_nwk.cmd.route.id"]);
  d.u16le(F["zbee_nwk.cmd.route.orig"]);
  d.u16le(F["zbee_nwk.cmd.route.resp"]);
  d.u8(F["zbee_nwk.cmd.route.cost"]);
  if ((options & 0x10) !== 0) eui64le(d, F["zbee_nwk.cmd.route.orig_ext"]);
  if ((options & 0x20) !== 0) eui64le(d, F["zbee_nwk.cmd.route.resp_ext"]);
}

function networkStatus(d: Dissection): void {
  const status = d.u8(F["zbee_nwk.cmd.status"]);
  d.u16le(F["zbee_nwk.cmd.route.dest"]);
  if (status === 0x13) d.u8(F["zbee_nwk.cmd.status.unknown_command_id"]);
}

function leave(d: Dissection): void {
  const at = d.pos;
  const options = d.u8();
  if (d.failed !== 0) return;
  d.putFlag(F["zbee_nwk.cmd.leave.rejoin"], options, 0x20, at, 1);
  d.putFlag(F["zbee_nwk.cmd.leave.request"], options, 0x40, at, 1);
  d.putFlag(F["zbee_nwk.cmd.leave.children"], options, 0x80, at, 1);
}

function rejoinRequest(d: Dissection): void {
  const at = d.pos;
  const capability = d.u8(F["zbee_nwk.cmd.cinfo"]);
  if (d.failed !== 0) return;
  d.putFlag(F["zbee_nwk.cmd.cinfo.alt_coord"], capability, 0x01, at, 1);
  d.putFlag(F["zbee_nwk.cmd.cinfo.ffd"], capability, 0x02, at, 1);
  d.putFlag(F["zbee_nwk.cmd.cinfo.power"], capability, 0x04, at, 1);
  d.putFlag(F["zbee_nwk.cmd.cinfo.on_idle"], capability, 0x08, at, 1);
  d.putFlag(F["zbee_nwk.cmd.cinfo.security"], capability, 0x40, at, 1);
  d.putFlag(F["zbee_nwk.cmd.cinfo.alloc"], capability, 0x80, at, 1);
}

function linkStatus(d: Dissection): void {
  const at = d.pos;
  const options = d.u8();
  if (d.failed !== 0) return;
  d.putFlag(F["zbee_nwk.cmd.link.last"], options, 0x40, at, 1);
  d.putFlag(F["zbee_nwk.cmd.link.first"], options, 0x20, at, 1);
  d.put(F["zbee_nwk.cmd.link.count"], options & 0x1f, at, 1);
  for (let i = options & 0x1f; i > 0 && d.failed === 0; i--) {
    d.u16le(F["zbee_nwk.cmd.link.address"]);
    const costs = d.u8();
    if (d.failed !== 0) return;
    d.put(F["zbee_nwk.cmd.link.incoming_cost"], costs & 7, d.pos - 1, 1);
    d.put(F["zbee_nwk.cmd.link.outgoing_cost"], costs >>> 4 & 7, d.pos - 1, 1);
  }
}

function report(d: Dissection): void {
  const at = d.pos;
  const options = d.u8();
  if (d.failed !== 0) return;
  d.put(F["zbee_nwk.cmd.report.type"], options >>> 5, at, 1);
  d.put(F["zbee_nwk.cmd.report.count"], options & 0x1f, at, 1);
  eui64le(d, F["zbee_nwk.cmd.epid"]);
  if (options >>> 5 === 0) panList(d, options & 0x1f);
}

function update(d: Dissection): void {
  const at = d.pos;
  const options = d.u8();
  if (d.failed !== 0) return;
  d.put(F["zbee_nwk.cmd.update.type"], options >>> 5, at, 1);
  d.put(F["zbee_nwk.cmd.update.count"], options & 0x1f, at, 1);
  eui64le(d, F["zbee_nwk.cmd.epid"]);
  d.u8(F["zbee_nwk.cmd.update.id"]);
  if (options >>> 5 === 0) panList(d, options & 0x1f);
}

function panList(d: Dissection, count: number): void {
  for (let i = count; i > 0 && d.failed === 0; i--) d.u16le(F["zbee_nwk.panid"]);
}

function timeoutResponse(d: Dissection): void {
  d.u8(F["zbee_nwk.cmd.ed_tmo_rsp_status"]);
  const at = d.pos;
  const parent = d.u8(F["zbee_nwk.cmd.ed_prnt_info"]);
  if (d.failed !== 0) return;
  d.putFlag(F["zbee_nwk.cmd.ed_prnt_info.mac_data_poll_keepalive"], parent, 0x01, at, 1);
  d.putFlag(F["zbee_nwk.cmd.ed_prnt_info.ed_tmo_req_keepalive"], parent, 0x02, at, 1);
  d.putFlag(F["zbee_nwk.cmd.power_negotiation_supported"], parent, 0x04, at, 1);
}

function powerDelta(d: Dissection): void {
  const at = d.pos;
  const type = d.u8();
  if (d.failed !== 0) return;
  d.put(F["zbee_nwk.cmd.link_pwr_delta.type"], type & 3, at, 1);
  const count = d.u8(F["zbee_nwk.cmd.link_pwr_delta.list_count"]);
  for (let i = count; i > 0 && d.failed === 0; i--) {
    d.u16le(F["zbee_nwk.cmd.link_pwr_delta.address"]);
    d.i8(F["zbee_nwk.cmd.link_pwr_delta.power_delta"]);
  }
}
