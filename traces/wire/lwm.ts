/**
 * Atmel Lightweight Mesh 1.1 network header (application note AVR2130, 3).
 *
 * @module
 */
import { decodeData } from "./data.ts";
import type { Dissection } from "./dissection.ts";
import { boolean, define, hex16, hex32, hex8, protocol, uint8 } from "./field.ts";

const LWM = protocol("lwm", "LwMesh", "Lightweight Mesh (v1.1.1)");
const HEADER = 7;
const MIC = 4;

const F = define({
  "lwm.fcf": hex8("Frame control field"),
  "lwm.ack_req": boolean("Acknowledgment Request"),
  "lwm.security": boolean("Security Enabled"),
  "lwm.linklocal": boolean("Link Local"),
  "lwm.multicast": boolean("Multicast"),
  "lwm.fcf.reserved": hex8("Reserved bits"),
  "lwm.seq": uint8("Sequence Number"),
  "lwm.src_addr": hex16("Network Source Address"),
  "lwm.dst_addr": hex16("Network Destination Address"),
  "lwm.src_endp": uint8("Source Endpoint"),
  "lwm.dst_endp": uint8("Destination Endpoint"),
  "lwm.mic": hex32("Message Integrity Code"),
  "lwm.cmd": hex8("Command ID"),
});

/** Whether the payload of a MAC data frame begins like a Lightweight Mesh frame. */
export function isLwm(d: Dissection): boolean {
  if ((d.peek() & 0xf0) !== 0 || !d.has(HEADER)) return false;
  const endpoints = d.peek(6);
  return (endpoints >>> 4 === 0) === ((endpoints & 0xf) === 0);
}

/** Reads the header; an encrypted payload stays as it is. */
export function decodeLwm(d: Dissection): void {
  d.layer(LWM);
  if (d.columns) d.protocolColumn = "LwMesh";
  const at = d.pos;
  const control = d.u8(F["lwm.fcf"]);
  d.putFlag(F["lwm.ack_req"], control, 0x01, at, 1);
  d.putFlag(F["lwm.security"], control, 0x02, at, 1);
  d.putFlag(F["lwm.linklocal"], control, 0x04, at, 1);
  d.putFlag(F["lwm.multicast"], control, 0x08, at, 1);
  d.put(F["lwm.fcf.reserved"], control >>> 4, at, 1);
  d.u8(F["lwm.seq"]);
  d.u16le(F["lwm.src_addr"]);
  d.u16le(F["lwm.dst_addr"]);
  const endpoints = d.u8();
  if (d.failed !== 0) return;
  d.put(F["lwm.src_endp"], endpoints >>> 4, d.pos - 1, 1);
  d.put(F["lwm.dst_endp"], endpoints & 0xf, d.pos - 1, 1);
  if ((control & 0x08) !== 0) d.skip(2);
  if (d.failed !== 0 || d.limit <= d.pos) return;
  if ((control & 0x02) === 0) {
    if (endpoints === 0) d.u8(F["lwm.cmd"]);
    else decodeData(d);
    return;
  }
  const start = d.pos;
  const length = Math.max(d.limit - start - MIC, 0);
  d.skip(length);
  d.u32le(F["lwm.mic"]);
  if (d.failed !== 0) return;
  d.pos = start;
  d.cutTo(length);
  decodeData(d);
}
