/**
 * What an uploaded message says of itself, so that the far side can prove that nothing is missing:
 * as MQTT 5 user properties, or in an envelope around the payload where there are none.
 *
 * The envelope is JSON: `{"ew":1,"epoch","channel","seq","n","time","via":[...]` and then the
 * payload, as `"payload"` where it is JSON, as `"text"` where it is other UTF-8, as `"base64"`
 * where it is neither.
 *
 * @module
 */

/** Where a message stands in the log that it comes from. */
export interface Stamp {
  /** Names the log. */
  epoch: string;
  channel: string;
  /** Number in the channel, from 0; those that are not uploaded count too. */
  seq: number;
  /** Counts the uploaded messages of this channel and epoch without a hole, from 1. */
  n: number;
  /** When it came in, Unix milliseconds. */
  time: number;
  /** Gateways that it went through, oldest first. */
  via: string[];
}

/** A payload as it was before the envelope. */
export interface Stamped {
  stamp: Stamp;
  payload: Uint8Array;
}

/** As a client hands out user properties; a name that comes twice has a list. */
export type UserProperties = { [name: string]: string | string[] };

/** What is looked at of a PUBLISH. */
export interface StampedPacket {
  payload: Uint8Array | string;
  properties?: { userProperties?: UserProperties | undefined } | undefined;
}

const VERSION = 1;
/** What every envelope of ours begins with. */
const BEGINNING = `{"ew":${VERSION},`;
/** With its contents. */
const MEMBERS = 8;
const CONTENTS = ["payload", "text", "base64"] as const;

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The user properties of a stamped PUBLISH (MQTT 5, 3.3.2.3.7). */
export function userProperties(stamp: Stamp): Record<string, string> {
  return {
    "ew-epoch": stamp.epoch,
    "ew-channel": stamp.channel,
    "ew-seq": String(stamp.seq),
    "ew-n": String(stamp.n),
    "ew-time": String(stamp.time),
    "ew-via": stamp.via.join(","),
  };
}

/** @returns `null` where the properties hold no stamp, or not a whole one */
export function stampOfProperties(properties: UserProperties): Stamp | null {
  if (properties["ew-n"] === undefined) return null;
  const value = (name: string) => {
    const given = properties[name];
    const first = Array.isArray(given) ? given[0] : given;
    return typeof first === "string" ? first : undefined;
  };
  const number = (name: string) => {
    const text = value(name);
    return text === undefined || !/^\d{1,16}$/.test(text) ? NaN : Number(text);
  };
  return checked({
    epoch: value("ew-epoch"),
    channel: value("ew-channel"),
    seq: number("ew-seq"),
    n: number("ew-n"),
    time: number("ew-time"),
    via: (value("ew-via") ?? "").split(",").filter((id) => id !== ""),
  });
}

/**
 * The stamp of a PUBLISH, from its user properties or its envelope, and its payload without that.
 *
 * @returns `null` for a message that has none
 */
export function stampOf({ payload, properties }: StampedPacket): Stamped | null {
  const bytes = typeof payload === "string" ? encoder.encode(payload) : payload;
  if (properties?.userProperties !== undefined) {
    const stamp = stampOfProperties(properties.userProperties);
    if (stamp !== null) return { stamp, payload: bytes };
  }
  return decodeEnvelope(bytes);
}

/** Puts a payload into an envelope; JSON stays as it is written, digit by digit. */
export function encodeEnvelope(stamp: Stamp, payload: Uint8Array): Uint8Array {
  const text = textOf(payload);
  const content = text === null
    ? `"base64":"${payload.toBase64()}"`
    : isJson(text)
    ? `"payload":${text}`
    : `"text":${JSON.stringify(text)}`;
  return encoder.encode(`${headOf(stamp)},${content}}`);
}

/** @returns `null` for what is no envelope, or not a whole one */
export function decodeEnvelope(bytes: Uint8Array): Stamped | null {
  if (!mayBeEnvelope(bytes)) return null;
  const text = textOf(bytes);
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return openEnvelope(value, text);
}

/** @param text How it was written, which JSON in the payload is cut from. */
function openEnvelope(value: unknown, text: string): Stamped | null {
  if (typeof value !== "object" || value === null) return null;
  const envelope = value as Record<string, unknown>;
  if (envelope.ew !== VERSION || !Array.isArray(envelope.via)) return null;
  if (!envelope.via.every((id) => typeof id === "string")) return null;
  const stamp = checked(envelope as Partial<Stamp>);
  if (stamp === null) return null;
  const payload = contentOf(envelope, stamp, text);
  return payload === null ? null : { stamp, payload };
}

/** Looks at the first bytes alone: most messages have no envelope. */
function mayBeEnvelope(bytes: Uint8Array): boolean {
  const open = 0x7b;
  return bytes.length > BEGINNING.length && bytes[0] === open &&
    // The first member may be another, and there may be spaces: what others wrote is read too.
    decoder.decode(bytes.subarray(0, 4096)).includes(`"ew"`);
}

function headOf({ epoch, channel, seq, n, time, via }: Stamp): string {
  return `${BEGINNING}"epoch":${JSON.stringify(epoch)},"channel":${JSON.stringify(channel)},` +
    `"seq":${seq},"n":${n},"time":${time},"via":${JSON.stringify(via)}`;
}

function contentOf(
  envelope: Record<string, unknown>,
  stamp: Stamp,
  written: string,
): Uint8Array | null {
  const given = CONTENTS.filter((name) => envelope[name] !== undefined);
  if (given.length !== 1) return null;
  if (given[0] === "payload") {
    const before = `${headOf(stamp)},"payload":`;
    return encoder.encode(
      Object.keys(envelope).length === MEMBERS && written.startsWith(before)
        ? written.slice(before.length, written.lastIndexOf("}"))
        : JSON.stringify(envelope.payload),
    );
  }
  const content = envelope[given[0]!];
  if (typeof content !== "string") return null;
  if (given[0] === "text") return encoder.encode(content);
  try {
    return Uint8Array.fromBase64(content);
  } catch {
    return null;
  }
}

function checked({ epoch, channel, seq, n, time, via }: Unchecked): Stamp | null {
  if (typeof epoch !== "string" || epoch === "" || typeof channel !== "string") return null;
  if (!isCount(seq, 0) || !isCount(n, 1) || !isCount(time, 0)) return null;
  return { epoch, channel, seq, n, time, via: via ?? [] };
}

type Unchecked = { [K in keyof Stamp]?: Stamp[K] | undefined };

function isCount(value: number | undefined, least: number): value is number {
  return Number.isSafeInteger(value) && value! >= least;
}

/** @returns `null` for what is no UTF-8 */
function textOf(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
