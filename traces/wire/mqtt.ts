/**
 * MQTT control packets, versions 3.1 (IBM and Eurotech, 2010), 3.1.1 (OASIS, 29 October 2014) and 5
 * (OASIS, 7 March 2019).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { hexText } from "./hex_text.ts";
import { decodeConnAck, decodeConnect } from "./mqtt_connect.ts";
import { F, MQTT, REASON_FIELD } from "./mqtt_fields.ts";
import {
  AUTH_REASONS,
  DISCONNECT_REASONS,
  REASONS,
  RETURN_CODES,
  SUBACK_CODES,
  Type,
  TYPE_NAMES,
} from "./mqtt_names.ts";
import { type MqttPacket, UNKNOWN_VERSION, V31, V311, V5 } from "./mqtt_packet.ts";
import { decodeProperties } from "./mqtt_properties.ts";
import { decodePublish } from "./mqtt_publish.ts";
import { RULES } from "./mqtt_rules.ts";
import { payloadText } from "./payload_text.ts";
import { decodeSubAck, decodeSubscribe, decodeUnsubAck } from "./mqtt_subscribe.ts";

/** What the fixed header's flags have to be, by type; -1: they mean something. */
const FLAGS = [-1, 0, 0, -1, 0, 0, 2, 0, 2, 0, 2, 0, 0, 0, 0, 0];
/** Types whose flags had a meaning in MQTT 3.1: PUBREL, SUBSCRIBE, UNSUBSCRIBE. */
const FLAGS_OF_31 = 1 << Type.PubRel | 1 << Type.Subscribe | 1 << Type.Unsubscribe;

/**
 * Decodes the packet at `d.pos`, of which `packet` knows `length` and `version` already (see
 * `measureMqtt`), as the fields of an entered layer, and fills in the rest of `packet`.
 */
export function decodeMqtt(d: Dissection, packet: MqttPacket): void {
  const start = d.pos;
  const first = d.u8();
  const type = first >> 4;
  packet.type = type;
  packet.flags = first & 0x0f;
  packet.packetId = -1;
  packet.reason = -1;
  packet.payloadAt = 0;
  packet.payloadLength = 0;
  packet.topicAt = 0;
  packet.topicLength = 0;
  packet.topic = undefined;
  packet.filters = 0;
  packet.connectFlags = 0;
  packet.keepAlive = 0;
  packet.properties.clear();
  if (packet.connectUnseen && type !== Type.Connect) d.putNone(F["mqtt.unknown_version"], start);
  writeFlags(d, first, start, packet.version);
  checkFlags(d, first, start, packet.version);
  const at = d.pos;
  d.pos = start + packet.headerLength;
  d.put(F["mqtt.len"], packet.length - packet.headerLength, at, packet.headerLength - 1);
  if (packet.headerLength > 2 && d.data[d.pos - 1] === 0 && packet.version === V5) {
    d.problem(RULES.notMinimalLength, at);
  }
  switch (type) {
    case Type.Publish:
      decodePublish(d, packet);
      return;
    case Type.Connect:
      decodeConnect(d, packet);
      break;
    case Type.ConnAck:
      decodeConnAck(d, packet);
      break;
    case Type.Subscribe:
    case Type.Unsubscribe:
      decodeSubscribe(d, packet);
      return;
    case Type.SubAck:
      decodeSubAck(d, packet);
      return;
    case Type.UnsubAck:
      decodeUnsubAck(d, packet);
      break;
    case Type.PubAck:
    case Type.PubRec:
    case Type.PubRel:
    case Type.PubComp:
      readPacketId(d, packet);
      if (packet.version === V5 && packet.length - packet.headerLength > 2) {
        readReason(d, packet, 1);
      }
      break;
    case Type.Disconnect:
    case Type.Auth:
      if (packet.version === V5 && packet.length > packet.headerLength) readReason(d, packet, 1);
  }
  if (d.failed === 0 && d.pos < d.end && packet.version !== UNKNOWN_VERSION) {
    d.problem(RULES.extraBytes);
  }
}

function writeFlags(d: Dissection, first: number, at: number, version: number): void {
  const type = first >> 4;
  d.put(F["mqtt.hdrflags"], first, at, 1);
  d.push();
  d.put(F["mqtt.msgtype"], type, at, 1);
  if (type === Type.Publish) {
    d.putFlag(F["mqtt.dupflag"], first, 0x08, at, 1);
    d.put(F["mqtt.qos"], first >> 1 & 3, at, 1);
    d.putFlag(F["mqtt.retain"], first, 0x01, at, 1);
  } else if (version === V31 && (FLAGS_OF_31 >> type & 1) !== 0) {
    d.putFlag(F["mqtt.dupflag"], first, 0x08, at, 1);
    d.put(F["mqtt.qos"], first >> 1 & 3, at, 1);
    d.put(F["mqtt.retain_reserved"], first & 1, at, 1);
  } else {
    d.put(F["mqtt.hdr_reserved"], first & 0x0f, at, 1);
  }
  d.pop();
}

