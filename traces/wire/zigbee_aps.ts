/**
 * Zigbee application support layer header (Zigbee specification 05-3474-22, 2.2.5.1).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { boolean, define, hex16, hex8, none, protocol, uint8 } from "./field.ts";
import { rule } from "./problem.ts";
import { CLUSTER_NAMES } from "./zigbee_clusters.ts";

const ZBEE_APS = protocol("zbee_aps", "ZigBee APS", "ZigBee Application Support Layer");

/** Frame types (Zigbee specification, Table 2-20). */
export const ApsType = { Data: 0, Command: 1, Ack: 2, Interpan: 3 } as const;
const Delivery = { Unicast: 0, Indirect: 1, Broadcast: 2, Group: 3 } as const;

/** Application profiles whose payload the Zigbee Cluster Library describes. */
export const ZDP_PROFILE = 0x0000;
export const TEST_PROFILE_2 = 0x7f01;

const TYPES: Readonly<Record<number, string>> = {
  0: "Data",
  1: "Command",
  2: "Ack",
  3: "Interpan",
};
const PROFILES: Readonly<Record<number, string>> = {
  0x0000: "ZigBee Device Profile",
  0x0101: "Industrial Plant Monitoring",
  0x0104: "Home Automation",
  0x0105: "Commercial Building Automation",
  0x0106: "Wireless Sensor Network",
  0x0107: "Telecom Automation",
  0x0108: "Health Care",
  0x0109: "Smart Energy",
  0x010a: "Retail Services",
  0x7f01: "Test Profile 2",
  0xa1e0: "Green Power",
  0xc05e: "ZLL",
};

const F = define({
  "zbee_aps.type": hex8("Frame Type", { names: TYPES }),
  "zbee_aps.delivery": hex8("Delivery Mode", {
    names: { 0: "Unicast", 1: "Indirect", 2: "Broadcast", 3: "Group" },
  }),
  "zbee_aps.indirect_mode": boolean("Indirect Address Mode"),
  "zbee_aps.ack_format": boolean("Acknowledgement Format"),
  "zbee_aps.security": boolean("Security"),
  "zbee_aps.ack_req": boolean("Acknowledgement Request"),
  "zbee_aps.ext_header": boolean("Extended Header"),
  "zbee_aps.dst": uint8("Destination Endpoint"),
  "zbee_aps.group": hex16("Group"),
  "zbee_aps.cluster": hex16("Cluster", { names: CLUSTER_NAMES }),
  "zbee_aps.zdp_cluster": hex16("Cluster"),
  "zbee_aps.t2.cluster": hex16("Cluster"),
  "zbee_aps.profile": hex16("Profile", { names: PROFILES }),
  "zbee_aps.src": uint8("Source Endpoint"),
  "zbee_aps.counter": uint8("Counter"),
  "zbee_aps.fragmentation": hex8("Fragmentation"),
  "zbee_aps.block": uint8("Block Number"),
  "zbee_aps.block_acks": hex8("Block Acknowledgements"),
  "zbee_aps.block1_ack": boolean("Block 1"),
  "zbee_aps.block2_ack": boolean("Block 2"),
  "zbee_aps.block3_ack": boolean("Block 3"),
  "zbee_aps.block4_ack": boolean("Block 4"),
  "zbee_aps.block5_ack": boolean("Block 5"),
  "zbee_aps.block6_ack": boolean("Block 6"),
  "zbee_aps.block7_ack": boolean("Block 7"),
  "zbee_aps.block8_ack": boolean("Block 8"),
  "zbee_aps.invalid_delivery_mode": none("Invalid Delivery Mode"),
});

const BLOCK_ACKS = [
  F["zbee_aps.block1_ack"],
  F["zbee_aps.block2_ack"],
  F["zbee_aps.block3_ack"],
  F["zbee_aps.block4_ack"],
  F["zbee_aps.block5_ack"],
  F["zbee_aps.block6_ack"],
  F["zbee_aps.block7_ack"],
  F["zbee_aps.block8_ack"],
];

const DELIVERY = rule(
  "zbee_aps",
  "error",
  "delivery mode does not exist in this version of Zigbee",
  "05-3474-22, 2.2.5.1.1.2",
);

/** What the header of one frame says; one object serves all frames. */
export class ApsPacket {
  /** Where the frame starts in the bytes it is read from. */
  start = 0;
  type = 0;
  security = false;
  cluster = 0;
  profile = 0;
  counter = 0;
  /** 0 not a fragment, 1 the first, 2 another one. */
  fragmentation = 0;
  /** Number of blocks in the first fragment, else number of the block. */
  block = 0;
}

