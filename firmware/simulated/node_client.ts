/**
 * What every simulated node shares: one MQTT connection with the node's
 * status (`edgewire/v1/<name>/status`, retained, with a last will), commands
 * taken in, reconnecting, and an orderly end.
 *
 * MQTT 3.1.1, clean sessions, so that any broker will do.
 *
 * @module
 */

import mqtt, { type MqttClient, Store } from "mqtt";
import config from "../../deno.json" with { type: "json" };

/** Version that the nodes report. */
export const VERSION: string = config.version;

/** Where a node publishes. */
export interface BrokerOptions {
  /** Address, e.g. `mqtt://127.0.0.1:1883`; also `mqtts:`, `ws:`, `wss:`. */
  broker: string;
  username?: string;
  password?: string;
}

/** What whoever starts a node decides. */
export interface NodeOptions extends BrokerOptions {
  /** Name in the topics: a single topic level of letters, digits, `_` and `-`. */
  name: string;
  /** Time between measurements, ms. @default 1000 */
  period_ms?: number;
  /** First wait before reconnecting, ms; doubles up to 30 s, less up to half of it at random. @default 1000 */
  backoff_ms?: number;
  /** Called when the connection comes, goes, or cannot be had. */
  onChange?: (change: NodeChange, detail: string) => void;
  /** Aborting it closes the node. */
  signal?: AbortSignal;
}

export type NodeChange = "online" | "offline" | "problem";

/** What a kind of node adds. */
export interface NodeClientOptions extends NodeOptions {
  /**
   * Commands by topic. Called with the payload as text. Retained messages
   * are not passed on: a command is for now, not for the next start.
   */
  commands?: Record<string, (payload: string) => void>;
  /** Publishes what the node says on each connect, before it says "online". */
  announce: (client: NodeClient) => void;
  /** Called every `period_ms`, connected or not, until the client is closed. */
  tick: (client: NodeClient) => void;
  /** Radios that the status names. @default none */
  radios?: readonly string[];
  /** The status says that it is repeated so often, and is, seconds. @default said once per connect */
  statusPeriod_s?: number;
  /** How a node of another dialect says that it is there. @default the status of Edgewire */
  presence?: Presence;
}

/** A retained topic that says whether a node is there; what it says offline is also the last will. */
export interface Presence {
  topic: string;
  online: string;
  offline: string;
  qos: 0 | 1;
}

/** How a message is published. */
export interface PublishOptions {
  /** Whether the broker keeps it for later subscribers. @default false */
  retain?: boolean;
  /** 1 to have it acknowledged and sent again after a cut. @default 0 */
  qos?: 0 | 1;
  /** Called when the broker has it (quality 1) or it was written; with the error when it never will. */
  done?: (error?: Error) => void;
}

const OFFLINE = '{"state":"offline"}';
const BACKOFF_LIMIT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 5_000;
const KEEPALIVE_S = 10;
/** How long an orderly end waits for the broker. */
const CLOSE_TIMEOUT_MS = 1_000;

/** The status topic of a node. */
export function statusTopic(name: string): string {
  return `edgewire/v1/${name}/status`;
}

/** A node's connection. It owns the MQTT client; whoever made it closes it. */
export class NodeClient implements AsyncDisposable {
  /** Random at each start; tells a restart from a reconnect. */
  readonly boot: number = crypto.getRandomValues(new Uint32Array(1))[0]!;
  /** Settles when the node was online for the first time, rejects when it is closed before. */
  readonly ready: Promise<void>;
  readonly #options: NodeClientOptions;
  readonly #client: MqttClient;
  readonly #presence: Presence;
  readonly #onAbort = () => void this.close();
  /** What the broker has not acknowledged; kept over reconnects, where it is sent again first. */
  readonly #stores = { incomingStore: new Store(), outgoingStore: new Store() };
  readonly #settle: { resolve: () => void; reject: (reason: Error) => void };
  #failures = 0;
  #online = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  readonly #period: ReturnType<typeof setInterval>;
  #repeat: ReturnType<typeof setInterval> | undefined;
  #closing: Promise<void> | undefined;

  /** Starts to connect; failures are retried until it is closed. */
  constructor(options: NodeClientOptions) {
    this.#options = options;
    this.#presence = options.presence ?? this.#status();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => {});
    this.ready = promise;
    this.#settle = { resolve, reject };
    this.#client = mqtt.connect(options.broker, this.#mqttOptions());
    this.#listen();
    this.#period = setInterval(() => options.tick(this), options.period_ms ?? 1000);
    if (options.signal?.aborted) this.#onAbort();
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.#repeatStatus();
  }

