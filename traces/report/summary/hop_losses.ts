/**
 * What a trace lacks behind each hop, for text and JSON alike.
 *
 * @module
 */
import { endpointText } from "../../flows/endpoint_text.ts";
import { MQTT, ROOM, WS } from "../../files/hop_line.ts";
import type { Missing } from "./hop_missing.ts";
import type { Hole, Subscription } from "./hop_sessions.ts";
import type { Hops } from "./hops.ts";
import type { Summary } from "./summary.ts";

/** One channel of one session that did not get everything. */
export interface SessionLoss {
  /** Client's address and port. */
  readonly session: string;
  /** What the client calls itself, if a packet told. */
  readonly client: string | undefined;
  /** `tcp.stream`. */
  readonly stream: number;
  readonly subscription: Subscription;
  readonly holes: readonly Hole[];
  /** Updates newer than the last it got, when the file ends: late or lost. */
  readonly behind: number;
}

/** Undefined where the file has no packets of one of the two hops. */
export interface HopLosses {
  readonly radioNotMqtt: Missing | undefined;
  readonly mqttNotRoom: Missing | undefined;
  readonly mqttNotWs: Missing | undefined;
  /** Those among them that a session with their channel went without. */
  readonly mqttNotWsHad: Missing;
  readonly roomNotWs: Missing | undefined;
  readonly roomNotWsHad: Missing;
  readonly sessions: readonly SessionLoss[];
}

/** Undefined when a filter chose the frames: those it left out would look lost. */
export function hopLosses(hops: Hops, { lastTime, filter }: Summary): HopLosses | undefined {
  if (filter !== undefined) return undefined;
  const missing = hops.updates.missing(lastTime);
  const [mqtt, room, ws] = [hops.has(MQTT), hops.has(ROOM), hops.has(WS)];
  return {
    radioNotMqtt: mqtt ? hops.ids.lost(lastTime) : undefined,
    mqttNotRoom: mqtt && room ? missing.mqttNotRoom : undefined,
    mqttNotWs: mqtt && ws ? missing.mqttNotWs : undefined,
    mqttNotWsHad: missing.mqttNotWsHad,
    roomNotWs: room && ws ? missing.roomNotWs : undefined,
    roomNotWsHad: missing.roomNotWsHad,
    sessions: sessionLosses(hops, lastTime),
  };
}

/** Most missing first. */
function sessionLosses(hops: Hops, end: number): SessionLoss[] {
  const settled = new Map<unknown, number[]>();
  const behind = ({ channel, last, left }: Subscription, open: boolean) => {
    if (!open || left || last < 0) return 0;
    let numbers = settled.get(channel);
    if (numbers === undefined) settled.set(channel, numbers = hops.updates.settled(channel, end));
    return numbers.length - upperBound(numbers, last);
  };
  return hops.sessions.all
    .flatMap(({ of, subscriptions }) =>
      [...subscriptions.values()].map((subscription): SessionLoss => ({
        session: endpointText(of, of.client),
        client: hops.clients.idOf(of),
        stream: of.index,
        subscription,
        holes: [...subscription.holes].sort((a, b) => a.from - b.from),
        behind: behind(subscription, of.closed === ""),
      }))
    )
    .filter(({ subscription: { missing, unknown, thinned }, behind }) =>
      missing + unknown + thinned + behind > 0
    )
    .sort((a, b) =>
      b.subscription.missing - a.subscription.missing || b.behind - a.behind ||
      b.subscription.thinned - a.subscription.thinned ||
      b.subscription.unknown - a.subscription.unknown
    );
}

/** How many of the ordered numbers are not above `value`. */
function upperBound(numbers: readonly number[], value: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
