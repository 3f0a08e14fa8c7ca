/**
 * MQTT clients for tests: `npm:mqtt` with promises, and a bare socket.
 *
 * @module
 */
import type { Socket } from "node:net";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";

export interface Received {
  topic: string;
  text: string;
  retain: boolean;
}

/** How long an answer may take, ms: a client whose connection is lost has none, and no error. */
const PATIENCE_MS = 60_000;

async function answered<T>(what: string, answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const giveUp = () =>
    late.reject(new Error(`no answer to ${what} within ${PATIENCE_MS / 1000} s`));
  const timer = setTimeout(giveUp, PATIENCE_MS);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Opens with {@linkcode MqttPeer.connect}; `await using` ends it. */
export class MqttPeer implements AsyncDisposable {
  readonly client: MqttClient;
  readonly received: Received[] = [];
  #waiters: (() => void)[] = [];

  private constructor(client: MqttClient) {
    this.client = client;
    client.on("message", (topic, payload, { retain }) => {
      this.received.push({ topic, text: payload.toString(), retain });
      for (const wake of this.#waiters.splice(0)) wake();
    });
    client.on("error", () => {});
    // Else a message waits up to 40 ms behind the acknowledgement of another (RFC 896).
    client.on("connect", () => {
      const { stream } = client;
      if ("setNoDelay" in stream) (stream as Socket).setNoDelay();
    });
  }

  /** @throws If the broker refuses. */
  static async connect(url: string, options: IClientOptions = {}): Promise<MqttPeer> {
    const client = mqtt.connect(url, {
      protocolVersion: 4,
      reconnectPeriod: 0,
      connectTimeout: 5000,
      ...options,
    });
    // Messages of a persistent session come right behind CONNACK.
    const peer = new MqttPeer(client);
    try {
      await new Promise<void>((resolve, reject) => {
        client.once("connect", () => resolve());
        client.once("error", reject);
        client.once("close", () => reject(new Error("the broker closed the connection")));
      });
    } catch (error) {
      await client.endAsync(true);
      throw error;
    }
    return peer;
  }

  async publish(
    topic: string,
    value: unknown,
    options: { qos?: 0 | 1 | 2; retain?: boolean } = {},
  ) {
    const text = typeof value === "string" || value instanceof Uint8Array
      ? value
      : JSON.stringify(value);
    const published = this.client.publishAsync(topic, text as string, { qos: 1, ...options });
    await (options.qos === 0 ? published : answered(`PUBLISH ${topic}`, published));
  }

  async subscribe(filter: string, qos: 0 | 1 | 2 = 1) {
    return await answered(`SUBSCRIBE ${filter}`, this.client.subscribeAsync(filter, { qos }));
  }

  /** The first message that fits, also of those that came before. */
  async message(accept: (message: Received) => boolean): Promise<Received> {
    const deadline = AbortSignal.timeout(10_000);
    while (true) {
      const found = this.received.find(accept);
      if (found) return found;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const late = () => reject(new Error("no such MQTT message came"));
      deadline.addEventListener("abort", late, { once: true });
      this.#waiters.push(resolve);
      await promise;
      deadline.removeEventListener("abort", late);
    }
  }

  async [Symbol.asyncDispose]() {
    await this.client.endAsync(true);
  }
}