function checkFlags(d: Dissection, first: number, at: number, version: number): void {
  const type = first >> 4;
  const flags = first & 0x0f;
  if (type === Type.Publish) {
    const qos = flags >> 1 & 3;
    if (qos === 3) d.problem(RULES.qos3, at);
    else if (qos === 0 && (flags & 8) !== 0) d.problem(RULES.duplicateQos0, at);
    return;
  }
  if (type === 0) d.problem(RULES.reservedType, at);
  else if (type === Type.Auth && version !== V5 && version !== UNKNOWN_VERSION) {
    d.problem(RULES.authBefore5, at);
  } else if (flags !== FLAGS[type] && version !== V31) {
    d.problem(RULES.reservedFlags, at, `${TYPE_NAMES[type]}, flags ${flags}`);
  }
}

function readPacketId(d: Dissection, packet: MqttPacket): void {
  const at = d.pos;
  packet.packetId = d.u16(F["mqtt.msgid"]);
  if (packet.packetId === 0 && d.failed === 0) d.problem(RULES.packetIdZero, at);
}

/** Reason code and properties; the properties may be left out. */
function readReason(d: Dissection, packet: MqttPacket, least: number): void {
  const at = d.pos;
  const type = packet.type;
  packet.reason = d.u8(REASON_FIELD[type]);
  if (d.failed === 0 && !mayGive(type, packet.reason)) {
    d.problem(RULES.reasonCode, at, REASONS[packet.reason] ?? hexText(packet.reason));
  }
  if (d.limit - d.pos >= least) decodeProperties(d, type, packet.properties);
}

const ACK_REASONS = [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
const RELEASE_REASONS = [0x00, 0x92];
// deno-fmt-ignore
const DISCONNECT_CODES = [
  0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95,
  0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
];

function mayGive(type: number, reason: number): boolean {
  switch (type) {
    case Type.PubAck:
    case Type.PubRec:
      return ACK_REASONS.includes(reason);
    case Type.PubRel:
    case Type.PubComp:
      return RELEASE_REASONS.includes(reason);
    case Type.Auth:
      return reason === 0x00 || reason === 0x18 || reason === 0x19;
    default:
      return DISCONNECT_CODES.includes(reason);
  }
}

/** Enters the layer; `again` when the same bytes held a packet before (see `frame.protocols`). */
export function mqttLayer(d: Dissection, length: number, again: boolean): number {
  const layers = d.layerCount;
  const entry = d.layer(MQTT);
  if (again) d.layerCount = layers;
  d.lengthOf(entry, length);
  return entry;
}

/** Characters of a payload in the text report's line. */
const PAYLOAD_SHOWN = 120;

/** The text report's words for the packet. */
export function mqttInfo(d: Dissection, packet: MqttPacket): string {
  const { type, flags, filters, payloadAt, payloadLength } = packet;
  let text = TYPE_NAMES[type]!;
  if (packet.packetId >= 0) text += ` (id=${packet.packetId})`;
  if (type === Type.Publish) {
    text += ` [${topicText(d, packet)}]`;
    if ((flags & 8) !== 0) text += " dup";
    if ((flags & 1) !== 0) text += " retain";
    // The capture may hold less of it.
    const payloadEnd = Math.min(payloadAt + payloadLength, d.end);
    if (payloadEnd > payloadAt) {
      text += ` ${payloadText(d.data, payloadAt, payloadEnd, PAYLOAD_SHOWN)}`;
    }
  } else if (type === Type.Subscribe || type === Type.Unsubscribe) {
    if (filters > 0) text += ` [${topicText(d, packet)}]`;
    if (filters > 1) text += ` and ${filters - 1} more`;
  } else if (packet.reason > 0) {
    text += `: ${reasonText(packet)}`;
  }
  return text;
}

function reasonText({ type, version, reason }: MqttPacket): string {
  const old = version === V31 || version === V311;
  const names = type === Type.Disconnect
    ? DISCONNECT_REASONS
    : type === Type.Auth
    ? AUTH_REASONS
    : type === Type.ConnAck && old
    ? RETURN_CODES
    : type === Type.SubAck && old
    ? SUBACK_CODES
    : REASONS;
  return names[reason] ?? `code ${reason}`;
}

/** The topic of a PUBLISH, aliases resolved; the first topic filter of SUBSCRIBE and UNSUBSCRIBE. */
function topicText(d: Dissection, packet: MqttPacket): string {
  if (packet.topic !== undefined) return packet.topic;
  const { topicAt, topicLength } = packet;
  return new TextDecoder().decode(
    d.data.subarray(topicAt, Math.max(topicAt, Math.min(topicAt + topicLength, d.end))),
  );
}
