/**
 * The frame of an MQTT packet: where it ends, and what was found in it.
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { Type } from "./mqtt_names.ts";
import { MqttProperties } from "./mqtt_properties.ts";

export const UNKNOWN_VERSION = 0;
export const V31 = 3;
export const V311 = 4;
export const V5 = 5;

/** Gives the topics that aliases stand for. */
export interface Aliases {
  topicOf(alias: number): string | undefined;
}

/** One packet, for who follows the conversation; one object serves all. */
export class MqttPacket {
  /** Protocol level in force; 0 unknown. CONNECT sets it. */
  version = UNKNOWN_VERSION;
  /** The conversation's CONNECT is not in the capture. */
  connectUnseen = false;
  /** Bytes of the fixed header. */
  headerLength = 0;
  /** Bytes in all. */
  length = 0;
  type = 0;
  flags = 0;
  /** -1: has none. */
  packetId = -1;
  /** Reason or return code; -1: has none. For SUBACK the first that is a failure, else 0. */
  reason = -1;
  /** Acknowledge flags of CONNACK, connect flags of CONNECT. */
  connectFlags = 0;
  /** Seconds. */
  keepAlive = 0;
  /** Topic filters of SUBSCRIBE and UNSUBSCRIBE, results of SUBACK and UNSUBACK. */
  filters = 0;
  /** The topic of PUBLISH, the first filter of SUBSCRIBE and UNSUBSCRIBE. */
  topicAt = 0;
  topicLength = 0;
  /** The topic when an alias stood for it. */
  topic: string | undefined = undefined;
  payloadAt = 0;
  payloadLength = 0;
  aliases: Aliases | undefined = undefined;
  readonly properties = new MqttProperties();
}

/** Returned by `measureMqtt`: the header is not complete. */
export const INCOMPLETE = -1;
/** Returned by `measureMqtt`: the remaining length has more than four bytes. */
export const NO_LENGTH = -2;

/**
 * Reads the fixed header at `d.pos` and leaves the cursor there.
 *
 * @returns how many bytes the packet has in all
 */
export function measureMqtt(d: Dissection, packet: MqttPacket): number {
  const data = d.data;
  const end = d.end;
  const start = d.pos;
  let length = 0;
  for (let i = 1; i <= 4; i++) {
    if (start + i >= end) return INCOMPLETE;
    const byte = data[start + i]!;
    length |= (byte & 0x7f) << 7 * (i - 1);
    if (byte < 0x80) {
      packet.headerLength = i + 1;
      packet.length = i + 1 + length;
      return packet.length;
    }
  }
  return NO_LENGTH;
}

const NAMES = ["MQTT", "MQIsdp"];

/** Whether the bytes begin with a CONNECT packet, or as much of one as there is (at least 4 bytes). */
export function looksLikeMqttConnect(d: Dissection): boolean {
  const data = d.data;
  const end = d.end;
  let at = d.pos;
  if (end - at < 4 || data[at] !== Type.Connect << 4) return false;
  at++;
  for (let i = 0; data[at]! > 0x7f; i++, at++) {
    if (i === 3 || at + 1 >= end) return false;
  }
  at++;
  return NAMES.some((name) => hasName(data, at, end, name));
}

/** Whether name and version follow, as far as the bytes go. */
function hasName(data: Uint8Array, at: number, end: number, name: string): boolean {
  const length = name.length;
  if (at >= end) return false;
  for (let i = 0; i < length + 3 && at + i < end; i++) {
    const byte = data[at + i]!;
    if (i === 0 && byte !== 0 || i === 1 && byte !== length) return false;
    if (i >= 2 && i < length + 2 && byte !== name.charCodeAt(i - 2)) return false;
    // Bit 7 marks a bridge (Mosquitto).
    if (i === length + 2 && ((byte & 0x7f) < 3 || (byte & 0x7f) > 5)) return false;
  }
  return true;
}
