/**
 * What a message looks like on its way to the cloud.
 *
 * @module
 */
import type { DropReason } from "./drop_book.ts";
import { encodeEnvelope, type Stamp, userProperties } from "./stamp.ts";
import { type Upload, UploadKind } from "./upload.ts";

/** What is the same for all. */
export interface OutgoingForm {
  /** Names the log that numbers belong to, and the gateway on a message's way. */
  epoch: string;
  /** Before each topic. */
  prefix: string;
  /** Epoch, numbers and way go in an envelope around the payload. */
  envelope: boolean;
}

export interface Outgoing {
  topic: string;
  payload: Uint8Array;
  /** `null`: none can be given. */
  userProperties: Record<string, string> | null;
}

/** A range that the cloud will not get, as it is told: JSON. Numbers are `n`, both inclusive. */
export interface DropNotice {
  epoch: string;
  channel: string;
  from: number;
  to: number;
  count: number;
  reason: DropReason;
  /** When it is told, Unix milliseconds. */
  time: number;
}

const encoder = new TextEncoder();

/** @param time When the message came in, Unix milliseconds. */
export function outgoing(
  { kind, channel, topic, seq, n, via, payload }: Upload,
  time: number,
  { epoch, prefix, envelope }: OutgoingForm,
  version: 4 | 5,
): Outgoing {
  const none = version === 5 ? {} : null;
  if (kind !== UploadKind.update) return { topic, payload, userProperties: none };
  const way = via === "" ? [epoch] : [...via.split(","), epoch];
  const stamp: Stamp = { epoch, channel, seq, n, time: Math.round(time), via: way };
  const whole = prefix + topic;
  if (envelope) {
    return { topic: whole, payload: encodeEnvelope(stamp, payload), userProperties: none };
  }
  return { topic: whole, payload, userProperties: version === 5 ? userProperties(stamp) : null };
}

/** How the cloud is told of a range that it will not get. */
export function outgoingDrop(
  notice: DropNotice,
  { epoch, prefix }: OutgoingForm,
  version: 4 | 5,
): Outgoing {
  return {
    topic: `${prefix}edgewire/v1/uplink/${epoch}/dropped`,
    payload: encoder.encode(JSON.stringify(notice)),
    userProperties: version === 5 ? {} : null,
  };
}
