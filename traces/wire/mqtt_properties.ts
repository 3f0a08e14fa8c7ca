/**
 * Properties of MQTT 5 packets (MQTT 5, 2.2.2).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { define, hex8, none, string, uint16, uint32, uint64, uint8 } from "./field.ts";
import { hexText } from "./hex_text.ts";
import { PROPERTIES, QOS, Type } from "./mqtt_names.ts";
import { checkResponseTopic, checkString } from "./mqtt_text.ts";
import { rule } from "./problem.ts";

const F = define({
  "mqtt.properties": none("Properties"),
  "mqtt.will_properties": none("Will Properties"),
  "mqtt.property_len": uint64("Total Length"),
  "mqtt.property_id": hex8("ID", { names: PROPERTIES }),
  "mqtt.prop_number": uint32("Value"),
  "mqtt.property.content_type": string("Content Type"),
  "mqtt.property.max_qos": uint8("QoS", { names: QOS }),
  "mqtt.property.topic_alias": uint16("Topic Alias"),
  "mqtt.prop_unknown": string("Unknown Property"),
  "mqtt.prop_string_len": uint32("Length"),
  "mqtt.prop_string": string("Value"),
  "mqtt.prop_key_len": uint32("Key Length"),
  "mqtt.prop_key": string("Key"),
  "mqtt.prop_value_len": uint32("Value Length"),
  "mqtt.prop_value": string("Value"),
});

const UNKNOWN = rule(
  "mqtt",
  "error",
  "a property identifier is not defined",
  "MQTT 5, 2.2.2.2, table 2-4",
);
const MISPLACED = rule(
  "mqtt",
  "error",
  "a property does not belong into this packet",
  "MQTT 5, 2.2.2.2, table 2-4",
);
const REPEATED = rule(
  "mqtt",
  "error",
  "a property stands more than once",
  "MQTT 5, 3.1.2.11, 3.2.2.3, 3.3.2.3 (Protocol Error)",
);
const LONG_INTEGER = rule(
  "mqtt",
  "error",
  "a variable byte integer has more than four bytes",
  "MQTT 5, 1.5.5",
);
const NOT_MINIMAL = rule(
  "mqtt",
  "error",
  "a variable byte integer is longer than it has to be",
  "MQTT 5, 1.5.5 [MQTT-1.5.5-1]",
);
const BEYOND = rule(
  "mqtt",
  "error",
  "a property goes beyond the properties' length",
  "MQTT 5, 2.2.2.1",
);
const NOT_BOOLEAN = rule(
  "mqtt",
  "error",
  "a property that says yes or no is neither 0 nor 1",
  "MQTT 5, 3.1.2.11, 3.2.2.3, 3.3.2.3.2 (Protocol Error)",
);
const ZERO = rule(
  "mqtt",
  "error",
  "a property is 0 that must not be",
  "MQTT 5, 3.1.2.11.3, 3.1.2.11.4, 3.8.2.1.2 (Protocol Error)",
);
const ALIAS_ZERO = rule(
  "mqtt",
  "error",
  "the topic alias is 0",
  "MQTT 5, 3.3.2.3.4 [MQTT-3.3.2-8]",
);

/** Value types of properties. */
const Is = { Flag: 1, Byte: 2, Two: 3, Four: 4, Variable: 5, Text: 6, Binary: 7, Pair: 8 };

/** Stands for the properties of the will, which are no packet of their own. */
export const WILL = 0;

const only = (...types: number[]): number => types.reduce((mask, type) => mask | 1 << type, 0);
const ACKS = only(Type.ConnAck, Type.PubAck, Type.PubRec, Type.PubRel, Type.PubComp);
const ANSWERS = ACKS | only(Type.SubAck, Type.UnsubAck, Type.Disconnect, Type.Auth);

const KIND = new Uint8Array(256);
/** By identifier: bits of the packet types that may carry it (bit 0: the will). */
const WHERE = new Uint16Array(256);

