/**
 * Names of MQTT's numbers. "MQTT 3.1.1" is OASIS Standard 29 October 2014, "MQTT 5" is OASIS
 * Standard 7 March 2019.
 *
 * @module
 */

/** Control packet types (MQTT 5, 2.1.2, table 2-1). */
export const Type = {
  Connect: 1,
  ConnAck: 2,
  Publish: 3,
  PubAck: 4,
  PubRec: 5,
  PubRel: 6,
  PubComp: 7,
  Subscribe: 8,
  SubAck: 9,
  Unsubscribe: 10,
  UnsubAck: 11,
  PingReq: 12,
  PingResp: 13,
  Disconnect: 14,
  Auth: 15,
} as const;

/** By type, 0 included; as Wireshark names them, so that its filters work here. */
export const TYPE_NAMES: readonly string[] = [
  "Reserved",
  "Connect Command",
  "Connect Ack",
  "Publish Message",
  "Publish Ack",
  "Publish Received",
  "Publish Release",
  "Publish Complete",
  "Subscribe Request",
  "Subscribe Ack",
  "Unsubscribe Request",
  "Unsubscribe Ack",
  "Ping Request",
  "Ping Response",
  "Disconnect Req",
  "Authentication Exchange",
];

export const TYPES: ReadonlyMap<number, string> = new Map(
  TYPE_NAMES.map((name, type) => [type, name]),
);

/** Protocol levels (MQTT 5, 3.1.2.2; 3 is MQTT 3.1 of IBM and Eurotech, 2010). */
export const VERSIONS: Record<number, string> = {
  3: "MQTT 3.1",
  4: "MQTT 3.1.1",
  5: "MQTT 5.0",
};

export const QOS: Record<number, string> = {
  0: "At most once",
  1: "At least once",
  2: "Exactly once",
  3: "Reserved",
};

/** CONNACK return codes (MQTT 3.1.1, 3.2.2.3, table 3.1). */
export const RETURN_CODES: Record<number, string> = {
  0: "Connection accepted",
  1: "Refused: unacceptable protocol version",
  2: "Refused: identifier rejected",
  3: "Refused: server unavailable",
  4: "Refused: bad user name or password",
  5: "Refused: not authorized",
};

/** SUBACK return codes (MQTT 3.1.1, 3.9.3). */
export const SUBACK_CODES: Record<number, string> = { ...QOS, 128: "Failure" };

/** Retain handling of a subscription (MQTT 5, 3.8.3.1). */
export const RETAIN_HANDLING: Record<number, string> = {
  0: "Send retained messages when subscribing",
  1: "Send retained messages when the subscription is new",
  2: "Do not send retained messages when subscribing",
  3: "Reserved",
};

/** Reason codes of MQTT 5, 2.4, table 2-6, except the ones below 0x80, which differ by packet. */
const FAILURES: Record<number, string> = {
  0x80: "Unspecified error",
  0x81: "Malformed Packet",
  0x82: "Protocol Error",
  0x83: "Implementation specific error",
  0x84: "Unsupported Protocol Version",
  0x85: "Client Identifier not valid",
  0x86: "Bad User Name or Password",
  0x87: "Not authorized",
  0x88: "Server unavailable",
  0x89: "Server busy",
  0x8a: "Banned",
  0x8b: "Server shutting down",
  0x8c: "Bad authentication method",
  0x8d: "Keep Alive timeout",
  0x8e: "Session taken over",
  0x8f: "Topic Filter invalid",
  0x90: "Topic Name invalid",
  0x91: "Packet Identifier in use",
  0x92: "Packet Identifier not found",
  0x93: "Receive Maximum exceeded",
  0x94: "Topic Alias invalid",
  0x95: "Packet too large",
  0x96: "Message rate too high",
  0x97: "Quota exceeded",
  0x98: "Administrative action",
  0x99: "Payload format invalid",
  0x9a: "Retain not supported",
  0x9b: "QoS not supported",
  0x9c: "Use another server",
  0x9d: "Server moved",
  0x9e: "Shared Subscriptions not supported",
  0x9f: "Connection rate exceeded",
  0xa0: "Maximum connect time",
  0xa1: "Subscription Identifiers not supported",
  0xa2: "Wildcard Subscriptions not supported",
};

/** Reason codes of acknowledgements (MQTT 5, 2.4). */
export const REASONS: Record<number, string> = {
  0x00: "Success",
  0x10: "No matching subscribers",
  ...FAILURES,
};
export const SUBACK_REASONS: Record<number, string> = {
  0x00: "Granted QoS 0",
  0x01: "Granted QoS 1",
  0x02: "Granted QoS 2",
  ...FAILURES,
};
export const UNSUBACK_REASONS: Record<number, string> = {
  0x00: "Success",
  0x11: "No subscription existed",
  ...FAILURES,
};
export const DISCONNECT_REASONS: Record<number, string> = {
  0x00: "Normal disconnection",
  0x04: "Disconnect with Will Message",
  ...FAILURES,
};
export const AUTH_REASONS: Record<number, string> = {
  0x00: "Success",
  0x18: "Continue authentication",
  0x19: "Re-authenticate",
};

/** Properties (MQTT 5, 2.2.2.2, table 2-4). */
export const PROPERTIES: Record<number, string> = {
  0x01: "Payload Format Indicator",
  0x02: "Message Expiry Interval",
  0x03: "Content Type",
  0x08: "Response Topic",
  0x09: "Correlation Data",
  0x0b: "Subscription Identifier",
  0x11: "Session Expiry Interval",
  0x12: "Assigned Client Identifier",
  0x13: "Server Keep Alive",
  0x15: "Authentication Method",
  0x16: "Authentication Data",
  0x17: "Request Problem Information",
  0x18: "Will Delay Interval",
  0x19: "Request Response Information",
  0x1a: "Response Information",
  0x1c: "Server Reference",
  0x1f: "Reason String",
  0x21: "Receive Maximum",
  0x22: "Topic Alias Maximum",
  0x23: "Topic Alias",
  0x24: "Maximum QoS",
  0x25: "Retain Available",
  0x26: "User Property",
  0x27: "Maximum Packet Size",
  0x28: "Wildcard Subscription Available",
  0x29: "Subscription Identifier Available",
  0x2a: "Shared Subscription Available",
};
