/**
 * CONNECT and CONNACK (MQTT 5 and MQTT 3.1.1, 3.1 and 3.2).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { hexText } from "./hex_text.ts";
import { F } from "./mqtt_fields.ts";
import { Type } from "./mqtt_names.ts";
import { type MqttPacket, V31, V311, V5 } from "./mqtt_packet.ts";
import { decodeProperties, WILL } from "./mqtt_properties.ts";
import { RULES } from "./mqtt_rules.ts";
import { checkString, checkTopicName } from "./mqtt_text.ts";

const WILL_FLAG = 0x04;
const CLEAN = 0x02;

export function decodeConnect(d: Dissection, packet: MqttPacket): void {
  const nameAt = d.pos + 2;
  string(d, F["mqtt.proto_len"], F["mqtt.protoname"]);
  const nameEnd = d.pos;
  const versionAt = d.pos;
  const version = d.u8(F["mqtt.ver"]);
  if (d.failed !== 0) return;
  packet.version = version;
  if (version < V31 || version > V5) {
    d.problem(RULES.protocolVersion, versionAt, `version ${version}`);
  }
  if (!isName(d.data, nameAt, nameEnd, version === V31 ? "MQIsdp" : "MQTT")) {
    d.problem(RULES.protocolName, nameAt);
  }
  const flags = readFlags(d);
  packet.connectFlags = flags;
  packet.keepAlive = d.u16(F["mqtt.kalive"]);
  if (version === V5) decodeProperties(d, Type.Connect, packet.properties);
  const idAt = d.pos;
  string(d, F["mqtt.clientid_len"], F["mqtt.clientid"]);
  if (d.failed !== 0) return;
  checkConnectFlags(d, flags, version, versionAt + 1);
  if (d.pos === idAt + 2 && version < V5 && (flags & CLEAN) === 0) {
    d.problem(RULES.emptyClientId, idAt);
  }
  if ((flags & WILL_FLAG) !== 0) decodeWill(d, packet, version);
  if ((flags & 0x80) !== 0 && d.pos < d.limit) {
    string(d, F["mqtt.username_len"], F["mqtt.username"]);
  }
  if ((flags & 0x40) !== 0 && d.pos < d.limit) {
    d.text(d.u16(F["mqtt.passwd_len"]), F["mqtt.passwd"]);
  }
}

function readFlags(d: Dissection): number {
  const at = d.pos;
  const flags = d.u8(F["mqtt.conflags"]);
  if (d.failed !== 0) return 0;
  d.push();
  d.putFlag(F["mqtt.conflag.uname"], flags, 0x80, at, 1);
  d.putFlag(F["mqtt.conflag.passwd"], flags, 0x40, at, 1);
  d.putFlag(F["mqtt.conflag.retain"], flags, 0x20, at, 1);
  d.put(F["mqtt.conflag.qos"], flags >> 3 & 3, at, 1);
  d.putFlag(F["mqtt.conflag.willflag"], flags, WILL_FLAG, at, 1);
  d.putFlag(F["mqtt.conflag.cleansess"], flags, CLEAN, at, 1);
  d.putFlag(F["mqtt.conflag.reserved"], flags, 0x01, at, 1);
  d.pop();
  return flags;
}

function checkConnectFlags(d: Dissection, flags: number, version: number, at: number): void {
  const willQos = flags >> 3 & 3;
  if ((flags & 0x01) !== 0) d.problem(RULES.connectReserved, at);
  if ((flags & WILL_FLAG) === 0) {
    if (willQos !== 0) d.problem(RULES.willQosWithoutWill, at);
    if ((flags & 0x20) !== 0) d.problem(RULES.willRetainWithoutWill, at);
  } else if (willQos === 3) {
    d.problem(RULES.willQos3, at);
  }
  if (version < V5 && (flags & 0xc0) === 0x40) d.problem(RULES.passwordWithoutName, at);
}

function decodeWill(d: Dissection, packet: MqttPacket, version: number): void {
  if (version === V5) {
    // The CONNECT's own properties are what the conversation needs to know.
    const own = Object.assign({}, packet.properties);
    decodeProperties(d, WILL, packet.properties);
    Object.assign(packet.properties, own);
  }
  const at = d.pos;
  const length = d.u16(F["mqtt.willtopic_len"]);
  if (d.failed !== 0) return;
  if (length > 0) {
    d.text(length, F["mqtt.willtopic"]);
    if (d.failed === 0) checkTopicName(d, at + 2, d.pos);
  } else {
    d.putNone(F["mqtt.illegal_topic_length"], at, 2);
    d.problem(RULES.emptyTopic, at);
  }
  d.bytes(d.u16(F["mqtt.willmsg_len"]), F["mqtt.willmsg"]);
}

function string(d: Dissection, lengthField: number, field: number): void {
  const length = d.u16(lengthField);
  const at = d.pos;
  d.text(length, field);
  if (d.failed === 0) checkString(d, at, d.pos);
}

function isName(data: Uint8Array, at: number, end: number, name: string): boolean {
  if (end - at !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (data[at + i] !== name.charCodeAt(i)) return false;
  return true;
}

// deno-fmt-ignore
const REFUSALS = [
  0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a,
  0x9b, 0x9c, 0x9d, 0x9f,
];

export function decodeConnAck(d: Dissection, packet: MqttPacket): void {
  const { version } = packet;
  const at = d.pos;
  if (version === V31) {
    const reserved = d.u8();
    if (d.failed !== 0) return;
    d.putFlag(F["mqtt.conack.flags.reserved"], reserved, 0xff, at, 1);
  } else {
    const flags = d.u8(F["mqtt.conack.flags"]);
    if (d.failed !== 0) return;
    packet.connectFlags = flags;
    d.push();
    d.putFlag(F["mqtt.conack.flags.reserved"], flags, 0xfe, at, 1);
    d.putFlag(F["mqtt.conack.flags.sp"], flags, 0x01, at, 1);
    d.pop();
    if ((flags & 0xfe) !== 0) d.problem(RULES.connackReserved, at);
  }
  const old = version === V31 || version === V311;
  packet.reason = d.u8(old ? F["mqtt.conack.val"] : F["mqtt.connack.reason_code"]);
  if (d.failed !== 0) return;
  if (packet.reason !== 0 && version !== V31 && (packet.connectFlags & 1) !== 0) {
    d.problem(RULES.sessionOfRefused, at);
  }
  if (old && packet.reason > 5) d.problem(RULES.returnCode, at + 1, `code ${packet.reason}`);
  if (version !== V5) return;
  if (packet.reason !== 0 && !REFUSALS.includes(packet.reason)) {
    d.problem(RULES.reasonCode, at + 1, hexText(packet.reason));
  }
  decodeProperties(d, Type.ConnAck, packet.properties);
}
