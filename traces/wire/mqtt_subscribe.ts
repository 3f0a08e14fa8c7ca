/**
 * SUBSCRIBE, UNSUBSCRIBE and their answers (MQTT 5 and MQTT 3.1.1, 3.8 to 3.11).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { hexText } from "./hex_text.ts";
import { F } from "./mqtt_fields.ts";
import { SUBACK_REASONS, Type, UNSUBACK_REASONS } from "./mqtt_names.ts";
import { type MqttPacket, UNKNOWN_VERSION, V31, V311, V5 } from "./mqtt_packet.ts";
import { decodeProperties } from "./mqtt_properties.ts";
import { RULES } from "./mqtt_rules.ts";
import { checkTopicFilter, isShared } from "./mqtt_text.ts";

export function decodeSubscribe(d: Dissection, packet: MqttPacket): void {
  readHead(d, packet);
  const subscribes = packet.type === Type.Subscribe;
  while (d.pos < d.limit && d.failed === 0) {
    const lengthAt = d.pos;
    const length = d.u16(F["mqtt.topic_len"]);
    if (d.failed !== 0) return;
    const at = d.pos;
    if (length > 0) {
      d.text(length, F["mqtt.topic"]);
      if (d.failed !== 0) return;
      checkTopicFilter(d, at, d.pos);
    } else {
      d.putNone(F["mqtt.illegal_topic_length"], lengthAt, 2);
      d.problem(RULES.emptyTopic, lengthAt);
    }
    if (packet.filters++ === 0) {
      packet.topicAt = at;
      packet.topicLength = length;
    }
    if (subscribes) readOptions(d, packet.version, isShared(d.data, at, d.pos));
  }
  if (packet.filters === 0 && d.failed === 0) d.problem(RULES.noFilter);
}

function readHead(d: Dissection, packet: MqttPacket): void {
  const at = d.pos;
  packet.packetId = d.u16(F["mqtt.msgid"]);
  if (packet.packetId === 0 && d.failed === 0) d.problem(RULES.packetIdZero, at);
  if (packet.version === V5) decodeProperties(d, packet.type, packet.properties);
}

function readOptions(d: Dissection, version: number, shared: boolean): void {
  const at = d.pos;
  if (version !== V5) {
    const qos = d.u8(F["mqtt.sub.qos"]);
    if (d.failed !== 0 || version === UNKNOWN_VERSION) return;
    if ((qos & 0xfc) !== 0) d.problem(RULES.subscribeReserved, at);
    else if (qos === 3) d.problem(RULES.subscribeQos3, at);
    return;
  }
  const options = d.u8(F["mqtt.subscription_options"]);
  if (d.failed !== 0) return;
  d.push();
  d.put(F["mqtt.subscription_options_reserved"], options >> 6, at, 1);
  d.put(F["mqtt.subscription_options_retain"], options >> 4 & 3, at, 1);
  d.putFlag(F["mqtt.subscription_options_rap"], options, 0x08, at, 1);
  d.putFlag(F["mqtt.subscription_options_nl"], options, 0x04, at, 1);
  d.put(F["mqtt.subscription_options_qos"], options & 3, at, 1);
  d.pop();
  if ((options & 0xc0) !== 0) d.problem(RULES.subscribeReserved, at);
  if ((options & 0x30) === 0x30) d.problem(RULES.retainHandling, at);
  if ((options & 3) === 3) d.problem(RULES.subscribeQos3, at);
  if ((options & 4) !== 0 && shared) d.problem(RULES.noLocalShared, at);
}

export function decodeSubAck(d: Dissection, packet: MqttPacket): void {
  readHead(d, packet);
  const { version } = packet;
  const old = version === V31 || version === V311;
  packet.reason = 0;
  while (d.pos < d.limit && d.failed === 0) {
    const at = d.pos;
    const code = d.u8(old ? F["mqtt.suback.qos"] : F["mqtt.suback.reason_code"]);
    if (d.failed !== 0) return;
    packet.filters++;
    if (code >= 0x80 && packet.reason === 0) packet.reason = code;
    if (version === V311 && code > 2 && code !== 0x80) {
      d.problem(RULES.subackCode, at, `code ${code}`);
    } else if (version === V5 && SUBACK_REASONS[code] === undefined) {
      d.problem(RULES.reasonCode, at, hexText(code));
    }
  }
  if (packet.filters === 0 && d.failed === 0) d.problem(RULES.noReasons);
}

export function decodeUnsubAck(d: Dissection, packet: MqttPacket): void {
  readHead(d, packet);
  if (packet.version !== V5) return;
  packet.reason = 0;
  while (d.pos < d.limit && d.failed === 0) {
    const at = d.pos;
    const code = d.u8(F["mqtt.unsuback.reason_code"]);
    if (d.failed !== 0) return;
    packet.filters++;
    if (code >= 0x80 && packet.reason === 0) packet.reason = code;
    if (UNSUBACK_REASONS[code] === undefined) {
      d.problem(RULES.reasonCode, at, hexText(code));
    }
  }
  if (packet.filters === 0 && d.failed === 0) d.problem(RULES.noReasons);
}