  /** Whether the broker knows that the node is there. */
  get online(): boolean {
    return this.#online && this.#client.connected && !this.#closing;
  }

  /**
   * Publishes, when connected; otherwise the message is dropped, as a node
   * without a link would.
   *
   * @returns Whether it was handed to the connection.
   */
  publish(topic: string, payload: string | Uint8Array, options: PublishOptions = {}): boolean {
    if (!this.#client.connected || this.#closing) return false;
    const { qos = 0, retain = false, done } = options;
    // The type of the client's parameter is Node's Buffer; any bytes do.
    const content = payload as string;
    this.#client.publish(topic, content, { qos, retain }, (error) => {
      if (error) this.#problem(error);
      done?.(error);
    });
    return true;
  }

  /** Publishes the status "offline", disconnects and stops reconnecting; takes at most about 2 s. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #mqttOptions(): mqtt.IClientOptions {
    const { name, username, password } = this.#options;
    return {
      clientId: `${name}-${this.boot.toString(16).padStart(8, "0")}`,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      protocolVersion: 4,
      clean: true,
      keepalive: KEEPALIVE_S,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      timerVariant: "native",
      ...this.#stores,
      will: {
        topic: this.#presence.topic,
        payload: this.#presence.offline,
        qos: this.#presence.qos,
        retain: true,
      },
    };
  }

  /** The status of Edgewire's own nodes. */
  #status(): Presence {
    const { name, radios = [], statusPeriod_s } = this.#options;
    const status = {
      state: "online",
      boot: this.boot,
      version: VERSION,
      radios,
      period: statusPeriod_s,
    };
    const topic = statusTopic(name);
    return { topic, online: JSON.stringify(status), offline: OFFLINE, qos: 1 };
  }

  #repeatStatus() {
    const { statusPeriod_s } = this.#options;
    if (statusPeriod_s === undefined || this.#closing) return;
    this.#repeat = setInterval(() => {
      if (this.online) this.#say(this.#presence.online).catch((error) => this.#problem(error));
    }, 1000 * statusPeriod_s);
  }

  async #say(text: string) {
    const { topic, qos } = this.#presence;
    await this.#client.publishAsync(topic, text, { qos, retain: true });
  }

  #listen() {
    this.#client.on("connect", () => void this.#goOnline());
    this.#client.on("error", (error) => this.#problem(error));
    this.#client.on("close", () => this.#onClose());
    this.#client.on("message", (topic, payload, packet) => {
      if (!packet.retain) this.#options.commands?.[topic]?.(new TextDecoder().decode(payload));
    });
  }

  async #goOnline() {
    try {
      const topics = Object.keys(this.#options.commands ?? {});
      if (topics.length > 0) await this.#client.subscribeAsync(topics, { qos: 1 });
      this.#options.announce(this);
      await this.#say(this.#presence.online);
    } catch (error) {
      return this.#problem(error);
    }
    this.#failures = 0;
    this.#online = true;
    this.#settle.resolve();
    this.#options.onChange?.("online", this.#options.broker);
  }

  #onClose() {
    if (this.#online) this.#options.onChange?.("offline", this.#options.broker);
    this.#online = false;
    if (this.#closing) return;
    const first_ms = this.#options.backoff_ms ?? 1000;
    const longest_ms = Math.min(BACKOFF_LIMIT_MS, first_ms * 2 ** this.#failures++);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(
      () => this.#client.reconnect(this.#stores),
      longest_ms * (1 - Math.random() / 2),
    );
  }

  #problem(error: unknown) {
    if (this.#closing) return;
    const message = error instanceof Error ? error.message : String(error);
    this.#options.onChange?.("problem", message || "connection failed");
  }

  async #close() {
    clearInterval(this.#period);
    clearInterval(this.#repeat);
    clearTimeout(this.#retry);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#settle.reject(new Error(`Cannot wait for ${this.#options.name}: it was closed`));
    if (this.#client.connected) {
      if (await inTime(this.#say(this.#presence.offline))) await inTime(this.#client.endAsync());
    }
    if (this.#client.disconnected) return;
    await inTime(this.#client.endAsync(true));
  }
}

/** Waits for `work` at most {@linkcode CLOSE_TIMEOUT_MS}; says whether it succeeded by then. */
async function inTime(work: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), CLOSE_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work.then(() => true, () => false), late]);
  } finally {
    clearTimeout(timer);
  }
}
