import type { Gap, Update } from "../../../gateway/sessions/messages.ts";
import type { ClockEstimate } from "../../client/client.ts";
import { type AllSamples, type DelaySource, GRACE, type WayName } from "./delay_source.ts";
import { payloadKey, payloadValue, valueKey } from "./payload_key.ts";
import { ReferenceMatcher } from "./reference_matcher.ts";

/** Their messages say more than the value: unit, time, node. */
const READINGS = "edgewire/v1/readings/";

/**
 * A message may be here before the gateway's own time of it, milliseconds: what the gateway itself
 * publishes reaches its room once the broker has acknowledged it, and clocks drift.
 */
const AHEAD = 250;

/**
 * Somebody's messages on a topic: what the room has is the reference, and delays count from when
 * the gateway took the message in, by the gateway's clock.
 */
export class TopicSource implements DelaySource {
  expected = 0;
  /** Whether updates count now. */
  counting = false;
  readonly #samples: AllSamples;
  readonly #clock: () => ClockEstimate;
  readonly #pollPeriod: number;
  readonly #reading: boolean;
  readonly #matchers: Record<"mqtt" | "relay" | "poll", ReferenceMatcher>;
  #gaps = 0;
  /** `id` of the last answer's update. */
  #polled: string | undefined;

  constructor(
    topic: string,
    samples: AllSamples,
    clock: () => ClockEstimate,
    pollPeriod: number,
  ) {
    this.#samples = samples;
    this.#clock = clock;
    this.#pollPeriod = pollPeriod;
    this.#reading = topic.startsWith(READINGS);
    const matcher = (way: "mqtt" | "relay" | "poll") =>
      new ReferenceMatcher((number, time, at) => this.#add(way, number, time, at));
    this.#matchers = { mqtt: matcher("mqtt"), relay: matcher("relay"), poll: matcher("poll") };
  }

  message(way: "mqtt" | "relay", payload: Uint8Array, at: number): void {
    if (way === "mqtt") {
      const value = this.#reading ? payloadValue(payload) : undefined;
      const inner = (value as { value?: unknown } | null | undefined)?.value;
      this.#matchers.mqtt.message(inner === undefined ? payloadKey(payload) : valueKey(inner), at);
      return;
    }
    const stamped = payloadValue(payload) as { timestamp?: unknown; message?: unknown } | null;
    if (typeof stamped?.timestamp !== "number") return;
    this.#matchers.relay.message(valueKey(stamped.message), at, stamped.timestamp);
  }

  update(update: Update, at: number): void {
    if (!this.counting) return;
    const number = this.expected++;
    const { steady, roundTrip } = this.#clock();
    const from = update.time - steady - roundTrip - AHEAD;
    const key = valueKey(update.value);
    this.#add("room", number, update.time, at);
    this.#matchers.mqtt.reference(key, number, update.time, at, from);
    this.#matchers.relay.reference(key, number, update.time, at, from);
    this.#matchers.poll.reference(update.id, number, update.time, at, from);
  }

  /**
   * The room was thinned out: this many updates, of this topic or others, did not come. After a cut
   * of power most of the numbers never were any.
   */
  gap({ from, to, reason }: Gap): void {
    if (this.counting && reason !== "restart") this.#gaps += to - from + 1;
  }

  polled(update: Update, at: number): void {
    if (update.id === this.#polled) return;
    this.#polled = update.id;
    this.#matchers.poll.message(update.id, at);
  }

  lost(way: WayName, now: number, final: boolean): { count: number; upTo?: boolean } {
    if (way === "room") return { count: this.#gaps, ...(this.#gaps > 0 ? { upTo: true } : {}) };
    const grace = GRACE + (way === "poll" ? this.#pollPeriod : 0);
    return { count: this.#matchers[way].lost(final ? Infinity : now - grace) };
  }

  open(relayed: boolean): boolean {
    return this.#matchers.mqtt.open > 0 || (relayed && this.#matchers.relay.open > 0);
  }

  /** @param since On the gateway's clock. */
  #add(way: WayName, number: number, since: number, at: number): void {
    this.#samples[way].add(number, at, at + this.#clock().steady - since);
  }
}