/**
 * Reads the header; `version` is that of the network header.
 *
 * @returns false when what follows can't be told
 */
export function decodeZigbeeAps(d: Dissection, packet: ApsPacket, version: number): boolean {
  packet.start = d.pos;
  packet.cluster = packet.profile = packet.counter = 0;
  packet.fragmentation = packet.block = 0;
  d.layer(ZBEE_APS);
  const at = d.pos;
  const control = d.u8();
  if (d.failed !== 0) return false;
  packet.type = control & 3;
  packet.security = (control & 0x20) !== 0;
  putControl(d, control, version, at);
  if (d.columns) d.infoColumn = "APS: " + TYPES[packet.type];
  const addressed = packet.type === ApsType.Data || packet.type === ApsType.Interpan ||
    packet.type === ApsType.Ack && !(version >= 2 && (control & 0x10) !== 0);
  if (addressed && !addressing(d, packet, control, version)) return false;
  if (version >= 2 && packet.type !== ApsType.Interpan) {
    packet.counter = d.u8(F["zbee_aps.counter"]);
  }
  if ((control & 0x80) !== 0) extended(d, packet);
  return d.failed === 0;
}

function putControl(d: Dissection, control: number, version: number, at: number): void {
  const delivery = control >>> 2 & 3;
  d.push();
  d.put(F["zbee_aps.type"], control & 3, at, 1);
  d.put(F["zbee_aps.delivery"], delivery, at, 1);
  if (version >= 2) {
    if ((control & 3) === ApsType.Ack) d.putFlag(F["zbee_aps.ack_format"], control, 0x10, at, 1);
  } else if (delivery === Delivery.Indirect) {
    d.putFlag(F["zbee_aps.indirect_mode"], control, 0x10, at, 1);
  }
  d.putFlag(F["zbee_aps.security"], control, 0x20, at, 1);
  d.putFlag(F["zbee_aps.ack_req"], control, 0x40, at, 1);
  d.putFlag(F["zbee_aps.ext_header"], control, 0x80, at, 1);
  d.pop();
}

function addressing(d: Dissection, packet: ApsPacket, control: number, version: number): boolean {
  const delivery = control >>> 2 & 3;
  const indirectSource = (control & 0x10) !== 0;
  const interpan = packet.type === ApsType.Interpan;
  if (!interpan) {
    const indirect = delivery === Delivery.Indirect;
    if (indirect && version > 1 || delivery === Delivery.Group && version < 2) {
      d.problem(DELIVERY, packet.start);
      d.putNone(F["zbee_aps.invalid_delivery_mode"], packet.start, 1);
      return false;
    }
    if (delivery !== Delivery.Group && !(indirect && indirectSource)) d.u8(F["zbee_aps.dst"]);
  }
  if (delivery === Delivery.Group) d.u16le(F["zbee_aps.group"]);
  if (version >= 2) {
    const swapped = d.peek16(2);
    const profile = (swapped & 0xff) << 8 | swapped >>> 8;
    packet.cluster = d.u16le(
      swapped < 0
        ? 0
        : profile === ZDP_PROFILE
        ? F["zbee_aps.zdp_cluster"]
        : profile === TEST_PROFILE_2
        ? F["zbee_aps.t2.cluster"]
        : F["zbee_aps.cluster"],
    );
  } else {
    packet.cluster = d.u8(F["zbee_aps.cluster"]);
  }
  packet.profile = d.u16le(F["zbee_aps.profile"]);
  if (!interpan && (delivery !== Delivery.Indirect || !indirectSource)) d.u8(F["zbee_aps.src"]);
  return d.failed === 0;
}

function extended(d: Dissection, packet: ApsPacket): void {
  const at = d.pos;
  const control = d.u8();
  if (d.failed !== 0) return;
  packet.fragmentation = control & 3;
  d.push();
  d.put(F["zbee_aps.fragmentation"], control & 3, at, 1);
  if (packet.fragmentation !== 0) packet.block = d.u8(F["zbee_aps.block"]);
  if (packet.fragmentation !== 0 && packet.type === ApsType.Ack) {
    const acksAt = d.pos;
    const acks = d.u8(F["zbee_aps.block_acks"]);
    for (let i = 0; i < 8 && d.failed === 0; i++) {
      d.putFlag(BLOCK_ACKS[i]!, acks, 1 << i, acksAt, 1);
    }
  }
  d.pop();
}
