import type { Update } from "../../../gateway/sessions/messages.ts";
import type { DelaySamples } from "./delay_samples.ts";

/** The ways of a value, in the order in which they are shown. */
export const WAYS = ["mqtt", "relay", "room", "poll"] as const;
export type WayName = typeof WAYS[number];

/** Where the page's own pings go; the gateway's default relay knows it. */
export const PING_TOPIC = "devices/delay/ping";

/** After which a message that has not come counts as lost, milliseconds. */
export const GRACE = 5000;

export type AllSamples = Readonly<Record<WayName, DelaySamples>>;

/** What is measured: where its messages come from, and how those of each way are told apart. */
export interface DelaySource {
  /** Messages so far of which each way should have one. */
  readonly expected: number;
  /** A message by MQTT. @param at When it came, `performance.now()`, as everywhere here */
  message(way: "mqtt" | "relay", payload: Uint8Array, at: number): void;
  /** An update of the topic in its room. */
  update(update: Update, at: number): void;
  /** The newest value, as an answer of the HTTP API says it. */
  polled(update: Update, at: number): void;
  /**
   * Messages that a way did not bring; `upTo` where it cannot be said exactly.
   *
   * @param final The run is over: nothing is under way any more.
   */
  lost(way: WayName, now: number, final: boolean): { count: number; upTo?: boolean };
  /** Whether messages are under way still, polling aside. */
  open(relayed: boolean): boolean;
}
