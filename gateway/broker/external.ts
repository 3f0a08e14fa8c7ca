/**
 * An external MQTT broker, through `npm:mqtt`: MQTT 5, or 3.1.1 where the
 * broker knows no better; a persistent session; reconnect with backoff.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { IClientOptions, IPublishPacket, MqttClient } from "mqtt";
import {
  type Broker,
  type BrokerCounters,
  type BrokerState,
  type MessageSink,
  type MqttWebSocket,
  PublishError,
  type PublishOptions,
  type Readiness,
} from "./broker.ts";
import { type Durable, untilReleased } from "./ack_gate.ts";
import type { Policy } from "../access/policy.ts";
import type { TokenBook } from "../access/tokens.ts";
import { OwnPublishes } from "./own_publishes.ts";
import { PassThrough } from "./pass_through.ts";
import type { SocketLimits } from "./socket_stream.ts";
import { type ConnectionTap, noTaps, type Taps } from "../taps.ts";
import { UpstreamStream } from "./upstream_stream.ts";

export interface ExternalOptions {
  url: string;
  username?: string;
  password?: string;
  /** Certificate authority, PEM text. */
  ca?: string;
  clientId: string;
  subscribe: string[];
  /** Topic on which the broker says "offline", retained, when our connection breaks off. */
  willTopic?: string;
  policy: Policy;
  tokens: TokenBook;
  limits: SocketLimits;
  counters: BrokerCounters;
  sink: MessageSink;
  /** @default every message can be taken in at once */
  ready?: Readiness;
  /** What the sink took in is acknowledged only when it is durable. @default at once */
  durable?: Durable | null;
  /** Called when the broker came or went. */
  onState: () => void;
  /** Hears of the connections to the broker. @default noTaps */
  taps?: Taps;
  log: (line: string) => void;
}

const FIRST_BACKOFF_MS = 250;
const LAST_BACKOFF_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;
const KEEPALIVE_SECONDS = 30;
/** How long the broker keeps our session while we are away, seconds. */
const SESSION_EXPIRY_SECONDS = 86_400;
const ACK_TIMEOUT_MS = 30_000;
/** Messages that may wait for our acknowledgement, so that the broker need not wait for a disk. */
const RECEIVE_MAXIMUM = 65_535;
/** Time for acknowledgements that are held when we end, milliseconds. */
const FAREWELL_MS = 1000;

/** CONNACK codes that mean "not this version": 3.1.1 section 3.2.2.3, 5 section 3.2.2.2. */
const WRONG_VERSION = new Set([1, 132]);

