/**
 * What of a PUBLISH packet tells where it stands: topic, user properties, payload.
 *
 * @module
 */
import type { UserProperties } from "../uplink/stamp.ts";

/** Parts of one packet. */
export interface ReadPublish {
  topic: string;
  dup: boolean;
  retain: boolean;
  /** A part of the packet. */
  payload: Uint8Array;
  /** `undefined`: there are none. */
  userProperties: UserProperties | undefined;
}

const USER_PROPERTY = 0x26;
/** Bytes of the values of PUBLISH's properties (MQTT 5, 3.3.2.3); -1 by length, -2 variable integer. */
const SIZES: Readonly<Record<number, number>> = {
  0x01: 1,
  0x02: 4,
  0x03: -1,
  0x08: -1,
  0x09: -1,
  0x0b: -2,
  0x23: 2,
};

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads a packet that a decoder has found whole.
 *
 * @param packet All its bytes.
 * @param payload Length of its payload.
 * @param topic What a topic alias stands for; without it the packet has its own.
 */
export function readPublish(packet: Uint8Array, payload: number, topic?: string): ReadPublish {
  const first = packet[0]!;
  let at = 1;
  while (packet[at++]! >= 0x80);
  const topicAt = at + 2;
  const topicEnd = topicAt + (packet[at]! << 8 | packet[at + 1]!);
  const payloadAt = packet.length - payload;
  const propertiesAt = topicEnd + ((first & 0x06) === 0 ? 0 : 2);
  return {
    topic: topic ?? decoder.decode(packet.subarray(topicAt, topicEnd)),
    dup: (first & 0x08) !== 0,
    retain: (first & 0x01) !== 0,
    payload: packet.subarray(payloadAt),
    userProperties: propertiesAt < payloadAt
      ? readProperties(packet.subarray(propertiesAt, payloadAt))
      : undefined,
  };
}

function readProperties(bytes: Uint8Array): UserProperties | undefined {
  let found: UserProperties | undefined;
  let at = behindInteger(bytes, 0);
  while (at < bytes.length) {
    const id = bytes[at++]!;
    if (id === USER_PROPERTY) {
      const nameEnd = behindText(bytes, at);
      const name = decoder.decode(bytes.subarray(at + 2, nameEnd));
      at = behindText(bytes, nameEnd);
      found ??= {};
      found[name] ??= decoder.decode(bytes.subarray(nameEnd + 2, at));
      continue;
    }
    const size = SIZES[id];
    if (size === undefined) return found;
    if (size === -1) at = behindText(bytes, at);
    else if (size === -2) at = behindInteger(bytes, at);
    else at += size;
  }
  return found;
}

function behindText(bytes: Uint8Array, at: number): number {
  return at + 2 + ((bytes[at] ?? 0) << 8 | (bytes[at + 1] ?? 0));
}

function behindInteger(bytes: Uint8Array, at: number): number {
  while (at < bytes.length && bytes[at]! >= 0x80) at++;
  return at + 1;
}
