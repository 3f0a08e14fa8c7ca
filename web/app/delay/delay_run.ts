import type { Gap, Update } from "../../../gateway/sessions/messages.ts";
import type { ClockEstimate } from "../../client/client.ts";
import { randomId } from "../../client/random_id.ts";
import type { Store } from "../store.ts";
import { ChannelPoll } from "./channel_poll.ts";
import { DelaySamples } from "./delay_samples.ts";
import type { AllSamples, DelaySource, WayName } from "./delay_source.ts";
import { MqttLink, type WayState } from "./mqtt_link.ts";
import { PingSource } from "./ping_source.ts";
import { saveRun } from "./run_export.ts";
import { TopicSource } from "./topic_source.ts";

/** What a run measures, and how. */
export interface RunSettings {
  source: "ping" | "topic";
  topic: string;
  channel: string;
  /** Where the gateway republishes the topic; `undefined`: nowhere. */
  relay: string | undefined;
  /** Pings per second; of no meaning for a topic. */
  rate: number;
  qos: 0 | 1;
  /** From one request of the HTTP API to the next, milliseconds. */
  poll: number;
}

/** One comparison of the clocks. */
export interface ClockSample extends ClockEstimate {
  /** `performance.now()` */
  at: number;
}

const READY_WITHIN = 5000;
const LAST_WITHIN = 1000;
const LOOK_EVERY = 50;
const TRIAL_EVERY = 100;
const CLOCK_EVERY = 1000;
/** Comparisons that an export holds: the newest. */
const CLOCK_KEPT = 1000;

const OFF: WayState = { state: "off" };
const ROOM_OPEN: WayState = { state: "open" };

/** One run over all ways, from {@linkcode start} to {@linkcode stop} or {@linkcode dispose}. */
export class DelayRun {
  phase: "starting" | "running" | "stopping" | "ended" = "starting";
  /** Nobody sees the page: browsers hold back its timers. */
  hidden: boolean = document.hidden;
  samples!: AllSamples;
  /** When it began, Unix milliseconds of the gateway. */
  started = 0;
  /** Pings that could not be sent for want of a connection. */
  unsent = 0;
  clocks: ClockSample[] = [];
  #source!: DelaySource;
  #active = 0;
  #since: number | undefined;
  #links: { mqtt?: MqttLink; relay?: MqttLink; sender?: MqttLink; poll?: ChannelPoll } = {};
  readonly #ended = new AbortController();
  readonly #releases: (() => void)[] = [];

  /** @param changed Called when what the page shows of it changed, counts aside. */
  constructor(
    readonly store: Store,
    readonly settings: RunSettings,
    readonly changed: () => void,
  ) {
    this.clear();
  }

  /** Messages so far that each way should have. */
  get expected(): number {
    return this.#source.expected;
  }

  /** How long it has measured, milliseconds; pauses do not count. */
  get length(): number {
    return this.#active + (this.#since === undefined ? 0 : performance.now() - this.#since);
  }

  /** The gateway's clock against ours. */
  get clock(): ClockEstimate {
    return this.store.client.clock ?? { offset: 0, steady: performance.timeOrigin, roundTrip: 0 };
  }

  lost(way: WayName): { count: number; upTo?: boolean } {
    return this.#source.lost(way, performance.now(), this.phase === "ended");
  }

  /** How a way fares. */
  state(way: WayName): WayState {
    const link = this.#links[way as "mqtt" | "relay" | "poll"];
    if (link) return link.state;
    if (way !== "room" || this.phase === "ended") return OFF;
    if (this.store.connection.value.state !== "connected") {
      return { state: "away", reason: this.store.lost.value ?? "no connection" };
    }
    return ROOM_OPEN;
  }

  /** What it does now, in words. */
  get words(): string {
    switch (this.phase) {
      case "starting":
        return "Connecting on all ways…";
      case "stopping":
        return "Waiting for what is under way…";
      case "ended":
        return "Ended.";
    }
    if (this.hidden) {
      return "Paused while nobody sees the page: browsers hold back the timers of hidden pages.";
    }
    if (this.settings.source === "topic") return "Measuring.";
    const { state, reason = "no connection" } = this.#links.sender?.state ?? OFF;
    if (state === "open") return "Sending.";
    return `Cannot send: ${reason}. What is due now counts as lost.`;
  }

  /** Begins anew with what is counted; connections stay. */
  clear(): void {
    const ways = () => new DelaySamples();
    this.samples = { mqtt: ways(), relay: ways(), room: ways(), poll: ways() };
    this.started = this.store.time();
    this.unsent = 0;
    this.clocks = [];
    this.#active = 0;
    if (this.#since !== undefined) this.#since = performance.now();
    this.#source = this.#newSource();
  }

  #enter(phase: DelayRun["phase"]): void {
    this.phase = phase;
    this.changed();
  }

