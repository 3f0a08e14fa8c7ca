/**
 * Heads of what Zigbee applications send: Zigbee Cluster Library frames (07-5123-08, 2.4.1) and Zigbee
 * Device Profile messages (05-3474-22, 2.4.2.8). Their contents are left to other tools.
 *
 * @module
 */
import { decodeData } from "./data.ts";
import type { Dissection } from "./dissection.ts";
import { boolean, define, hex16, hex8, protocol, uint8 } from "./field.ts";
import { CLUSTER_NAMES } from "./zigbee_clusters.ts";

const ZBEE_ZCL = protocol("zbee_zcl", "ZigBee ZCL", "ZigBee Cluster Library");
const ZBEE_APF = protocol(
  "zbee_apf",
  "ZigBee Application Framework",
  "ZigBee Application Framework",
);
const ZBEE_ZDP = protocol("zbee_zdp", "ZigBee ZDP", "ZigBee Device Profile");

/** Commands that every cluster has (07-5123-08, Table 2-3). */
const COMMANDS: Readonly<Record<number, string>> = {
  0x00: "Read Attributes",
  0x01: "Read Attributes Response",
  0x02: "Write Attributes",
  0x03: "Write Attributes Undivided",
  0x04: "Write Attributes Response",
  0x05: "Write Attributes No Response",
  0x06: "Configure Reporting",
  0x07: "Configure Reporting Response",
  0x08: "Read Reporting Configuration",
  0x09: "Read Reporting Configuration Response",
  0x0a: "Report Attributes",
  0x0b: "Default Response",
  0x0c: "Discover Attributes",
  0x0d: "Discover Attributes Response",
  0x0e: "Read Attributes Structured",
  0x0f: "Write Attributes Structured",
  0x10: "Write Attributes Structured Response",
  0x11: "Discover Commands Received",
  0x12: "Discover Commands Received Response",
  0x13: "Discover Commands Generated",
  0x14: "Discover Commands Generated Response",
  0x15: "Discover Attributes Extended",
  0x16: "Discover Attributes Extended Response",
};

const F = define({
  "zbee_zcl.type": hex8("Frame Type", { names: { 0: "Profile-wide", 1: "Cluster-specific" } }),
  "zbee_zcl.ms": boolean("Manufacturer Specific"),
  "zbee_zcl.dir": boolean("Direction"),
  "zbee_zcl.ddr": boolean("Disable Default Response"),
  "zbee_zcl.cmd.mc": hex16("Manufacturer Code"),
  "zbee_zcl.cmd.tsn": uint8("Sequence Number"),
  "zbee_zcl.cmd.id": hex8("Command", { names: COMMANDS }),
  "zbee_zcl.cs.cmd.id": hex8("Command"),
  "zbee_apf.count": uint8("Count"),
  "zbee_apf.type": hex8("Type"),
  "zbee_zdp.seqno": uint8("Sequence Number"),
});

/** Reads the header of a cluster library frame; commands of unknown clusters are followed by data. */
export function decodeZigbeeZcl(d: Dissection, cluster: number): void {
  d.layer(ZBEE_ZCL);
  const at = d.pos;
  const control = d.u8();
  if (d.failed !== 0) return;
  const specific = (control & 4) !== 0;
  d.put(F["zbee_zcl.type"], control & 3, at, 1);
  d.putFlag(F["zbee_zcl.ms"], control, 0x04, at, 1);
  d.putFlag(F["zbee_zcl.dir"], control, 0x08, at, 1);
  d.putFlag(F["zbee_zcl.ddr"], control, 0x10, at, 1);
  const manufacturer = specific ? d.u16le(F["zbee_zcl.cmd.mc"]) : 0;
  const sequence = d.u8(F["zbee_zcl.cmd.tsn"]);
  const everyCluster = (control & 3) === 0;
  const known = !everyCluster && manufacturer === 0 && CLUSTER_NAMES.has(cluster);
  if (known) {
    d.u8();
    return;
  }
  const command = d.u8(everyCluster ? F["zbee_zcl.cmd.id"] : F["zbee_zcl.cs.cmd.id"]);
  if (d.failed !== 0) return;
  const name = everyCluster ? COMMANDS[command] : undefined;
  if (d.columns) d.infoColumn = `ZCL: ${name ?? "Unknown Command"}, Seq: ${sequence}`;
  if (name === undefined) decodeData(d);
}

/** Reads the head of a device profile message. */
export function decodeZigbeeZdp(d: Dissection): void {
  d.layer(ZBEE_ZDP);
  d.u8(F["zbee_zdp.seqno"]);
}

/** Reads the head of an application framework frame of Zigbee 2004 (05-3474-06, 2.3.2). */
export function decodeZigbeeApf(d: Dissection): void {
  d.layer(ZBEE_APF);
  const at = d.pos;
  const head = d.u8();
  if (d.failed !== 0) return;
  d.put(F["zbee_apf.count"], head & 0xf, at, 1);
  d.put(F["zbee_apf.type"], head >>> 4, at, 1);
  decodeData(d);
}
