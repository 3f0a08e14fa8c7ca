/**
 * Publishes messages over one MQTT connection, so that their order stays.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import mqtt, { type MqttClient } from "mqtt";
import type { Target } from "./target.ts";

/** What is published. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

/** The broker is gone or did not let us in. */
export class BrokerError extends Error {
  override name = "BrokerError";
}

/** Messages that the broker has not acknowledged yet. */
const WINDOW = 64;
const CONNECT_TIMEOUT_MS = 10_000;
/** A broker that acknowledges nothing for so long is lost. */
const ACK_TIMEOUT_MS = 30_000;
const KEEPALIVE_S = 30;
/** How long what is retained may take to come after a subscription. */
const RETAINED_MS = 250;

/** Opens with {@linkcode MqttSender.connect}; who opened it closes it. */
export class MqttSender implements AsyncDisposable {
  /** Messages that were acknowledged (QoS 1 and 2) or handed to the connection (QoS 0). */
  done = 0;
  readonly #client: MqttClient;
  readonly #lost = Promise.withResolvers<never>();
  #waiting = 0;
  /** QoS of the message published last. */
  #qos = 0;
  #wake: (() => void) | undefined;
  #failure: BrokerError | undefined;

  private constructor(client: MqttClient) {
    this.#client = client;
    this.#lost.promise.catch(() => {});
  }

  /**
   * Connects.
   *
   * @param will is published, retained, when the connection breaks
   * @throws {BrokerError} when there is no broker, or it refuses
   */
  static async connect(target: Target, will?: { topic: string; payload: string }) {
    const { url, shown, username, password, ca } = target;
    const client = mqtt.connect(url, {
      protocolVersion: 4,
      clientId: `edgewire-replay-${crypto.randomUUID().slice(0, 8)}`,
      keepalive: KEEPALIVE_S,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectPeriod: 0,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(ca === undefined ? {} : { ca: [Buffer.from(ca)] }),
      ...(will === undefined ? {} : {
        will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true },
      }),
    });
    const sender = new MqttSender(client);
    let reason = "the connection was closed";
    client.on("error", ({ message }) => reason = message || reason);
    try {
      await new Promise<void>((resolve, reject) => {
        client.once("connect", () => resolve());
        client.once(
          "close",
          () => reject(new BrokerError(`cannot connect to ${shown}: ${reason}`)),
        );
      });
    } catch (error) {
      client.end(true);
      throw error;
    }
    reason = "the connection was closed";
    client.on("close", () => sender.#fail(`${shown} is lost: ${reason}`));
    return sender;
  }

  /** Rejects when the broker is lost. */
  get lost(): Promise<never> {
    return this.#lost.promise;
  }

  /** Nodes whose retained status says that they are online. */
  async nodesOnline(): Promise<Set<string>> {
    const filter = "edgewire/v1/+/status";
    const online = new Set<string>();
    this.#client.on("message", (topic, payload, { retain }) => {
      const node = topic.split("/")[2]!;
      if (retain && payload.toString().includes('"online"')) online.add(node);
    });
    // Who may not subscribe is not told.
    await this.#client.subscribeAsync(filter, { qos: 0 }).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, RETAINED_MS));
    await this.#client.unsubscribeAsync(filter).catch(() => {});
    return online;
  }

  /**
   * Publishes a message; waits while too many are not acknowledged.
   *
   * @throws {BrokerError} when the broker is lost
   */
  async send({ topic, payload, qos, retain }: Outgoing): Promise<void> {
    // A broker takes in QoS 2 in two steps, between which another message could get.
    const alone = (qos === 2 || this.#qos === 2) && this.#waiting > 0;
    if (alone) await this.#below(1);
    else if (this.#waiting >= WINDOW) await this.#below(WINDOW);
    if (this.#failure !== undefined) throw this.#failure;
    this.#qos = qos;
    this.#waiting++;
    this.#client.publish(topic, Buffer.from(payload), { qos, retain }, (error) => {
      this.#waiting--;
      if (error) this.#fail(`cannot publish on ${topic}: ${error.message}`);
      else this.done++;
      this.#wake?.();
    });
  }

  /** Waits until all is acknowledged. @throws {BrokerError} when the broker is lost */
  async acknowledged(): Promise<void> {
    await this.#below(1);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #below(count: number): Promise<void> {
    while (this.#waiting >= count && this.#failure === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(
        () => this.#fail(`the broker acknowledged nothing for ${ACK_TIMEOUT_MS / 1000} s`),
        ACK_TIMEOUT_MS,
      );
      await promise;
      clearTimeout(timer);
    }
  }

  #fail(reason: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = new BrokerError(reason);
    this.#lost.reject(this.#failure);
    this.#wake?.();
  }

  async [Symbol.asyncDispose]() {
    const lost = this.#failure !== undefined;
    // From now on a closed connection is what is wanted.
    this.#failure ??= new BrokerError("closed");
    await this.#client.endAsync(lost);
  }
}
