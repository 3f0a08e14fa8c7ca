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
import { BrokerError, MqttSender } from "./mqtt_sender.ts";
import { PlayedNodes } from "./played_nodes.ts";
import type { ReplayOptions } from "./replay_options.ts";
import { ReplayCounts, secondsText } from "./replay_text.ts";
import { Schedule } from "./schedule.ts";

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
  /** Time of the message published last. */
  #time: number;

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
    await using sender = await MqttSender.connect(this.#options.target, nodes.will);
    const online = await sender.nodesOnline();
    this.#warn(online);
    try {
      for (const status of nodes.online()) await sender.send(status);
      const end = await this.#all(sender, signal);
      for (const status of nodes.offline(online)) await sender.send(status);
      await sender.acknowledged();
      return end;
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      const { first, last } = this.#survey;
      const part = `${secondsText(this.#time - first)} of ${secondsText(last - first)}`;
      throw new BrokerError(`${error.message}; published so far: ${this.counts.text} (${part})`);
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
      await this.#drain(queue, sender, aborter.signal);
      await sender.acknowledged();
      return await reading;
    } finally {
      signal.removeEventListener("abort", stop);
      stop();
    }
  }

  async #drain(queue: MessageQueue<ReplayMessage>, sender: MqttSender, signal: AbortSignal) {
    const schedule = new Schedule(this.#survey.first, this.#options.speed);
    for (let message; (message = await queue.take()) !== undefined;) {
      if (schedule.until(message.time) > 0) {
        await Promise.race([schedule.wait(message.time, signal), sender.lost]);
      }
      if (signal.aborted) return;
      await sender.send(message);
      this.counts.add(message);
      this.#time = message.time;
      this.#events.progress(message.time, this.counts);
    }
  }

  #warn(online: ReadonlySet<string>) {
    const { played, nodes } = this.#survey;
    for (const name of [...nodes, ...played.map(({ name }) => name)]) {
      if (!online.has(name)) continue;
      this.#events.note(
        `node "${name}" is online there: its own frames and those of the replay will mix`,
      );
    }
  }
}
