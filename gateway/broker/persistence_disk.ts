/**
 * Where the embedded broker's sessions are on disk: the spaces of the map, and their keys.
 *
 * @module
 */

/** A map that lasts; `Store` is one. */
export interface DurableMap {
  /** @param value `null`: the key is removed. */
  put(space: string, key: string, value: Uint8Array | null): void;
  /** All of a space, in no order, in pieces. */
  entriesOf(space: string): AsyncIterable<[key: string, value: Uint8Array][]>;
}

/**
 * | space | key | value |
 * |---|---|---|
 * | sessions | client id | number of the session, subscriptions |
 * | messages | number of the message | the message, once for all queues that it waits in |
 * | queue | number of the session, number of the message | how far it is with this client |
 * | incoming | number of the session, packet identifier | nothing |
 * | retained | topic | the message |
 * | wills | client id | the message |
 */
export const SPACES = {
  sessions: "mqtt/sessions",
  messages: "mqtt/messages",
  queue: "mqtt/queue",
  incoming: "mqtt/incoming",
  retained: "mqtt/retained",
  wills: "mqtt/wills",
} as const;

/** Of numbers in keys. */
const RADIX = 36;

export function numberKey(n: number): string {
  return n.toString(RADIX);
}

/** Of what belongs to a session. */
export function memberKey(session: number, n: number): string {
  return `${session.toString(RADIX)}.${n.toString(RADIX)}`;
}

/** Numbers of a key; `NaN` where it is none of ours. */
export function keyNumbers(key: string): [first: number, second: number] {
  const [first, second] = key.split(".");
  return [parseInt(first!, RADIX), parseInt(second ?? "", RADIX)];
}
