/**
 * Rules that one MQTT packet alone can break. Clauses: "5" is MQTT 5 (OASIS, 7 March 2019), "3.1.1"
 * is MQTT 3.1.1 (OASIS, 29 October 2014); where both say the same, both are cited.
 *
 * @module
 */
import { type Rule, rule } from "./problem.ts";

const broken = (text: string, clause: string): Rule => rule("mqtt", "error", text, clause);

export const RULES = {
  reservedType: broken("packet type is reserved", "MQTT 5, 2.1.2; MQTT 3.1.1, 2.2.1"),
  authBefore5: broken("AUTH packet before MQTT 5", "MQTT 3.1.1, 2.2.1, table 2.1"),
  reservedFlags: broken(
    "flags of the fixed header are not as the packet type demands",
    "MQTT 5, 2.1.3 [MQTT-2.1.3-1]; MQTT 3.1.1, 2.2.2 [MQTT-2.2.2-1]",
  ),
  qos3: broken(
    "QoS 3 is not defined",
    "MQTT 5, 3.3.1.2 [MQTT-3.3.1-4]; MQTT 3.1.1, 3.3.1.2 [MQTT-3.3.1-4]",
  ),
  duplicateQos0: broken(
    "duplicate flag with QoS 0",
    "MQTT 5, 3.3.1.1 [MQTT-3.3.1-2]; MQTT 3.1.1, 3.3.1.1 [MQTT-3.3.1-2]",
  ),
  packetIdZero: broken(
    "packet identifier is 0",
    "MQTT 5, 2.2.1 [MQTT-2.2.1-3]; MQTT 3.1.1, 2.3.1 [MQTT-2.3.1-1]",
  ),
  emptyTopic: broken(
    "topic is empty",
    "MQTT 5, 4.7.3 [MQTT-4.7.3-1]; MQTT 3.1.1, 4.7.3 [MQTT-4.7.3-1]",
  ),
  protocolName: broken(
    "protocol name is not MQTT (MQIsdp in MQTT 3.1)",
    "MQTT 5, 3.1.2.1 [MQTT-3.1.2-1]; MQTT 3.1.1, 3.1.2.1 [MQTT-3.1.2-1]",
  ),
  protocolVersion: broken(
    "protocol version is not 3, 4 or 5",
    "MQTT 5, 3.1.2.2 [MQTT-3.1.2-2]; MQTT 3.1.1, 3.1.2.2 [MQTT-3.1.2-2]",
  ),
  connectReserved: broken(
    "reserved connect flag is set",
    "MQTT 5, 3.1.2.3 [MQTT-3.1.2-3]; MQTT 3.1.1, 3.1.2.3 [MQTT-3.1.2-3]",
  ),
  willQosWithoutWill: broken(
    "will QoS without will",
    "MQTT 5, 3.1.2.6 [MQTT-3.1.2-11]; MQTT 3.1.1, 3.1.2.6 [MQTT-3.1.2-13]",
  ),
  willQos3: broken(
    "will QoS is 3",
    "MQTT 5, 3.1.2.6 [MQTT-3.1.2-12]; MQTT 3.1.1, 3.1.2.6 [MQTT-3.1.2-14]",
  ),
  willRetainWithoutWill: broken(
    "will retain without will",
    "MQTT 5, 3.1.2.7 [MQTT-3.1.2-13]; MQTT 3.1.1, 3.1.2.7 [MQTT-3.1.2-15]",
  ),
  passwordWithoutName: broken(
    "password without user name",
    "MQTT 3.1.1, 3.1.2.9 [MQTT-3.1.2-22]",
  ),
  emptyClientId: broken(
    "empty client identifier without clean session",
    "MQTT 3.1.1, 3.1.3.1 [MQTT-3.1.3-7]",
  ),
  connackReserved: broken(
    "reserved acknowledge flags are set",
    "MQTT 5, 3.2.2.1 [MQTT-3.2.2-1]; MQTT 3.1.1, 3.2.2.1",
  ),
  sessionOfRefused: broken(
    "session present in a refused connection",
    "MQTT 5, 3.2.2.1.1 [MQTT-3.2.2-6]; MQTT 3.1.1, 3.2.2.2 [MQTT-3.2.2-4]",
  ),
  returnCode: broken("return code is reserved", "MQTT 3.1.1, 3.2.2.3, table 3.1"),
  reasonCode: broken("reason code does not belong to this packet", "MQTT 5, 2.4, table 2-6"),
  noFilter: broken(
    "no topic filter",
    "MQTT 5, 3.8.3 [MQTT-3.8.3-2], 3.10.3 [MQTT-3.10.3-2]; MQTT 3.1.1, 3.8.3 [MQTT-3.8.3-3], " +
      "3.10.3 [MQTT-3.10.3-2]",
  ),
  subscribeQos3: broken(
    "requested QoS is 3",
    "MQTT 5, 3.8.3.1; MQTT 3.1.1, 3.8.3 [MQTT-3-8.3-4]",
  ),
  subscribeReserved: broken(
    "reserved bits of the subscription options are set",
    "MQTT 5, 3.8.3.1 [MQTT-3.8.3-5]; MQTT 3.1.1, 3.8.3 [MQTT-3-8.3-4]",
  ),
  retainHandling: broken("retain handling is 3", "MQTT 5, 3.8.3.1"),
  noLocalShared: broken(
    "no local for a shared subscription",
    "MQTT 5, 3.8.3.1 [MQTT-3.8.3-4]",
  ),
  noReasons: broken("no result for a topic filter", "MQTT 5, 3.9.3; MQTT 3.1.1, 3.9.3"),
  subackCode: broken("return code is reserved", "MQTT 3.1.1, 3.9.3 [MQTT-3.9.3-2]"),
  longLength: broken(
    "remaining length has more than four bytes",
    "MQTT 5, 2.1.4, 1.5.5; MQTT 3.1.1, 2.2.3",
  ),
  notMinimalLength: broken(
    "remaining length is coded longer than it has to be",
    "MQTT 5, 1.5.5 [MQTT-1.5.5-1]",
  ),
  extraBytes: broken(
    "bytes follow behind the end of the packet's contents",
    "MQTT 5, 2.1.4, 4.13.1; MQTT 3.1.1, 2.2.3",
  ),
  payloadFormat: broken(
    "payload is said to be UTF-8 and is not",
    "MQTT 5, 3.3.2.3.2",
  ),
};
