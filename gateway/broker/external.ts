/**
 * An external MQTT broker, through `npm:mqtt`: MQTT 5, or 3.1.1 where the
 * broker knows no better; a persistent session; reconnect with backoff.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { IPublishPacket, MqttClient } from "mqtt";
import type { ConnectionTap, Taps } from "../taps.ts";
import { covers } from "../topics/topic_filter.ts";
import { untilReleased } from "./ack_gate.ts";
import {
  type Broker,
  type BrokerState,
  type IncomingMessage,
  type MqttWebSocket,
  PublishError,
  type PublishOptions,
} from "./broker.ts";
import type { BrokerCan } from "./capabilities.ts";
import { Abilities } from "./external_abilities.ts";
import {
  addressesOf,
  type BrokerAddress,
  clientOptions,
  type ExternalOptions,
  withTaps,
} from "./external_options.ts";
import { OwnPublishes } from "./own_publishes.ts";
import { PassThrough } from "./pass_through.ts";
import type { TopicEscape } from "./topic_escape.ts";
import { UpstreamStream } from "./upstream_stream.ts";

export type { ExternalOptions } from "./external_options.ts";

const FIRST_BACKOFF_MS = 250;
const LAST_BACKOFF_MS = 30_000;
/** Between two nodes of a cluster, while not all have been tried. */
const NEXT_NODE_MS = 50;
const ACK_TIMEOUT_MS = 30_000;
/** Time for acknowledgements that are held when we end, milliseconds. */
const FAREWELL_MS = 1000;

/** A connection that ended sooner was of no use. */
const SETTLED_MS = 5000;
/** So many of those in a row may be chance. */
const SHORT_LIVES = 3;

/** CONNACK codes that mean "not this version": 3.1.1 section 3.2.2.3, 5 section 3.2.2.2. */
const WRONG_VERSION = new Set([1, 132]);

/** Begins with {@linkcode ExternalBroker.connect}; ends with `close()`. */
export class ExternalBroker implements Broker {
  readonly state: BrokerState = { connected: false, reason: "connecting" };
  readonly #options: ExternalOptions & { taps: Taps };
  readonly #addresses: BrokerAddress[];
  readonly #own = new OwnPublishes();
  /** Publishes without acknowledgement; called when the connection is lost. */
  readonly #pending = new Set<() => void>();
  readonly #passThrough: PassThrough;
  readonly #abilities: Abilities;
  readonly #Client: typeof MqttClient;
  #client: MqttClient | undefined;
  /** Which of the addresses is used. */
  #node = 0;
  #version: 4 | 5 = 5;
  /** The version has been accepted once, so it is not doubted any more. */
  #versionKnown = false;
  #attempts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isNewSession = true;
  /** Since when the connection stands, ms of the monotonic clock. */
  #connectedAt = 0;
  /** Connections in a row that were of no use. */
  #shortLives = 0;
  #closed = false;