  #newSource(): DelaySource {
    const { source, topic, poll } = this.settings;
    if (source === "ping") return new PingSource(randomId(), this.samples, poll);
    const made = new TopicSource(topic, this.samples, () => this.clock, poll);
    made.counting = this.#since !== undefined;
    return made;
  }

  /** Connects, waits until the ways are open, and measures. */
  async start(): Promise<void> {
    this.#open();
    await this.#ready();
    if (this.#ended.signal.aborted || this.phase !== "starting") return;
    this.#enter("running");
    this.started = this.store.time();
    this.#resume();
    if (this.settings.source === "ping") this.#send(performance.now());
    this.#poll();
  }

  /** An open way shows that the gateway is back: the room, which waits longer, tries at once. */
  #linked(): void {
    const open = Object.values(this.#links).some(({ state }) => state.state === "open");
    if (open && this.store.connection.peek().state === "waiting") this.store.client.retryNow();
    this.changed();
  }

  #open(): void {
    const { source, topic, relay, qos, channel } = this.settings;
    const { signal } = this.#ended;
    const reader = (way: "mqtt" | "relay", from: string) =>
      new MqttLink({
        topic: from,
        qos,
        onState: () => this.#linked(),
        onMessage: (payload, at) => this.#source.message(way, payload, at),
      });
    this.#links.mqtt = reader("mqtt", topic);
    if (relay !== undefined) this.#links.relay = reader("relay", relay);
    if (source === "ping") {
      this.#links.sender = new MqttLink({
        qos,
        onState: () => this.#linked(),
      });
    }
    const { model, release } = this.store.watch(channel);
    const listener = {
      update: (update: Update) => {
        if (update.topic === topic) this.#source.update(update, performance.now());
      },
      gap: (gap: Gap) => {
        if (this.#source instanceof TopicSource) this.#source.gap(gap);
      },
    };
    model.listeners.add(listener);
    this.#releases.push(() => model.listeners.delete(listener), release);
    document.addEventListener("visibilitychange", () => this.#seen(), { signal });
    this.#compare();
  }

  /** Until every way is open, and has brought a trial where we send; but not for ever. */
  async #ready(): Promise<void> {
    const links = Object.values(this.#links);
    await this.#until(() => links.every((link) => link.state.state === "open"));
    const source = this.#source;
    if (!(source instanceof PingSource)) return;
    const ways: WayName[] = ["mqtt", "room", ...(this.settings.relay ? ["relay" as const] : [])];
    let tried = 0;
    await this.#until(() => {
      const now = performance.now();
      if (now - tried > TRIAL_EVERY) {
        tried = now;
        this.#links.sender?.publish(this.settings.topic, source.trial(now));
      }
      return ways.every((way) => source.tried.has(way));
    });
  }

  async #until(done: () => boolean, within = READY_WITHIN): Promise<void> {
    const end = performance.now() + within;
    while (!this.#ended.signal.aborted && performance.now() < end && !done()) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
  }

  /** Sends a ping when one is due; what was missed meanwhile is not made up for. */
  #send(due: number): void {
    if (this.phase !== "running") return;
    const now = performance.now();
    if (!this.hidden && this.#source instanceof PingSource) {
      const text = this.#source.next(now);
      if (!this.#links.sender?.publish(this.settings.topic, text)) this.unsent++;
    }
    const next = Math.max(due + 1000 / this.settings.rate, now);
    setTimeout(() => this.#send(next), next - now);
  }

  #poll(): void {
    const { channel, topic, poll: period } = this.settings;
    this.#links.poll = new ChannelPoll({
      channel,
      topic,
      period,
      // A channel that is not there is no mistake of ours: it comes with its first message.
      active: () => !this.hidden && (this.store.channels.peek()?.includes(channel) ?? true),
      onValue: (update, at) => this.#source.polled(update, at),
    });
  }

  /** Notes how the clocks compare, which the view has asked. */
  #compare(): void {
    if (this.#ended.signal.aborted) return;
    this.clocks.push({ at: performance.now(), ...this.clock });
    if (this.clocks.length > CLOCK_KEPT) this.clocks.shift();
    setTimeout(() => this.#compare(), CLOCK_EVERY);
  }

  #seen(): void {
    this.hidden = document.hidden;
    this.changed();
    if (this.phase !== "running") return;
    if (document.hidden) this.#pause();
    else this.#resume();
  }

  #pause(): void {
    this.#active = this.length;
    this.#since = undefined;
    if (this.#source instanceof TopicSource) this.#source.counting = false;
  }

  #resume(): void {
    if (this.hidden) return;
    this.#since = performance.now();
    if (this.#source instanceof TopicSource) this.#source.counting = true;
  }

  /** Ends it once what is under way has come, or has had a second. */
  async stop(): Promise<void> {
    if (this.phase !== "running") return this.dispose();
    this.#enter("stopping");
    this.#pause();
    const relayed = this.settings.relay !== undefined;
    await this.#until(() => !this.#source.open(relayed), LAST_WITHIN);
    await this.#links.poll?.ask();
    this.dispose();
  }

  /** Has the browser keep what was measured as a file. */
  save(form: "json" | "csv"): Promise<void> {
    return saveRun(this, form);
  }

  /** Ends it now: connections closed, polling ended. What was measured stays. */
  dispose(): void {
    if (this.#ended.signal.aborted) return;
    if (this.#since !== undefined) this.#pause();
    this.#ended.abort();
    for (const link of Object.values(this.#links)) link.close();
    for (const release of this.#releases) release();
    this.#enter("ended");
  }
}
