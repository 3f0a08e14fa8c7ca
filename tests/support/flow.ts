/**
 * A steady flow of MQTT messages, for tests that need a busy gateway.
 *
 * @module
 */
import { MqttPeer } from "./mqtt_peer.ts";

export interface FlowOptions {
  mqttPort: number;
  /** Messages per second over all topics. */
  rate: number;
  /** Published on in turn. */
  topics: string[];
  /** Bytes added to each payload. @default 0 */
  padding?: number;
}

/** What each message says: its number over all topics, and `performance.now()` when it was sent. */
export interface FlowValue {
  n: number;
  at: number;
}

const STEP_MS = 10;

/** Starts with {@linkcode Flow.start}; `await using` stops it. */
export class Flow implements AsyncDisposable {
  /** How many were published. */
  count = 0;
  /** Number of the newest message of each topic. */
  readonly newest = new Map<string, number>();
  readonly #peer: MqttPeer;
  readonly #options: FlowOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #start = performance.now();

  private constructor(peer: MqttPeer, options: FlowOptions) {
    this.#peer = peer;
    this.#options = options;
    this.#timer = setInterval(() => this.#step(), STEP_MS);
    this.#step();
  }

  static async start(options: FlowOptions): Promise<Flow> {
    return new Flow(await MqttPeer.connect(`mqtt://127.0.0.1:${options.mqttPort}`), options);
  }

  #step() {
    const { rate, topics, padding = 0 } = this.#options;
    const due = 1 + (performance.now() - this.#start) / 1000 * rate;
    while (this.count < due) this.#publish(topics[this.count % topics.length]!, padding);
  }

  #publish(topic: string, padding: number) {
    const n = this.count++;
    this.newest.set(topic, n);
    const value = { n, at: performance.now(), ...(padding > 0 ? { x: "x".repeat(padding) } : {}) };
    this.#peer.client.publish(topic, JSON.stringify(value));
  }

  /** Stops when all that was published has been taken in. */
  async stop() {
    clearInterval(this.#timer);
    // A QoS 1 publish behind the others: its PUBACK says that they are in.
    const topic = this.#options.topics[0]!;
    const n = this.count++;
    this.newest.set(topic, n);
    await this.#peer.publish(topic, { n, at: performance.now() });
  }

  async [Symbol.asyncDispose]() {
    clearInterval(this.#timer);
    await this.#peer[Symbol.asyncDispose]();
  }
}
