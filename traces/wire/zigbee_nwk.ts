/**
 * Zigbee network layer header (Zigbee specification 05-3474-22, 3.3.1).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { putEui64le, word32le } from "./eui64.ts";
import { boolean, define, eui64, hex16, hex8, none, protocol, uint16, uint8 } from "./field.ts";
import { hexText } from "./hex_text.ts";
import { rule } from "./problem.ts";
import { WpanAddress, type WpanFrame } from "./wpan_frame.ts";

const ZBEE_NWK = protocol("zbee_nwk", "ZigBee", "ZigBee Network Layer");

/** Frame types (Zigbee specification, Table 3-46). */
export const ZigbeeType = { Data: 0, Command: 1, Reserved: 2, Interpan: 3 } as const;

const TYPES: Readonly<Record<number, string>> = { 0: "Data", 1: "Command", 3: "Interpan" };
const DISCOVERY = { 0: "Suppress", 1: "Enable", 3: "Force" };

const F = define({
  "zbee_nwk.fcf": hex16("Frame Control Field"),
  "zbee_nwk.frame_type": hex16("Frame Type", { names: TYPES }),
  "zbee_nwk.proto_version": uint16("Protocol Version"),
  "zbee_nwk.discovery": hex16("Discover Route", { names: DISCOVERY }),
  "zbee_nwk.multicast": boolean("Multicast"),
  "zbee_nwk.security": boolean("Security"),
  "zbee_nwk.src_route": boolean("Source Route"),
  "zbee_nwk.ext_dst": boolean("Destination"),
  "zbee_nwk.ext_src": boolean("Extended Source"),
  "zbee_nwk.end_device_initiator": boolean("End Device Initiator"),
  "zbee_nwk.dst": hex16("Destination"),
  "zbee_nwk.src": hex16("Source"),
  "zbee_nwk.addr": hex16("Address"),
  "zbee_nwk.radius": uint8("Radius"),
  "zbee_nwk.seqno": uint8("Sequence Number"),
  "zbee_nwk.dst64": eui64("Destination"),
  "zbee_nwk.src64": eui64("Extended Source"),
  "zbee_nwk.addr64": eui64("Extended Address"),
  "zbee_nwk.multicast.cf": hex8("Multicast Control Field"),
  "zbee_nwk.multicast.mode": uint8("Multicast Mode"),
  "zbee_nwk.multicast.radius": uint8("Non-Member Radius"),
  "zbee_nwk.multicast.max_radius": uint8("Max Non-Member Radius"),
  "zbee_nwk.relay.count": uint8("Relay Count"),
  "zbee_nwk.relay.index": uint8("Relay Index"),
  "zbee_nwk.relay": uint16("Relay"),
  "zbee_nwk.missing_payload": none("Missing Payload"),
});

const NO_PAYLOAD = rule(
  "zbee_nwk",
  "error",
  "network frame has no payload",
  "05-3474-22, 3.3.1.9",
);
const RADIUS = rule("zbee_nwk", "note", "frame has used up its radius", "05-3474-22, 3.3.1.4");

/** What the header of one frame says; one object serves all frames. */
export class ZigbeePacket {
  /** Where the frame starts in the bytes it is read from. */
  start = 0;
  type = 0;
  /** 1 is Zigbee 2004, 2 is Zigbee 2006 and later, 3 is Green Power. */
  version = 0;
  security = false;
  destination = 0;
  source = 0;
  /** Whether the frame carries the source's extended address. */
  hasSource64 = false;
  source64Hi = 0;
  source64Lo = 0;
  /** Cluster identifier of the APS layer. */
  cluster = 0;
}

/** Whether the payload of a MAC data frame begins like a Zigbee network frame. */
export function isZigbeeNwk(d: Dissection, frame: WpanFrame): boolean {
  if (!d.has(2)) return false;
  const control = d.data[d.pos]! | d.data[d.pos + 1]! << 8;
  const version = control >>> 2 & 0xf;
  const type = control & 3;
  if (version < 1 || version > 2 || type === ZigbeeType.Reserved) return false;
  if (type === ZigbeeType.Interpan) return frame.sourceMode === WpanAddress.Extended;
  return frame.sourceMode === WpanAddress.Short && frame.destinationMode === WpanAddress.Short;
}

/**
 * Reads the header.
 *
 * @returns false when there is nothing behind it
 */
