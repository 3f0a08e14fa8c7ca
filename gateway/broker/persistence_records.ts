/**
 * What the embedded broker keeps on disk, as bytes. Each record begins with its version; one of a
 * version that is not known reads as `null`, and stays as it is.
 *
 * A message: version u8, flags u8 (those of PUBLISH, MQTT 3.1.1 table 3.1: retain 0x01, QoS 0x06,
 * dup 0x08), length of the topic u16, topic as UTF-8, payload.
 * Its state in a queue: version u8, flags u8 (0x01: released, 0x02: with RETAIN), QoS u8, packet
 * identifier u16 (0: none yet). A session: version u8, then JSON. Big-endian, as MQTT.
 *
 * @module
 */
import { Buffer } from "node:buffer";

export type Qos = 0 | 1 | 2;

/** What is kept of a message. */
export interface MessageRecord {
  topic: string;
  /** A string where the broker was given one. */
  payload: Uint8Array | string;
  qos: Qos;
  retain: boolean;
  dup: boolean;
}

/** How far a message is with one client. */
export interface QueueState {
  /** Only its release is outstanding. */
  released: boolean;
  /** It goes with RETAIN. */
  retain: boolean;
  /** At which it goes to this client. */
  qos: Qos;
  messageId: number | undefined;
}

/** As `aedes` has it; what follows `qos` is of MQTT 5. */
export interface Subscription {
  topic: string;
  qos: Qos;
  rh?: number;
  rap?: boolean;
  nl?: boolean;
  subscriptionIdentifier?: number;
}

export interface SessionRecord {
  /** Stands for the client id in keys. */
  number: number;
  /** Since when the client is away, Unix ms; `null`: it is connected. */
  away: number | null;
  subscriptions: Subscription[];
}

const VERSION = 1;
const MESSAGE_HEAD = 4;
const RETAIN = 0x01;
const QOS = 0x06;
const DUP = 0x08;
const RELEASED = 0x01;
const WITH_RETAIN = 0x02;

/** Of what is there or not, and says no more. */
export const PRESENT = Uint8Array.of(VERSION);

/** @param message Its topic takes 65,535 bytes at most [MQTT-1.5.3]. */
export function encodeMessage({ topic, payload, qos, retain, dup }: MessageRecord): Uint8Array {
  const topicBytes = Buffer.byteLength(topic);
  const payloadBytes = typeof payload === "string" ? Buffer.byteLength(payload) : payload.length;
  const bytes = Buffer.allocUnsafeSlow(MESSAGE_HEAD + topicBytes + payloadBytes);
  bytes[0] = VERSION;
  bytes[1] = (retain ? RETAIN : 0) | qos << 1 | (dup ? DUP : 0);
  bytes.writeUInt16BE(topicBytes, 2);
  bytes.write(topic, MESSAGE_HEAD);
  const at = MESSAGE_HEAD + topicBytes;
  if (typeof payload === "string") bytes.write(payload, at);
  else bytes.set(payload, at);
  return bytes;
}

export function decodeMessage(record: Uint8Array): MessageRecord | null {
  const bytes = bufferOf(record);
  if (bytes[0] !== VERSION || bytes.length < MESSAGE_HEAD) return null;
  const flags = bytes[1]!;
  const end = MESSAGE_HEAD + bytes.readUInt16BE(2);
  if (end > bytes.length) return null;
  return {
    topic: bytes.toString("utf8", MESSAGE_HEAD, end),
    payload: Buffer.from(bytes.subarray(end)),
    qos: Math.min(2, (flags & QOS) >> 1) as Qos,
    retain: (flags & RETAIN) !== 0,
    dup: (flags & DUP) !== 0,
  };
}

export function encodeState(state: QueueState): Uint8Array {
  const { released, retain, qos, messageId = 0 } = state;
  const flags = (released ? RELEASED : 0) | (retain ? WITH_RETAIN : 0);
  return Uint8Array.of(VERSION, flags, qos, messageId >> 8, messageId & 0xff);
}

export function decodeState(record: Uint8Array): QueueState | null {
  const [version, flags, qos, high, low] = record;
  if (version !== VERSION || low === undefined) return null;
  const messageId = high! << 8 | low;
  return {
    released: (flags! & RELEASED) !== 0,
    retain: (flags! & WITH_RETAIN) !== 0,
    qos: Math.min(2, qos!) as Qos,
    messageId: messageId === 0 ? undefined : messageId,
  };
}

export function encodeSession(session: SessionRecord): Uint8Array {
  const text = JSON.stringify(session);
  const bytes = Buffer.allocUnsafeSlow(1 + Buffer.byteLength(text));
  bytes[0] = VERSION;
  bytes.write(text, 1);
  return bytes;
}

export function decodeSession(record: Uint8Array): SessionRecord | null {
  if (record[0] !== VERSION) return null;
  try {
    return JSON.parse(bufferOf(record).toString("utf8", 1));
  } catch {
    return null;
  }
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
