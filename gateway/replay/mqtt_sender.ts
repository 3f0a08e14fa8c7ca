/**
 * Publishes messages over one MQTT connection, so that their order stays.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { MqttClient } from "mqtt";
import { nodeOfStatusTopic, statusTopic } from "../../traces/replay/radio_topic.ts";
import { REPLAY_TOPIC, replayAnswerTopic } from "../broker/replay_times.ts";
import { BrokerError, connectTo } from "../command/connect.ts";
import type { Target } from "../command/target.ts";
import { type NodeState, stateOf } from "./node_states.ts";
import { sleep, within } from "./waiting.ts";

/** What is published. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

/** Messages that the broker has not acknowledged yet. */
const WINDOW = 64;
/** A broker that acknowledges nothing for so long is lost. */
const ACK_TIMEOUT_MS = 30_000;
/** How long what is retained may take to come after a subscription. */
const RETAINED_MS = 250;
/** A broker that does not answer a subscription by then is not waited for. */
const SUBSCRIBE_MS = 2000;
/** The gateway answers before its acknowledgement, or soon after. */
const ANSWER_MS = 250;
/** How long closing may take. */
const CLOSE_MS = 1000;

/** Opens with {@linkcode MqttSender.connect}; who opened it closes it. */
export class MqttSender implements AsyncDisposable {
  readonly #client: MqttClient;
  readonly #clientId: string;
  readonly #lost = Promise.withResolvers<never>();
  #waiting = 0;
  /** QoS of the message published last. */
  #qos = 0;
  #wake: (() => void) | undefined;
  #failure: BrokerError | undefined;
  /** The broker has not answered something: it is not waited for at the end. */
  #mute = false;

  private constructor(client: MqttClient, clientId: string) {
    this.#client = client;
    this.#clientId = clientId;
    this.#lost.promise.catch(() => {});
  }

  /**
   * Connects.
   *
   * @param will is published, retained, when the connection breaks
   * @throws {BrokerError} when there is no broker, or it refuses
   * @throws the reason of `signal` when that is aborted before
   */
  static async connect(
    target: Target,
    will: { topic: string; payload: string } | undefined,
    signal: AbortSignal,
  ): Promise<MqttSender> {
    const clientId = `edgewire-replay-${crypto.randomUUID().slice(0, 8)}`;
    const client = await connectTo(target, { protocolVersion: 4, clientId, will }, signal);
    const sender = new MqttSender(client, clientId);
    let reason = "the connection was closed";
    client.on("error", ({ message }) => reason = message || reason);
    client.on("close", () => sender.#fail(`${target.shown} is lost: ${reason}`));
    return sender;
  }

  /** Rejects when the broker is lost. */
  get lost(): Promise<never> {
    return this.#lost.promise;
  }

  /**
   * What the retained statuses of nodes say; undefined when the broker does not tell.
   *
   * @throws the reason of `signal` when that is aborted before
   */
  async nodeStates(signal: AbortSignal): Promise<Map<string, NodeState> | undefined> {
    const filter = statusTopic("+");
    const states = new Map<string, NodeState>();
    const listen = (topic: string, payload: Uint8Array, { retain }: { retain: boolean }) => {
      const node = nodeOfStatusTopic(topic);
      const state = stateOf(payload);
      if (retain && node !== undefined && state !== undefined) states.set(node, state);
    };
    this.#client.on("message", listen);
    this.#mute = true;
    let refused = false;
    const answered = this.#client.subscribeAsync(filter, { qos: 0 })
      .catch(() => {
        refused = true;
      })
      .then(() => this.#mute = false);
    await within(answered, SUBSCRIBE_MS, signal);
    if (!this.#mute) {
      await sleep(RETAINED_MS, signal);
      this.#client.unsubscribe(filter);
    }
    this.#client.off("message", listen);
    signal.throwIfAborted();
    return refused || this.#mute ? undefined : states;
  }

  /**
   * Begins a time line, see `replay_times.ts`. Only where `nodeStates` was not refused: who may not
   * do this may be thrown out for it.
   *
   * @param now what the time line has now, ms; what is published from here on is of its time 0
   * @returns whether a gateway understood it; the broker of others does not
   * @throws the reason of `signal` when that is aborted before
   */
  async beginTimes(now: number, signal: AbortSignal): Promise<boolean> {
    const topic = replayAnswerTopic(this.#clientId);
    const { promise, resolve } = Promise.withResolvers<void>();
    let understood = false;
    this.#client.on("message", (name) => {
      if (name !== topic) return;
      understood = true;
      resolve();
    });
    await within(
      this.#client.subscribeAsync(topic, { qos: 0 }).catch(() => {}),
      SUBSCRIBE_MS,
      signal,
    );
    await this.#times({ now, at: 0 }, 1, signal);
    await this.acknowledged(signal);
    await within(promise, ANSWER_MS, signal);
    signal.throwIfAborted();
    return understood;
  }

  /** What is sent from here on was published at this time of the time line, ms. Throws as `send` does. */
  async time(at: number, signal: AbortSignal): Promise<void> {
    await this.#times({ at }, 0, signal);
  }

  /** Ends the time line. Throws as `send` does. */
  async endTimes(signal: AbortSignal): Promise<void> {
    await this.#times({}, 0, signal);
  }

  async #times(
    said: { now?: number; at?: number },
    qos: 0 | 1,
    signal: AbortSignal,
  ): Promise<void> {
    const payload = new TextEncoder().encode(JSON.stringify(said));
    await this.send({ topic: REPLAY_TOPIC, payload, qos, retain: false }, signal);
  }