export function decodeZigbeeNwk(d: Dissection, packet: ZigbeePacket): boolean {
  packet.start = d.pos;
  d.layer(ZBEE_NWK);
  const control = frameControl(d, packet);
  packet.hasSource64 = false;
  packet.source = packet.destination = 0;
  packet.cluster = 0;
  if (d.failed !== 0) return false;
  if (d.columns) {
    d.protocolColumn = "ZigBee";
    d.infoColumn = TYPES[packet.type] ?? "Reserved Frame Type";
  }
  if (packet.type !== ZigbeeType.Interpan) addresses(d, packet, control);
  if (d.failed !== 0) return false;
  if (d.pos < d.end) return true;
  d.problem(NO_PAYLOAD, d.pos);
  d.putNone(F["zbee_nwk.missing_payload"]);
  return false;
}

function frameControl(d: Dissection, packet: ZigbeePacket): number {
  const at = d.pos;
  const control = d.u16le(F["zbee_nwk.fcf"]);
  packet.type = control & 3;
  packet.version = control >>> 2 & 0xf;
  packet.security = (control & 0x0200) !== 0;
  if (d.failed !== 0) return 0;
  d.push();
  d.put(F["zbee_nwk.frame_type"], packet.type, at, 2);
  d.put(F["zbee_nwk.proto_version"], packet.version, at, 2);
  d.put(F["zbee_nwk.discovery"], control >>> 6 & 3, at, 2);
  if (packet.version >= 2) d.putFlag(F["zbee_nwk.multicast"], control, 0x0100, at, 2);
  d.putFlag(F["zbee_nwk.security"], control, 0x0200, at, 2);
  if (packet.version >= 2) {
    d.putFlag(F["zbee_nwk.src_route"], control, 0x0400, at, 2);
    d.putFlag(F["zbee_nwk.ext_dst"], control, 0x0800, at, 2);
    d.putFlag(F["zbee_nwk.ext_src"], control, 0x1000, at, 2);
    d.putFlag(F["zbee_nwk.end_device_initiator"], control, 0x2000, at, 2);
  }
  d.pop();
  return control;
}

function addresses(d: Dissection, packet: ZigbeePacket, control: number): void {
  packet.destination = d.u16le(F["zbee_nwk.dst"]);
  if (d.failed !== 0) return;
  d.put(F["zbee_nwk.addr"], packet.destination, d.pos - 2, 2);
  packet.source = d.u16le(F["zbee_nwk.src"]);
  if (d.failed !== 0) return;
  d.put(F["zbee_nwk.addr"], packet.source, d.pos - 2, 2);
  if (d.columns) {
    d.destinationColumn = addressText(packet.destination);
    d.sourceColumn = addressText(packet.source);
    d.infoColumn += `, Dst: ${d.destinationColumn}, Src: ${d.sourceColumn}`;
  }
  if (d.u8(F["zbee_nwk.radius"]) === 0 && d.failed === 0) d.problem(RADIUS, d.pos - 1);
  d.u8(F["zbee_nwk.seqno"]);
  if (packet.version < 2) return;
  if ((control & 0x0800) !== 0) {
    d.skip(8);
    if (d.failed !== 0) return;
    putEui64le(d, F["zbee_nwk.dst64"], d.pos - 8);
    putEui64le(d, F["zbee_nwk.addr64"], d.pos - 8);
  }
  if ((control & 0x1000) !== 0) source64(d, packet);
  if ((control & 0x0100) !== 0) multicast(d);
  if ((control & 0x0400) !== 0) relays(d);
}

function source64(d: Dissection, packet: ZigbeePacket): void {
  const at = d.pos;
  d.skip(8);
  if (d.failed !== 0) return;
  packet.hasSource64 = true;
  packet.source64Lo = word32le(d.data, at);
  packet.source64Hi = word32le(d.data, at + 4);
  putEui64le(d, F["zbee_nwk.src64"], at);
  putEui64le(d, F["zbee_nwk.addr64"], at);
}

function multicast(d: Dissection): void {
  const at = d.pos;
  const control = d.u8(F["zbee_nwk.multicast.cf"]);
  if (d.failed !== 0) return;
  d.push();
  d.put(F["zbee_nwk.multicast.mode"], control & 3, at, 1);
  d.put(F["zbee_nwk.multicast.radius"], control >>> 2 & 7, at, 1);
  d.put(F["zbee_nwk.multicast.max_radius"], control >>> 5, at, 1);
  d.pop();
}

function relays(d: Dissection): void {
  d.push();
  const count = d.u8(F["zbee_nwk.relay.count"]);
  d.u8(F["zbee_nwk.relay.index"]);
  for (let i = 0; i < count && d.failed === 0; i++) d.u16le(F["zbee_nwk.relay"]);
  d.pop();
}

function addressText(address: number): string {
  return address >= 0xfffc && address !== 0xfffe ? "Broadcast" : hexText(address, 4);
}
