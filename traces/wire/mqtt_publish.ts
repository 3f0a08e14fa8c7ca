/**
 * PUBLISH (MQTT 5 and MQTT 3.1.1, 3.3).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { F } from "./mqtt_fields.ts";
import { Type } from "./mqtt_names.ts";
import { type MqttPacket, V5 } from "./mqtt_packet.ts";
import { decodeProperties } from "./mqtt_properties.ts";
import { RULES } from "./mqtt_rules.ts";
import { checkTopicName } from "./mqtt_text.ts";
import { payloadText } from "./payload_text.ts";
import { isTextType, textLines } from "./text_lines.ts";
import { invalidUtf8, utf8Text } from "./utf8.ts";

/** Characters of a payload shown as text. */
const SHOWN = 1024;

export function decodePublish(d: Dissection, packet: MqttPacket): void {
  const lengthAt = d.pos;
  const topicLength = d.u16(F["mqtt.topic_len"]);
  if (d.failed !== 0) return;
  const topicAt = d.pos;
  packet.topicAt = topicAt;
  if (topicLength > 0) {
    d.text(topicLength, F["mqtt.topic"]);
    if (d.failed !== 0) return;
    packet.topicLength = topicLength;
    checkTopicName(d, topicAt, d.pos);
  }
  if ((packet.flags & 6) !== 0) {
    const at = d.pos;
    packet.packetId = d.u16(F["mqtt.msgid"]);
    if (packet.packetId === 0 && d.failed === 0) d.problem(RULES.packetIdZero, at);
  }
  if (packet.version === V5) {
    decodeProperties(d, Type.Publish, packet.properties);
    if (d.failed !== 0) return;
    if (topicLength === 0 && packet.properties.topicAlias > 0) resolve(d, packet);
  }
  if (topicLength === 0 && packet.properties.topicAlias <= 0) {
    d.putNone(F["mqtt.illegal_topic_length"], lengthAt, 2);
    d.problem(RULES.emptyTopic, lengthAt);
  }
  if (d.failed === 0) readPayload(d, packet);
}

function resolve(d: Dissection, packet: MqttPacket): void {
  packet.topic = packet.aliases?.topicOf(packet.properties.topicAlias);
  d.putObject(F["mqtt.topic"], packet.topic ?? "", d.pos, 0);
  if (packet.topic === undefined) {
    packet.topic = "";
    d.putNone(F["mqtt.unknown_topic_alias"]);
  }
}

function readPayload(d: Dissection, packet: MqttPacket): void {
  const at = d.pos;
  const length = d.limit - at;
  packet.payloadAt = at;
  packet.payloadLength = length;
  d.bytes(length, F["mqtt.msg"]);
  if (d.failed !== 0) return;
  if (packet.properties.payloadFormat === 1) {
    const wrong = invalidUtf8(d.data, at, d.pos);
    if (wrong >= 0) d.problem(RULES.payloadFormat, wrong);
  }
  if (d.want[F["edgewire.mqtt.payload"]] !== 0) {
    d.putObject(F["edgewire.mqtt.payload"], payloadText(d.data, at, d.pos, SHOWN), at, length);
  }
  const { contentTypeAt, contentTypeLength } = packet.properties;
  if (contentTypeLength <= 0 || length === 0) return;
  const type = utf8Text(d.data, contentTypeAt, contentTypeAt + contentTypeLength).toLowerCase();
  if (isTextType(type)) textLines(d, length);
}