  /**
   * Publishes a message; waits while too many are not acknowledged.
   *
   * @throws {BrokerError} when the broker is lost
   * @throws the reason of `signal` when that is aborted before
   */
  async send({ topic, payload, qos, retain }: Outgoing, signal: AbortSignal): Promise<void> {
    // A broker takes in QoS 2 in two steps, between which another message could get.
    const alone = (qos === 2 || this.#qos === 2) && this.#waiting > 0;
    if (alone) await this.#below(1, signal);
    else if (this.#waiting >= WINDOW) await this.#below(WINDOW, signal);
    if (this.#failure !== undefined) throw this.#failure;
    signal.throwIfAborted();
    this.#qos = qos;
    this.#waiting++;
    this.#client.publish(topic, Buffer.from(payload), { qos, retain }, (error) => {
      this.#waiting--;
      if (error) this.#fail(`cannot publish on ${topic}: ${error.message}`);
      this.#wake?.();
    });
  }

  /** Waits until all is acknowledged. Throws as `send` does. */
  async acknowledged(signal: AbortSignal): Promise<void> {
    await this.#below(1, signal);
    if (this.#failure !== undefined) throw this.#failure;
    signal.throwIfAborted();
  }

  async #below(count: number, signal: AbortSignal): Promise<void> {
    while (this.#waiting >= count && this.#failure === undefined && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const end = () => resolve();
      signal.addEventListener("abort", end);
      const timer = setTimeout(
        () => this.#fail(`the broker acknowledged nothing for ${ACK_TIMEOUT_MS / 1000} s`),
        ACK_TIMEOUT_MS,
      );
      await promise;
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
    }
  }

  #fail(reason: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = new BrokerError(reason);
    this.#lost.reject(this.#failure);
    this.#wake?.();
  }

  async [Symbol.asyncDispose]() {
    const lost = this.#failure !== undefined || this.#mute || this.#waiting > 0;
    // From now on a closed connection is what is wanted.
    this.#failure ??= new BrokerError("closed");
    const ended = this.#client.endAsync(lost).catch(() => {});
    await within(ended, CLOSE_MS, new AbortController().signal);
    this.#client.stream.destroy();
  }
}