// Table 2-4.
for (
  const [id, kind, where] of [
    [0x01, Is.Flag, only(Type.Publish, WILL)],
    [0x02, Is.Four, only(Type.Publish, WILL)],
    [0x03, Is.Text, only(Type.Publish, WILL)],
    [0x08, Is.Text, only(Type.Publish, WILL)],
    [0x09, Is.Binary, only(Type.Publish, WILL)],
    [0x0b, Is.Variable, only(Type.Publish, Type.Subscribe)],
    [0x11, Is.Four, only(Type.Connect, Type.ConnAck, Type.Disconnect)],
    [0x12, Is.Text, only(Type.ConnAck)],
    [0x13, Is.Two, only(Type.ConnAck)],
    [0x15, Is.Text, only(Type.Connect, Type.ConnAck, Type.Auth)],
    [0x16, Is.Binary, only(Type.Connect, Type.ConnAck, Type.Auth)],
    [0x17, Is.Flag, only(Type.Connect)],
    [0x18, Is.Four, only(WILL)],
    [0x19, Is.Flag, only(Type.Connect)],
    [0x1a, Is.Text, only(Type.ConnAck)],
    [0x1c, Is.Text, only(Type.ConnAck, Type.Disconnect)],
    [0x1f, Is.Text, ANSWERS],
    [0x21, Is.Two, only(Type.Connect, Type.ConnAck)],
    [0x22, Is.Two, only(Type.Connect, Type.ConnAck)],
    [0x23, Is.Two, only(Type.Publish)],
    [0x24, Is.Byte, only(Type.ConnAck)],
    [0x25, Is.Flag, only(Type.ConnAck)],
    [0x26, Is.Pair, 0xffff],
    [0x27, Is.Four, only(Type.Connect, Type.ConnAck)],
    [0x28, Is.Flag, only(Type.ConnAck)],
    [0x29, Is.Flag, only(Type.ConnAck)],
    [0x2a, Is.Flag, only(Type.ConnAck)],
  ] as const
) {
  KIND[id] = kind;
  WHERE[id] = where;
}

/** What the properties read last said; -1 where one was not there. */
export class MqttProperties {
  topicAlias = -1;
  topicAliasMaximum = -1;
  receiveMaximum = -1;
  maximumPacketSize = -1;
  maximumQos = -1;
  retainAvailable = -1;
  serverKeepAlive = -1;
  subscriptionIdentifier = -1;
  payloadFormat = -1;
  /** Where the content type stands in the bytes being read. */
  contentTypeAt = 0;
  contentTypeLength = -1;
  /** Identifiers seen, one bit each. */
  seenLow = 0;
  seenHigh = 0;

  clear(): void {
    this.topicAlias = -1;
    this.topicAliasMaximum = -1;
    this.receiveMaximum = -1;
    this.maximumPacketSize = -1;
    this.maximumQos = -1;
    this.retainAvailable = -1;
    this.serverKeepAlive = -1;
    this.subscriptionIdentifier = -1;
    this.payloadFormat = -1;
    this.contentTypeLength = -1;
    this.seenLow = 0;
    this.seenHigh = 0;
  }
}

/**
 * Reads a variable byte integer (MQTT 5, 1.5.5).
 *
 * @returns -1 when it has more than four bytes
 */
function variableInteger(d: Dissection, field = 0): number {
  const at = d.pos;
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const byte = d.u8();
    if (d.failed !== 0) return 0;
    value |= (byte & 0x7f) << 7 * i;
    if (byte > 0x7f) continue;
    if (byte === 0 && i > 0) d.problem(NOT_MINIMAL, at);
    d.put(field, value, at, i + 1);
    return value;
  }
  d.problem(LONG_INTEGER, at);
  return -1;
}

/**
 * Reads the length of the properties and the properties.
 *
 * @param packet type of the packet, or `WILL`
 */
export function decodeProperties(d: Dissection, packet: number, out: MqttProperties): void {
  out.clear();
  const at = d.pos;
  const container = packet === WILL ? F["mqtt.will_properties"] : F["mqtt.properties"];
  if (d.peek() === 0) {
    d.putNone(container, at, 1);
    d.push();
    d.u8(F["mqtt.property_len"]);
    d.pop();
    return;
  }
  const length = variableInteger(d);
  if (d.failed !== 0) return;
  if (length < 0) {
    d.skip(d.limit - d.pos + 1);
    return;
  }
  const from = d.pos;
  d.putNone(container, at, from - at + length);
  d.push();
  d.put(F["mqtt.property_len"], length, at, from - at);
  const end = from + length;
  while (d.pos < end && d.failed === 0) decodeProperty(d, packet, end, out);
  if (d.failed === 0 && d.pos > end) {
    d.problem(BEYOND, from);
    d.pos = end;
  }
  d.pop();
}

