/**
 * Commands of the Zigbee application support layer (Zigbee specification 05-3474-22, 4.4.11).
 *
 * @module
 */
import { decodeData } from "./data.ts";
import type { Dissection } from "./dissection.ts";
import { eui64le } from "./eui64.ts";
import { boolean, bytes, define, eui64, hex16, hex8, uint8 } from "./field.ts";

/** Command identifiers (Zigbee specification, Table 4-28). */
const COMMANDS: Readonly<Record<number, string>> = {
  0x01: "SKKE-1",
  0x02: "SKKE-2",
  0x03: "SKKE-3",
  0x04: "SKKE-4",
  0x05: "Transport Key",
  0x06: "Update Device",
  0x07: "Remove Device",
  0x08: "Request Key",
  0x09: "Switch Key",
  0x0a: "EA Initiator Challenge",
  0x0b: "EA Responder Challenge",
  0x0c: "EA Initiator MAC",
  0x0d: "EA Responder MAC",
  0x0e: "Tunnel",
  0x0f: "Verify Key",
  0x10: "Confirm Key",
};
/** Key types (Zigbee specification, Table 4-9). */
const KEY_TYPES: Readonly<Record<number, string>> = {
  0x00: "Trust Center Master Key",
  0x01: "Standard Network Key",
  0x02: "Application Master Key",
  0x03: "Application Link Key",
  0x04: "Trust Center Link Key",
  0x05: "High-Security Network Key",
};
const KEY = 16;

const F = define({
  "zbee_aps.cmd.id": hex8("Command Identifier", { names: COMMANDS }),
  "zbee_aps.cmd.initiator": eui64("Initiator Address"),
  "zbee_aps.cmd.responder": eui64("Responder Address"),
  "zbee_aps.cmd.partner": eui64("Partner Address"),
  "zbee_aps.cmd.init_flag": boolean("Initiator"),
  "zbee_aps.cmd.device": eui64("Device Address"),
  "zbee_aps.cmd.challenge": bytes("Challenge"),
  "zbee_aps.cmd.mac": bytes("Message Authentication Code"),
  "zbee_aps.cmd.key": bytes("Key"),
  "zbee_aps.cmd.key_hash": bytes("Key Hash"),
  "zbee_aps.cmd.key_type": hex8("Key Type", { names: KEY_TYPES }),
  "zbee_aps.cmd.dst": eui64("Extended Destination"),
  "zbee_aps.cmd.src": eui64("Extended Source"),
  "zbee_aps.cmd.seqno": uint8("Sequence Number"),
  "zbee_aps.cmd.addr": hex16("Device Address"),
  "zbee_aps.cmd.update_status": hex8("Device Status"),
  "zbee_aps.cmd.status": hex8("Status"),
  "zbee_aps.cmd.ea.key_type": hex8("Key Type"),
  "zbee_aps.cmd.ea.data": bytes("Data"),
});

/** What a command holds for those who keep state. */
export interface ApsCommandNews {
  /** Where a transported key stands in the bytes being read, -1 when there is none. */
  keyAt: number;
  /** Whether an APS frame follows (Tunnel). */
  tunnel: boolean;
}

/** Reads a command; `version` is that of the network header. */
export function decodeZigbeeApsCommand(d: Dissection, version: number, news: ApsCommandNews): void {
  news.keyAt = -1;
  news.tunnel = false;
  const id = d.u8(F["zbee_aps.cmd.id"]);
  if (d.failed !== 0) return;
  if (d.columns) d.infoColumn = COMMANDS[id] ?? "Unknown Command";
  d.push();
  contents(d, id, version, news);
  d.pop();
  if (d.failed === 0 && !news.tunnel) decodeData(d);
}

function contents(d: Dissection, id: number, version: number, news: ApsCommandNews): void {
  switch (id) {
    case 0x01:
    case 0x02:
    case 0x03:
    case 0x04:
      eui64le(d, F["zbee_aps.cmd.initiator"]);
      eui64le(d, F["zbee_aps.cmd.responder"]);
      d.bytes(KEY, id < 0x03 ? F["zbee_aps.cmd.challenge"] : F["zbee_aps.cmd.mac"]);
      return;
    case 0x05:
      return transportKey(d, news);
    case 0x06:
      eui64le(d, F["zbee_aps.cmd.device"]);
      if (version >= 2) d.u16le(F["zbee_aps.cmd.addr"]);
      d.u8(F["zbee_aps.cmd.update_status"]);
      return;
    case 0x07:
      return eui64le(d, F["zbee_aps.cmd.device"]);
    case 0x08:
      if (d.u8(F["zbee_aps.cmd.key_type"]) === 0x02) eui64le(d, F["zbee_aps.cmd.partner"]);
      return;
    case 0x09:
      d.u8(F["zbee_aps.cmd.seqno"]);
      return;
    case 0x0a:
    case 0x0b:
      if (d.u8(F["zbee_aps.cmd.ea.key_type"]) === 0) d.u8(F["zbee_aps.cmd.seqno"]);
      eui64le(d, F["zbee_aps.cmd.initiator"]);
      eui64le(d, F["zbee_aps.cmd.responder"]);
      d.bytes(KEY, F["zbee_aps.cmd.challenge"]);
      return;
    case 0x0c:
    case 0x0d:
      d.bytes(KEY, F["zbee_aps.cmd.mac"]);
      d.u8(F["zbee_aps.cmd.ea.key_type"]);
      d.bytes(4, F["zbee_aps.cmd.ea.data"]);
      return;
    case 0x0e:
      eui64le(d, F["zbee_aps.cmd.dst"]);
      news.tunnel = d.failed === 0;
      return;
    case 0x0f:
      d.u8(F["zbee_aps.cmd.key_type"]);
      eui64le(d, F["zbee_aps.cmd.src"]);
      d.bytes(KEY, F["zbee_aps.cmd.key_hash"]);
      return;
    case 0x10:
      d.u8(F["zbee_aps.cmd.status"]);
      d.u8(F["zbee_aps.cmd.key_type"]);
      return eui64le(d, F["zbee_aps.cmd.dst"]);
  }
}

/** Zigbee specification, 4.4.11.1. */
function transportKey(d: Dissection, news: ApsCommandNews): void {
  const type = d.u8(F["zbee_aps.cmd.key_type"]);
  const at = d.pos;
  d.bytes(KEY, F["zbee_aps.cmd.key"]);
  if (d.failed !== 0) return;
  news.keyAt = at;
  switch (type) {
    case 0x01:
    case 0x05:
      d.u8(F["zbee_aps.cmd.seqno"]);
      eui64le(d, F["zbee_aps.cmd.dst"]);
      return eui64le(d, F["zbee_aps.cmd.src"]);
    case 0x00:
    case 0x04:
      eui64le(d, F["zbee_aps.cmd.dst"]);
      return eui64le(d, F["zbee_aps.cmd.src"]);
    case 0x02:
    case 0x03:
      eui64le(d, F["zbee_aps.cmd.partner"]);
      d.putFlag(F["zbee_aps.cmd.init_flag"], d.u8(), 0xff, d.pos - 1, 1);
  }
}
