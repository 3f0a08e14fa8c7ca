/**
 * The second of two passes over a capture: makes the messages that a replay publishes, in order.
 *
 * @module
 */
import type { CaptureEnd } from "../files/capture_reader.ts";
import {
  type HeardFrame,
  readSource,
  type SourceEvents,
  type SourceListener,
  type SourceOptions,
} from "./capture_source.ts";
import { FrameBatches } from "./frame_batches.ts";
import { LeftOut, LeftOutCounts } from "./left_out.ts";
import { type FollowClock, NodeBoots } from "./node_boots.ts";
import type { CapturedPublish } from "./publish_tap.ts";
import { nodeOfRadioTopic, nodeOfStatusTopic } from "./radio_topic.ts";
import { ReplayClock } from "./replay_clock.ts";
import type { ReplayMessage, ReplaySpeed } from "./replay_message.ts";
import type { Survey } from "./survey.ts";

export interface PlanOptions {
  readonly source: SourceOptions;
  readonly survey: Survey;
  readonly speed: ReplaySpeed;
  /** How the gateway follows nodes' clocks. */
  readonly followClock: FollowClock;
}

/** Makes the messages of one replay. */
export class ReplayPlan {
  readonly leftOut: LeftOutCounts = new LeftOutCounts();
  readonly #options: PlanOptions;
  readonly #clock: ReplayClock;
  readonly #boots: NodeBoots;
  readonly #batches: FrameBatches;
  #send: (message: ReplayMessage) => void = () => {};

  constructor(options: PlanOptions) {
    const { survey: { first, last }, speed, followClock } = options;
    this.#options = options;
    this.#clock = new ReplayClock(first, last, speed);
    this.#boots = new NodeBoots(this.#clock, followClock);
    this.#batches = new FrameBatches(this.#clock, (message) => this.#send(message));
  }

  /** The boot id of a node that the replay plays, see `Survey.played`. */
  bootOf(node: string): number {
    return this.#batches.bootOf(node);
  }

  /** Before `run`: the gateway is told when each message was published. */
  timesAreTold(): void {
    this.#clock.told();
  }

  /**
   * Reads the capture.
   *
   * @param send gets each message
   * @returns how reading ended
   */
  async run(
    send: (message: ReplayMessage) => void,
    events?: SourceEvents,
    signal?: AbortSignal,
  ): Promise<CaptureEnd> {
    this.#send = send;
    const end = await readSource(this.#options.source, this.#listener, events, signal);
    this.#batches.flush();
    return end;
  }

  get #listener(): SourceListener {
    return {
      publish: (publish, time, frame) => this.#publish(publish, time, frame),
      radio: (frame, time, heard, number) => this.#radio(frame, time, heard, number),
      leftOut: (reason) => this.leftOut.add(reason),
    };
  }

  #publish(publish: CapturedPublish, time: number, frame: number): void {
    this.#batches.flush();
    const { kind, topic, qos, retain } = publish;
    let { payload } = publish;
    const put = (kind: ReplayMessage["kind"], payload: Uint8Array) =>
      this.#send({ kind, time, topic, payload, qos, retain, frame, radioFrames: 0 });
    const node = nodeOfRadioTopic(topic);
    if (node !== undefined) {
      const before = this.#boots.renew(node, payload, time);
      if (before !== undefined) put("clock", before);
    }
    const speaker = nodeOfStatusTopic(topic);
    if (speaker !== undefined) payload = this.#boots.renewStatus(speaker, payload);
    put(kind, payload);
  }

  #radio(heard: HeardFrame, time: number, heardAt: number, number: number): void {
    const { survey: { envelopes, nodeOf } } = this.#options;
    if (heard.carriers.some((id) => envelopes.has(id))) this.leftOut.add(LeftOut.Carried);
    else this.#batches.add(nodeOf(heard.source), heard.record, time, heardAt, number);
  }
}