  private constructor(options: ExternalOptions, Client: typeof MqttClient) {
    this.#options = withTaps(options);
    this.#Client = Client;
    this.#abilities = new Abilities(options, Client);
    this.#addresses = addressesOf(options);
    this.#passThrough = new PassThrough({
      ...this.#options,
      address: () => this.#address,
      escape: () => this.escape,
    });
  }

  /** Begins to connect, and goes on until `close()`; does not wait for success. */
  static async connect(options: ExternalOptions): Promise<ExternalBroker> {
    const broker = new ExternalBroker(options, (await import("mqtt")).default.MqttClient);
    broker.#attempt();
    return broker;
  }

  /** What the broker can, as far as it was found out. */
  get can(): BrokerCan {
    return this.#abilities.can;
  }

  /** How topics are written for the broker; `null`: as they are. */
  get escape(): TopicEscape | null {
    return this.#abilities.escape;
  }

  /** Whether the broker had kept nothing for us when the connection began. */
  get isNewSession(): boolean {
    return this.#isNewSession;
  }

  /** Where it is, without credentials. */
  get url(): string {
    return this.#address.url;
  }

  get #address(): BrokerAddress {
    return this.#addresses[this.#node]!;
  }

  #attempt() {
    const { url } = this.#address;
    const stream = new UpstreamStream({ ...this.#options, url });
    const { length: nodes } = this.#addresses;
    const options = clientOptions(this.#options, this.#address, this.#version, nodes);
    const client = new this.#Client(() => stream, options);
    this.#client = client;
    let reason = "no answer";
    let refusedVersion = false;
    // What a session has kept waits until it is known how its topics are written.
    const ready = Promise.withResolvers<void>();
    let isReady = false;
    client.handleMessage = (packet, done) => {
      const take = () => this.#takeWhenReady(packet as IPublishPacket, stream.tap, done);
      if (isReady) take();
      else ready.promise.then(take);
    };
    // What has no code mqtt keeps to itself.
    stream.on("error", (error) => reason = error.message);
    client.on("connect", async ({ sessionPresent }) => {
      this.#versionKnown = true;
      await this.#abilities.learn(this.#address, this.#version, nodes > 1);
      isReady = true;
      ready.resolve();
      if (this.#client !== client || this.#closed) return;
      this.#isNewSession = !sessionPresent;
      this.#subscribe(client, (why) => reason = why);
    });
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
  #subscribe(client: MqttClient, giveUp: (reason: string) => void) {
    const { subscribe, echo = [] } = this.#options;
    // Where the broker does not let us hear those, we do without.
    if (echo.length > 0) client.subscribe(echo, { qos: 0 }, () => {});
    const options = { qos: 1 as const, nl: this.#version === 5 };
    client.subscribe(this.#written(subscribe), options, (error) => {
      if (this.#client !== client || this.#closed) return;
      if (error) {
        giveUp(`cannot subscribe: ${error.message}`);
        client.end(true);
        return;
      }
      this.#attempts = 0;
      this.#connectedAt = performance.now();
      this.state.connected = true;
      delete this.state.reason;
      this.#options.log(`broker: connected to ${this.url}, MQTT ${this.#version}`);
      this.#options.onState();
    });
  }

  /** Filters as the broker takes them. */
  #written(filters: string[]): string[] {
    const { escape } = this.#abilities;
    return escape === null ? filters : filters.map((filter) => escape.escape(filter));
  }

  #lost(reason: string, refusedVersion: boolean) {
    const was = this.state.connected;
    this.state.connected = false;
    this.state.reason = was ? "connection lost" : reason;
    // Nothing is sent again after a reconnect: it has been reported as failed.
    for (const fail of this.#pending) fail();
    if (this.#closed) return;
    if (was || this.#attempts === 0) {
      this.#options.log(`broker: ${this.state.reason} (${this.url}); trying again`);
    }
    if (was) this.#countLife();
    const wait = this.#prepare(refusedVersion);
    this.#options.onState();
    this.#timer = setTimeout(() => this.#attempt(), wait);
  }

  /** Chooses version and node for the next attempt. @returns when that is to be, in ms */
  #prepare(refusedVersion: boolean): number {
    const nodes = this.#addresses.length;
    const attempt = this.#attempts++;
    // Each version gets two attempts at each node.
    const doubted = !this.#versionKnown && attempt % (2 * nodes) === 2 * nodes - 1;
    if (refusedVersion || doubted) this.#version = this.#version === 5 ? 4 : 5;
    if (refusedVersion && attempt === 0) return 0;
    this.#node = (this.#node + 1) % nodes;
    if (attempt % nodes !== nodes - 1) return NEXT_NODE_MS;
    const round = Math.floor(attempt / nodes);
    const bound = Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** round);
    return bound / 2 + Math.random() * bound / 2;
  }

  /** Two clients with one id take it from each other for ever; they had better not hurry. */
  #countLife() {
    const isShort = performance.now() - this.#connectedAt < SETTLED_MS;
    this.#shortLives = isShort ? this.#shortLives + 1 : 0;
    if (this.#shortLives < SHORT_LIVES) return;
    this.#attempts = this.#shortLives * this.#addresses.length;
    if (this.#shortLives > SHORT_LIVES) return;
    const { clientId, log } = this.#options;
    log(`broker: connections end soon: does another client have the id "${clientId}"?`);
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
    const { topic: written, qos, retain } = packet;
    const payload = packet.payload as Buffer;
    // nats-server hands its own traffic to whoever subscribes to #, against [MQTT-4.7.2-1].
    const isForeign = written.startsWith("$") &&
      !this.#options.subscribe.some((filter) => covers(filter, written));
    if (isForeign || this.#version === 4 && !retain && this.#own.returned(written, payload)) {
      // It came in all the same, and would be taken for the next one.
      this.#options.taps.message(connection, "", written.length, payload.length, qos);
      return;
    }
    const topic = this.escape === null ? written : this.escape.unescape(written);
    const message: IncomingMessage = {
      topic,
      payload,
      qos,
      replayed: retain,
      own: false,
      connection,
      ...(ago > 0 ? { ago } : {}),
    };
    const userProperties = packet.properties?.userProperties;
    if (userProperties !== undefined) message.userProperties = { ...userProperties };
    try {
      this.#options.sink(
        topic.length === written.length ? message : { ...message, wireLength: written.length },
      );
    } catch (error) {
      this.#options.log(`broker: a message on "${topic}" failed: ${(error as Error).message}`);
    }
  }

  publish(topic: string, payload: Uint8Array, options: PublishOptions = {}): Promise<void> {
    const client = this.#client;
    if (client === undefined || !this.state.connected) return Promise.reject(this.#away());
    const written = this.escape === null ? topic : this.escape.escape(topic);
    const { subscribe, echo = [] } = this.#options;
    if (this.#version === 4 && !echo.some((filter) => covers(filter, topic))) {
      this.#own.published(written, payload, this.#written(subscribe));
    }
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
      client.publish(written, message, { qos, retain }, (error) => {
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