/** Begins with {@linkcode ExternalBroker.connect}; ends with `close()`. */
export class ExternalBroker implements Broker {
  readonly state: BrokerState = { connected: false, reason: "connecting" };
  readonly #options: ExternalOptions & { taps: Taps };
  readonly #own = new OwnPublishes();
  /** Publishes without acknowledgement; called when the connection is lost. */
  readonly #pending = new Set<() => void>();
  readonly #passThrough: PassThrough;
  #client: MqttClient | undefined;
  #Client!: typeof MqttClient;
  #version: 4 | 5 = 5;
  /** The version has been accepted once, so it is not doubted any more. */
  #versionKnown = false;
  #attempts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  private constructor(options: ExternalOptions) {
    this.#options = withCredentials(options);
    this.#passThrough = new PassThrough(this.#options);
  }

  /** Begins to connect, and goes on until `close()`; does not wait for success. */
  static async connect(options: ExternalOptions): Promise<ExternalBroker> {
    const broker = new ExternalBroker(options);
    broker.#Client = (await import("mqtt")).default.MqttClient;
    broker.#attempt();
    return broker;
  }

  #clientOptions(): IClientOptions {
    const { username, password, clientId, willTopic } = this.#options;
    return {
      protocolVersion: this.#version,
      clientId,
      clean: false,
      keepalive: KEEPALIVE_SECONDS,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      resubscribe: false,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(willTopic === undefined ? {} : {
        will: { topic: willTopic, payload: Buffer.from("offline"), qos: 1, retain: true },
      }),
      ...(this.#version === 5
        ? {
          properties: {
            sessionExpiryInterval: SESSION_EXPIRY_SECONDS,
            receiveMaximum: RECEIVE_MAXIMUM,
          },
        }
        : {}),
    };
  }

  #attempt() {
    const stream = new UpstreamStream(this.#options);
    const client = new this.#Client(() => stream, this.#clientOptions());
    this.#client = client;
    let reason = "no answer";
    let refusedVersion = false;
    client.handleMessage = (packet, done) => {
      this.#takeWhenReady(packet as IPublishPacket, stream.tap, done);
    };
    // What has no code mqtt keeps to itself.
    stream.on("error", (error) => reason = error.message);
    client.on("connect", () => this.#connected(client, (why) => reason = why));
    client.on("error", (error) => {
      reason = error.message;
      const { code } = error as { code?: unknown };
      refusedVersion ||= WRONG_VERSION.has(code as number);
    });
    client.on("close", () => {
      if (this.#client !== client) return;
      this.#client = undefined;
      client.end(true);
      this.#lost(reason, refusedVersion);
    });
  }

  /** @param giveUp Called with the reason where the connection is of no use. */
  #connected(client: MqttClient, giveUp: (reason: string) => void) {
    this.#versionKnown = true;
    const five = this.#version === 5;
    const subscriptions = Object.fromEntries(
      this.#options.subscribe.map((filter) => [filter, { qos: 1 as const, nl: five }]),
    );
    client.subscribe(subscriptions, (error) => {
      if (this.#client !== client || this.#closed) return;
      if (error) {
        giveUp(`cannot subscribe: ${error.message}`);
        client.end(true);
        return;
      }
      this.#attempts = 0;
      this.state.connected = true;
      delete this.state.reason;
      this.#options.log(`broker: connected to ${this.#options.url}, MQTT ${this.#version}`);
      this.#options.onState();
    });
  }

  #lost(reason: string, refusedVersion: boolean) {
    const was = this.state.connected;
    this.state.connected = false;
    this.state.reason = was ? "connection lost" : reason;
    // Nothing is sent again after a reconnect: it has been reported as failed.
    for (const fail of this.#pending) fail();
    if (this.#closed) return;
    if (refusedVersion || (!this.#versionKnown && this.#attempts % 2 === 1)) {
      this.#version = this.#version === 5 ? 4 : 5;
    }
    const bound = Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#attempts);
    this.#attempts++;
    const wait = refusedVersion && this.#attempts === 1 ? 0 : bound / 2 + Math.random() * bound / 2;
    if (was || this.#attempts === 1) {
      this.#options.log(
        `broker: ${this.state.reason} (${this.#options.url}); trying again`,
      );
    }
    this.#options.onState();
    this.#timer = setTimeout(() => this.#attempt(), wait);
  }

  #away(): PublishError {
    return new PublishError(`broker away: ${this.state.reason ?? "not connected"}`);
  }

  /** @param done Goes on to the next packet, after acknowledging this one. */
  #takeWhenReady(packet: IPublishPacket, connection: ConnectionTap, done: () => void) {
    const waitsFor = this.#options.ready?.(packet.topic) ?? null;
    if (waitsFor === null) {
      this.#take(packet, connection);
      done();
      return;
    }
    const came = performance.now();
    const take = () => {
      // At the end nobody takes it, and the broker keeps it for the next start.
      if (this.#closed) return;
      this.#take(packet, connection, performance.now() - came);
      done();
    };
    waitsFor.then(take, take);
  }

  /** @param ago How long it had to wait, ms. */
  #take(packet: IPublishPacket, connection: ConnectionTap, ago = 0) {
    const { topic, qos, retain } = packet;
    const payload = packet.payload as Buffer;
    if (this.#version === 4 && !retain && this.#own.returned(topic, payload)) {
      // It came in all the same, and would be taken for the next one.
      this.#options.taps.message(connection, "", topic.length, payload.length, qos);
      return;
    }
    try {
      this.#options.sink({
        topic,
        payload,
        qos,
        replayed: retain,
        own: false,
        connection,
        ...(ago > 0 ? { ago } : {}),
      });
    } catch (error) {
      this.#options.log(`broker: a message on "${topic}" failed: ${(error as Error).message}`);
    }
  }

  publish(topic: string, payload: Uint8Array, options: PublishOptions = {}): Promise<void> {
    const client = this.#client;
    if (client === undefined || !this.state.connected) return Promise.reject(this.#away());
    const gathered = this.#options.subscribe;
    if (this.#version === 4) this.#own.published(topic, payload, gathered);
    return new Promise((resolve, reject) => {
      const settle = (error?: Error) => {
        clearTimeout(timer);
        this.#pending.delete(fail);
        if (error) reject(error);
        else resolve();
      };
      const fail = () => settle(this.#away());
      const timer = setTimeout(
        () => settle(new PublishError("broker away: no acknowledgement")),
        ACK_TIMEOUT_MS,
      );
      this.#pending.add(fail);
      const message = Buffer.from(payload);
      const { qos = 1, retain = false } = options;
      client.publish(topic, message, { qos, retain }, (error) => {
        settle(error ? new PublishError(error.message) : undefined);
      });
    });
  }

  hears(): boolean {
    return true;
  }

  serveWebSocket(client: MqttWebSocket) {
    this.#passThrough.serve(client);
  }

  async close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#passThrough.close();
    const client = this.#client;
    if (client === undefined) return;
    this.state.connected = false;
    this.state.reason = "shutting down";
    if (client.connected) await untilReleased(this.#options.durable, FAREWELL_MS);
    await new Promise<void>((resolve) => client.end(!client.connected, () => resolve()));
  }
}

/** User and password may stand in the address; settings of their own win. */
function withCredentials(options: ExternalOptions): ExternalOptions & { taps: Taps } {
  const url = new URL(options.url);
  const { username, password } = url;
  url.username = url.password = "";
  return {
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
    taps: noTaps,
    ...options,
    url: url.href,
  };
}
