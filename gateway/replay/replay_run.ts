/**
 * One replay: reads the capture, publishes its messages when they are due.
 *
 * @module
 */
import type { CaptureEnd } from "../../traces/files/capture_reader.ts";
import type { ReplayMessage } from "../../traces/replay/replay_message.ts";
import { ReplayPlan } from "../../traces/replay/replay_plan.ts";
import type { SourceOptions } from "../../traces/replay/capture_source.ts";
import type { Survey } from "../../traces/replay/survey.ts";
import { NodeClock } from "../nodes/radio/node_clock.ts";
import { MessageQueue } from "./message_queue.ts";
import { BrokerError } from "../command/connect.ts";
import { MqttSender } from "./mqtt_sender.ts";
import { type NodeState, NodeStates } from "./node_states.ts";
import { PlayedNodes } from "./played_nodes.ts";
import type { ReplayOptions } from "./replay_options.ts";
import { foreignText, ReplayCounts, secondsText, UNTIMED_TEXT } from "./replay_text.ts";
import { Schedule } from "./schedule.ts";
import { soonAfter } from "./waiting.ts";

/** How long the nodes of a replay that was interrupted may take to say that they are gone, ms. */
const GOODBYE_MS = 1000;
/** A gateway that is not told times takes no frame for one that waited longer than this, microseconds. */
const LONGEST_QUEUE = 86_400e6;

/** What a replay is told and asked. */
export interface RunEvents {
  /** For people. */
  note(line: string): void;
  progress(time: number, counts: ReplayCounts): void;
}

export class ReplayRun {
  readonly counts: ReplayCounts = new ReplayCounts();
  readonly plan: ReplayPlan;
  readonly #options: ReplayOptions;
  readonly #survey: Survey;
  readonly #events: RunEvents;
  readonly #states = new NodeStates();
  /** Time of the message published last. */
  #time: number;
  /** The gateway is told when each message was published. */
  #told = false;

  constructor(options: ReplayOptions, source: SourceOptions, survey: Survey, events: RunEvents) {
    this.#options = options;
    this.#survey = survey;
    this.#events = events;
    this.#time = survey.first;
    this.plan = new ReplayPlan({
      source,
      survey,
      speed: options.speed,
      followClock: (settable) => new NodeClock({ settable }),
    });
  }

  /** How far it came: "1.200 s of 3.000 s" of the capture's time. */
  get reached(): string {
    const { first, last } = this.#survey;
    return `${secondsText(this.#time - first)} of ${secondsText(last - first)}`;
  }

  /** Tells what would be published. @returns how reading ended */
  list(show: (message: ReplayMessage) => void, signal: AbortSignal): Promise<CaptureEnd> {
    return this.plan.run(
      (message) => {
        this.counts.add(message);
        show(message);
      },
      {},
      signal,
    );
  }

  /**
   * Publishes all of it.
   *
   * @param signal ends it before
   * @returns how reading ended
   * @throws {BrokerError} when the broker cannot be reached or is lost: says how far it came
   */
  async publish(signal: AbortSignal): Promise<CaptureEnd> {
    const { played } = this.#survey;
    const nodes = new PlayedNodes(played, (node) => this.plan.bootOf(node));
    try {
      await using sender = await MqttSender.connect(this.#options.target, nodes.will, signal);
      const there = await sender.nodeStates(signal);
      this.#told = there !== undefined && await sender.beginTimes(this.#ahead / 1000, signal);
      if (this.#told) this.plan.timesAreTold();
      else this.#warnOfTimes();
      this.#warn(there ?? new Map());
      try {
        for (const status of nodes.online()) await sender.send(status, signal);
        return await this.#all(sender, signal);
      } finally {
        await this.#goodbye(nodes, there ?? new Map(), sender, soonAfter(signal, GOODBYE_MS));
      }
    } catch (error) {
      if (error instanceof BrokerError && this.counts.any) {
        const { text } = this.counts;
        throw new BrokerError(`${error.message}; published so far: ${text} (${this.reached})`);
      }
      if (error instanceof BrokerError || !signal.aborted) throw error;
      return { kind: "aborted", frames: 0 };
    }
  }

  /** How much shorter than the capture the replay is, microseconds. */
  get #ahead(): number {
    const { first, last } = this.#survey;
    return Math.max(0, (last - first) * (1 - 1 / this.#options.speed));
  }

  /** @param limit ends it before */
  async #goodbye(
    nodes: PlayedNodes,
    there: ReadonlyMap<string, NodeState>,
    sender: MqttSender,
    limit: AbortSignal,
  ) {
    const played = new Set(this.#survey.played.map(({ name }) => name));
    const others = this.#states.offline((name) => played.has(name) || there.get(name) === "online");
    try {
      if (this.#told) await sender.endTimes(limit);
      for (const status of [...nodes.offline(there), ...others]) await sender.send(status, limit);
      await sender.acknowledged(limit);
    } catch (error) {
      if (!limit.aborted) throw error;
    }
  }

  async #all(sender: MqttSender, signal: AbortSignal): Promise<CaptureEnd> {
    const queue = new MessageQueue<ReplayMessage>();
    // Reading ends with the publishing, however that ends.
    const aborter = new AbortController();
    const stop = () => {
      aborter.abort();
      queue.end();
    };
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    const reading = this.plan.run(
      (message) => queue.put(message),
      { ready: () => queue.room() },
      aborter.signal,
    ).finally(() => queue.end());
    reading.catch(() => {});
    try {
      await this.#drain(queue, sender, signal);
      await sender.acknowledged(signal);
      return await reading;
    } finally {
      signal.removeEventListener("abort", stop);
      stop();
    }
  }

  async #drain(queue: MessageQueue<ReplayMessage>, sender: MqttSender, signal: AbortSignal) {
    const schedule = new Schedule(this.#survey.first, this.#options.speed);
    let told = this.#survey.first;
    for (let message; (message = await queue.take()) !== undefined;) {
      if (schedule.until(message.time) > 0) {
        await Promise.race([schedule.wait(message.time, signal), sender.lost]);
      }
      if (signal.aborted) return;
      if (this.#told && message.time !== told) {
        await sender.time((message.time - this.#survey.first) / 1000, signal);
        told = message.time;
      }
      await sender.send(message, signal);
      this.#states.published(message);
      this.counts.add(message);
      this.#time = message.time;
      this.#events.progress(message.time, this.counts);
    }
  }

  #warnOfTimes() {
    const { foreign } = this.#survey;
    if (this.#options.speed === 1) return;
    this.#events.note(UNTIMED_TEXT);
    if (this.#ahead > LONGEST_QUEUE) {
      this.#events.note("more than a day at this speed: values that repeat may be missed");
    }
    if (foreign > 0) this.#events.note(foreignText(foreign));
  }

  #warn(there: ReadonlyMap<string, NodeState>) {
    const { played, nodes } = this.#survey;
    let known = 0;
    for (const name of new Set([...nodes, ...played.map(({ name }) => name)])) {
      const state = there.get(name);
      if (state !== undefined) known++;
      if (state !== "online") continue;
      this.#events.note(
        `node "${name}" is online there: its own frames and those of the replay will mix`,
      );
    }
    if (known === 0) return;
    this.#events.note(
      "the gateway there knows nodes of this capture: of packets and values that it has had already " +
        "it makes no updates again; one with an empty data directory makes all of them",
    );
  }
}
