/**
 * One message for the cloud as the outbox keeps it: bytes.
 *
 * Version u8 (1), kind u8, lengths of channel, topic and way u16 each, `seq` f64, `n` f64, then
 * channel, topic and way as UTF-8, and the payload. Little-endian.
 *
 * @module
 */

/** What becomes of it at the cloud. */
export const UploadKind = {
  /** An update, with a stamp. */
  update: 0,
  /** What a rule made: its topic is whole, and nothing is told beside the payload. */
  templated: 1,
  /** The same, for a cloud that acknowledges nothing: QoS 0. */
  templatedQos0: 2,
} as const;

export interface Upload {
  kind: number;
  /** Channel of the update. */
  channel: string;
  /** Without the prefix; of a rule, whole. */
  topic: string;
  /** Number in the channel. */
  seq: number;
  /** Counts the uploaded messages of the channel, from 1. */
  n: number;
  /** Gateways that it came through, oldest first, comma separated; "": it began here. */
  via: string;
  payload: Uint8Array;
}

const VERSION = 1;
const HEAD = 24;
/** Of each text, UTF-8; MQTT's own bound of a topic. */
const MAX_TEXT = 65_535;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
let scratch = new Uint8Array(1 << 12);

/** @throws {RangeError} if a text is longer than 65,535 bytes. */
export function encodeUpload(upload: Upload): Uint8Array {
  const { kind, channel, topic, via, seq, n, payload } = upload;
  const most = HEAD + 3 * (channel.length + topic.length + via.length) + payload.length;
  if (scratch.length < most) scratch = new Uint8Array(most * 2);
  const view = new DataView(scratch.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, kind);
  view.setFloat64(8, seq, true);
  view.setFloat64(16, n, true);
  let end = HEAD;
  end += text(view, 2, channel, end);
  end += text(view, 4, topic, end);
  end += text(view, 6, via, end);
  scratch.set(payload, end);
  return scratch.slice(0, end + payload.length);
}

function text(view: DataView, lengthAt: number, value: string, at: number): number {
  const { written } = encoder.encodeInto(value, scratch.subarray(at));
  if (written > MAX_TEXT) throw new RangeError("a topic or channel is longer than 65,535 bytes");
  view.setUint16(lengthAt, written, true);
  return written;
}

/** @returns `null` if the bytes are none, or of a version that is not known. */
export function decodeUpload(data: Uint8Array): Upload | null {
  if (data.length < HEAD || data[0] !== VERSION) return null;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const topicAt = HEAD + view.getUint16(2, true);
  const viaAt = topicAt + view.getUint16(4, true);
  const payloadAt = viaAt + view.getUint16(6, true);
  if (payloadAt > data.length) return null;
  return {
    kind: data[1]!,
    channel: decoder.decode(data.subarray(HEAD, topicAt)),
    topic: decoder.decode(data.subarray(topicAt, viaAt)),
    via: viaAt === payloadAt ? "" : decoder.decode(data.subarray(viaAt, payloadAt)),
    seq: view.getFloat64(8, true),
    n: view.getFloat64(16, true),
    payload: data.subarray(payloadAt),
  };
}
