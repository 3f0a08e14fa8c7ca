/**
 * Rules that MQTT packets break only together with others of their conversation.
 *
 * @module
 */
import { rule, type Severity } from "../wire/problem.ts";

const broken = (text: string, clause: string, severity: Severity = "error") =>
  rule("mqtt", severity, text, clause);

export const SESSION = {
  connectUnseen: broken(
    "the CONNECT packet is not in the capture; the version is inferred where possible",
    "",
    "note",
  ),
  notMqtt: broken("bytes behind a gap are no MQTT packet; passed over", "", "note"),
  secondConnect: broken(
    "a second CONNECT on the connection",
    "MQTT 5, 3.1 [MQTT-3.1.0-2]; MQTT 3.1.1, 3.1 [MQTT-3.1.0-2]",
  ),
  notConnAck: broken(
    "the server's first packet is not CONNACK",
    "MQTT 5, 3.2 [MQTT-3.2.0-1]; MQTT 3.1.1, 3.2 [MQTT-3.2.0-1]",
  ),
  secondConnAck: broken("a second CONNACK on the connection", "MQTT 5, 3.2 [MQTT-3.2.0-2]"),
  fromServer: broken(
    "the server sends a packet that only clients send",
    "MQTT 5, 2.1.2, table 2-1; MQTT 3.1.1, 2.2.1, table 2.1",
  ),
  fromClient: broken(
    "the client sends a packet that only servers send",
    "MQTT 5, 2.1.2, table 2-1; MQTT 3.1.1, 2.2.1, table 2.1",
  ),
  afterDisconnect: broken(
    "a packet follows DISCONNECT",
    "MQTT 5, 3.14.4 [MQTT-3.14.4-1]; MQTT 3.1.1, 3.14.4 [MQTT-3.14.4-2]",
  ),
  keepAlive: broken(
    "the client was silent for more than one and a half times the keep alive",
    "MQTT 5, 3.1.2.10 [MQTT-3.1.2-20], [MQTT-3.1.2-22]; MQTT 3.1.1, 3.1.2.10 [MQTT-3.1.2-23], " +
      "[MQTT-3.1.2-24]",
    "warning",
  ),
  idInUse: broken(
    "packet identifier is still in use",
    "MQTT 5, 2.2.1 [MQTT-2.2.1-3], [MQTT-2.2.1-4]; MQTT 3.1.1, 2.3.1 [MQTT-2.3.1-2], " +
      "[MQTT-2.3.1-4]",
  ),
  resent: broken(
    "a PUBLISH is sent again on the same connection",
    "MQTT 5, 4.4 [MQTT-4.4.0-1]",
    "warning",
  ),
  unknownId: broken(
    "acknowledges a packet identifier that is not in use",
    "MQTT 5, 4.3.2, 4.3.3; MQTT 3.1.1, 4.3.2, 4.3.3",
    "warning",
  ),
  wrongAck: broken(
    "acknowledgement does not fit the QoS of the PUBLISH",
    "MQTT 5, 4.3.2 [MQTT-4.3.2-4], 4.3.3 [MQTT-4.3.3-8]; MQTT 3.1.1, 4.3.2 [MQTT-4.3.2-2], " +
      "4.3.3 [MQTT-4.3.3-2]",
  ),
  resultCount: broken(
    "number of results differs from the number of topic filters",
    "MQTT 5, 3.8.4 [MQTT-3.8.4-6], 3.11.3 [MQTT-3.11.3-1]; MQTT 3.1.1, 3.8.4 [MQTT-3.8.4-5]",
  ),
  unknownAlias: broken(
    "the topic alias was not set before",
    "MQTT 5, 3.3.2.3.4, 3.3.4 (Protocol Error)",
  ),
  aliasTooHigh: broken(
    "topic alias is greater than the receiver allows",
    "MQTT 5, 3.3.2.3.4 [MQTT-3.3.2-9], [MQTT-3.3.2-11]",
  ),
  receiveMaximum: broken(
    "more PUBLISH packets wait for acknowledgement than the receiver allows",
    "MQTT 5, 3.3.4 [MQTT-3.3.4-7], [MQTT-3.3.4-9]",
  ),
  packetSize: broken(
    "packet is larger than the receiver allows",
    "MQTT 5, 3.1.2.11.4 [MQTT-3.1.2-24], 3.2.2.3.6 [MQTT-3.2.2-15]",
  ),
  maximumQos: broken(
    "QoS is higher than the server allows",
    "MQTT 5, 3.2.2.3.4 [MQTT-3.2.2-11]",
  ),
  retainUnavailable: broken(
    "retain is set although the server does not retain",
    "MQTT 5, 3.2.2.3.5 [MQTT-3.2.2-14]",
  ),
  clientSubscriptionId: broken(
    "a client's PUBLISH has a subscription identifier",
    "MQTT 5, 3.3.4 [MQTT-3.3.4-6]",
  ),
};
