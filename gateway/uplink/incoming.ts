/**
 * What a message says of the way that it took through other gateways' uplinks, so that none goes in
 * a circle.
 *
 * @module
 */
import type { IncomingMessage } from "../broker/broker.ts";
import { stampOf } from "./stamp.ts";

/** MQTT client ids of uplinks begin so; the gateway's id follows. */
export const CLIENT_ID = "edgewire-uplink-";

/** Gateways on a message's way at most. */
const MAX_HOPS = 8;

const ENVELOPE = new TextEncoder().encode('{"ew":1,');

function isEnvelope(payload: Uint8Array): boolean {
  return payload.length > ENVELOPE.length && ENVELOPE.every((byte, at) => payload[at] === byte);
}

/**
 * Takes a message of another gateway's uplink out of its envelope, and notes its way.
 *
 * @returns The message itself where it is none
 */
export function received(message: IncomingMessage): IncomingMessage {
  const { payload, userProperties, client } = message;
  const isUplink = client?.startsWith(CLIENT_ID) === true;
  const isStamped = userProperties?.["ew-epoch"] !== undefined;
  if (!isUplink && !isStamped && !isEnvelope(payload)) return message;
  const stamped = stampOf({ payload, properties: { userProperties } } as never);
  // Without a stamp it says nothing of its way: it may have begun here.
  if (stamped === null) return isUplink ? { ...message, via: null } : message;
  return { ...message, content: stamped.payload, via: stamped.stamp.via };
}

/** Whether a message is one that this gateway uploaded itself. @param id Of this gateway */
export function isEcho({ via }: IncomingMessage, id: string): boolean {
  return via?.includes(id) === true;
}

/**
 * The way of a message that is to be uploaded, as its stamp has it.
 *
 * @param message What came in; `null`: it began here
 * @param id Of this gateway
 * @returns `null`: it would go in a circle, or may
 */
export function wayOf(message: IncomingMessage | null, id: string): string | null {
  if (message === null || message.via === undefined) return "";
  const { via } = message;
  if (via === null || via.length >= MAX_HOPS || via.includes(id)) return null;
  return via.join(",");
}