function decodeProperty(d: Dissection, packet: number, end: number, out: MqttProperties): void {
  const at = d.pos;
  const id = d.u8(F["mqtt.property_id"]);
  if (d.failed !== 0) return;
  const kind = KIND[id]!;
  if (kind === 0) {
    d.problem(UNKNOWN, at, `identifier ${hexText(id)}`);
    d.text(end - d.pos, F["mqtt.prop_unknown"]);
    return;
  }
  checkPlace(d, packet, id, at, out);
  switch (kind) {
    case Is.Flag:
      note(d, id, d.u8(F["mqtt.prop_number"]), out);
      return;
    case Is.Byte:
      note(d, id, d.u8(F["mqtt.property.max_qos"]), out);
      return;
    case Is.Two:
      note(d, id, d.u16(id === 0x23 ? F["mqtt.property.topic_alias"] : F["mqtt.prop_number"]), out);
      return;
    case Is.Four:
      note(d, id, d.u32(F["mqtt.prop_number"]), out);
      return;
    case Is.Variable: {
      const value = variableInteger(d, F["mqtt.prop_number"]);
      if (value < 0) d.skip(d.limit - d.pos + 1);
      else note(d, id, value, out);
      return;
    }
    case Is.Pair:
      text(d, F["mqtt.prop_key_len"], F["mqtt.prop_key"]);
      text(d, F["mqtt.prop_value_len"], F["mqtt.prop_value"]);
      return;
    default:
      oneString(d, id, kind, out);
  }
}

function checkPlace(
  d: Dissection,
  packet: number,
  id: number,
  at: number,
  out: MqttProperties,
): void {
  if ((WHERE[id]! >> packet & 1) === 0) d.problem(MISPLACED, at, PROPERTIES[id]);
  const bit = 1 << (id & 31);
  const seen = id < 32 ? out.seenLow : out.seenHigh;
  // A PUBLISH may name several subscriptions; user properties may always repeat.
  const mayRepeat = id === 0x26 || id === 0x0b && packet === Type.Publish;
  if ((seen & bit) !== 0 && !mayRepeat) d.problem(REPEATED, at, PROPERTIES[id]);
  if (id < 32) out.seenLow |= bit;
  else out.seenHigh |= bit;
}

/** Keeps and checks the value of a property that is a number. */
function note(d: Dissection, id: number, value: number, out: MqttProperties): void {
  if (d.failed !== 0) return;
  if (KIND[id] === Is.Flag && value > 1) d.problem(NOT_BOOLEAN, d.pos - 1, PROPERTIES[id]);
  switch (id) {
    case 0x01:
      out.payloadFormat = value;
      break;
    case 0x0b:
      out.subscriptionIdentifier = value;
      if (value === 0) d.problem(ZERO, d.pos - 1, PROPERTIES[id]);
      break;
    case 0x13:
      out.serverKeepAlive = value;
      break;
    case 0x21:
      out.receiveMaximum = value;
      if (value === 0) d.problem(ZERO, d.pos - 2, PROPERTIES[id]);
      break;
    case 0x22:
      out.topicAliasMaximum = value;
      break;
    case 0x23:
      out.topicAlias = value;
      if (value === 0) d.problem(ALIAS_ZERO, d.pos - 2);
      break;
    case 0x24:
      out.maximumQos = value;
      if (value > 1) d.problem(NOT_BOOLEAN, d.pos - 1, PROPERTIES[id]);
      break;
    case 0x25:
      out.retainAvailable = value;
      break;
    case 0x27:
      out.maximumPacketSize = value;
      if (value === 0) d.problem(ZERO, d.pos - 4, PROPERTIES[id]);
  }
}

function text(d: Dissection, lengthField: number, field: number): void {
  const length = d.u16(lengthField);
  const at = d.pos;
  d.text(length, field);
  if (d.pos === at + length) checkString(d, at, d.pos);
}

/** The properties that are one string or binary data. */
function oneString(d: Dissection, id: number, kind: number, out: MqttProperties): void {
  const start = d.pos;
  const isContentType = id === 0x03;
  const length = d.u16(isContentType ? 0 : F["mqtt.prop_string_len"]);
  const at = d.pos;
  if (isContentType) {
    d.skip(length);
    if (d.pos !== at + length || d.failed !== 0) return;
    d.putText(F["mqtt.property.content_type"], at, length);
    out.contentTypeAt = at;
    out.contentTypeLength = length;
  } else {
    d.text(length, F["mqtt.prop_string"]);
  }
  if (kind !== Is.Text || d.pos !== start + 2 + length) return;
  if (id === 0x08) checkResponseTopic(d, at, d.pos);
  else checkString(d, at, d.pos);
}
