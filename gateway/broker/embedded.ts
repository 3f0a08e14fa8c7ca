/**
 * The embedded MQTT broker: `aedes` on TCP, TLS and WebSocket, with the
 * gateway's roles.
 *
 * @module
 */
import { Aedes, type Client } from "aedes";
import { Buffer } from "node:buffer";
import { Delivery, insidesOf, partsOf, streamOf, withoutNumberCache } from "./aedes_insides.ts";
import { type Durable, untilReleased } from "./ack_gate.ts";
import { isLoopback } from "../access/peer.ts";
import { isNodeName, type Policy } from "../access/policy.ts";
import type { Identity, TokenBook } from "../access/tokens.ts";
import {
  type Broker,
  type BrokerCounters,
  type BrokerState,
  type IncomingMessage,
  type MessageSink,
  type MqttWebSocket,
  PublishError,
  type PublishOptions,
  type Readiness,
  type SessionEvent,
} from "./broker.ts";
import { tcpFacts } from "./connection_facts.ts";
import { ConnectionWatch } from "./connection_watch.ts";
import { Hearers } from "./hearers.ts";
import { incomingConnections } from "../incoming_connections.ts";
import { explainListen } from "../listen_error.ts";
import { CloseCode } from "../sessions/messages.ts";
import type { DurableMap } from "./persistence_disk.ts";
import { Remembered } from "./persistence_wiring.ts";
import { PublishFirst } from "./publish_first.ts";
import { REPLAY_TOPIC, replayAnswerTopic, ReplayTimes } from "./replay_times.ts";
import { noteFailure, tellSessions } from "./session_events.ts";
import type { StoredPacket } from "./session_store.ts";
import { QUEUE_SHARE, type SocketLimits, type SocketStream } from "./socket_stream.ts";
import { TcpStream } from "./tcp_stream.ts";
import { noConnectionTap, noTaps, type Taps } from "../taps.ts";
import { WebSocketStream } from "./websocket_stream.ts";

export interface EmbeddedOptions {
  policy: Policy;
  tokens: TokenBook;
  /** Whether clients of this machine are admins without a token. */
  openLoopback: boolean;
  limits: SocketLimits;
  counters: BrokerCounters;
  sink: MessageSink;
  /** @default every message can be taken in at once */
  ready?: Readiness;
  /** What the sink took in is acknowledged only when it is durable. @default at once */
  durable?: Durable | null;
  /** Where sessions and retained messages are kept besides. @default nowhere */
  disk?: DurableMap | null;
  /** Hears of each session. */
  onSession?: (event: SessionEvent) => void;
  /** Hears of the connections that came by TCP. @default noTaps */
  taps?: Taps;
  log: (line: string) => void;
}

/** aedes' own timers would go off after a stall of this process; `ConnectionWatch` does their work. */
const NEVER_MS = 2 ** 31 - 1;
/** Time for acknowledgements that are held when the broker ends, milliseconds. */
const FAREWELL_MS = 1000;
const BAD_CREDENTIALS = 4;
const NOT_AUTHORIZED = 5;

/** What counts of a PUBLISH (or a will) for permission and intake. */
interface ClientPublish {
  topic: string;
  payload: string | Uint8Array;
  qos: 0 | 1 | 2;
}

type AuthenticateError = Error & { returnCode: number };

/** A topic with what UTF-8 does not have [MQTT-1.5.3-1, MQTT-1.5.3-2]. */
function isBadText(topic: string): boolean {
  return topic.includes("\0") || topic.includes("\uFFFD");
}

/** Starts with {@linkcode EmbeddedBroker.create}; ends with `close()`. */
export class EmbeddedBroker implements Broker {
  readonly state: BrokerState = { connected: true };
  readonly #options: EmbeddedOptions;
  readonly #listeners: Deno.Listener[] = [];
  readonly #watch = new ConnectionWatch();
  /** Wills that the broker publishes, until they are taken in. */
  readonly #wills = new WeakSet<object>();
  readonly #replayTimes = new ReplayTimes();
  #connections = 0;
  #aedes!: Aedes;
  #hearers!: Hearers;
  #publishFirst!: PublishFirst;
  readonly #remembered: Remembered;
  readonly #delivery = new Delivery();

  private constructor(options: EmbeddedOptions) {
    this.#options = options;
    const { limits: { backlogBytes }, counters, disk = null, durable = null, log } = options;
    this.#remembered = new Remembered({ backlogBytes, counters, disk, durable, log });
  }

  /** Makes a broker that listens nowhere yet, and reads what the one before kept. */
  static async create(options: EmbeddedOptions): Promise<EmbeddedBroker> {
    const broker = new EmbeddedBroker(options);
    withoutNumberCache();
    broker.#aedes = await Aedes.createBroker({
      persistence: broker.#remembered.persistence,
      connectTimeout: NEVER_MS,
      drainTimeout: NEVER_MS,
      concurrency: 0,
      // What comes before CONNACK is bounded by one chunk, see SocketStream.
      queueLimit: 1 << 20,
      // Of a QoS 2 message only its id is kept.
      maxInflightInbound: 0,
      maxClientsIdLength: 128,
      preConnect: (client, packet, done) => {
        broker.#delivery.watch(client as Client, broker.#aedes);
        const stream = streamOf(client as Client);
        stream.clientId = packet.clientId;
        if (packet.clientId !== "") stream.tap.named(packet.clientId);
        stream.willTopic = packet.will?.topic ?? null;
        stream.keepaliveMs = (packet.keepalive ?? 0) * 1000;
        stream.catchesUp = packet.clean === false;
        if (broker.#remembered.lasts && packet.clean === false) stream.keepSession();
        if (packet.clean === false) broker.#remembered.avoidTaken(client as Client);
        // Not for aedes to look after.
        packet.keepalive = 0;
        done(null, true);
      },
      authenticate: (client, username, password, done) => {
        const refusal = broker.#authenticate(client, username, password);
        done(refusal, refusal === null);
      },
      authorizePublish: (client, packet, done) => broker.#authorizePublish(client, packet, done),
      authorizeSubscribe: (client, subscription, done) => {
        if (isBadText(subscription.topic)) {
          done(new Error("a topic filter is not UTF-8"), null);
          return;
        }
        // A negated subscription is answered with 0x80 [MQTT-3.9.3].
        done(null, broker.#admitSubscribe(client, subscription.topic) ? subscription : null);
      },
      authorizeForward: (client, packet) => broker.#admitForward(client, packet) ? packet : null,
      published: (packet, client, done) => {
        if (packet.qos === 2 && client !== null) broker.#take(client, packet);
        done(null);
      },
    });
    const insides = partsOf(broker.#aedes);
    broker.#publishFirst = new PublishFirst(broker.#aedes);
    broker.#delivery.decouple(insides);
    broker.#hearers = new Hearers(insides.mq, insides.persistence);
    broker.#remembered.follow(broker.#aedes, broker.#hearers);
    const { onSession } = options;
    if (onSession !== undefined) {
      tellSessions(broker.#aedes, onSession, () => !broker.state.connected);
    }
    // What came with CONNECT is taken first: right after this event.
    broker.#aedes.on("clientReady", (client) => {
      setImmediate(() => streamOf(client).answered());
    });
    broker.#aedes.on("clientError", (client, error) => broker.#report(client, error));
    broker.#aedes.on("connectionError", (client, error) => broker.#report(client, error));
    broker.#aedes.on("error" as "closed", (...said: unknown[]) => broker.#failed(said[0] as Error));
    return broker;
  }

  #failed(error: Error) {
    this.#options.log(`mqtt: ${error.message}`);
  }

  #report(client: Client, error: Error) {
    noteFailure(client, error);
    const name = client.id ? `client "${client.id}"` : "a client";
    this.#options.log(`mqtt: ${name} from ${streamOf(client).peer} closed: ${error.message}`);
  }

  /**
   * Listens for MQTT over TCP, or TLS where a certificate is given.
   *
   * @returns The address, with the port that was picked.
   * @throws If the port is taken or the certificate cannot be used.
   */
  listen(hostname: string, port: number, tls?: { cert: string; key: string }): Deno.NetAddr {
    const listener = this.#bind({ hostname, port }, tls);
    this.#listeners.push(listener);
    this.#remembered.publishLeftWills((message) => this.#takeLeftWill(message));
    this.#accept(listener, tls !== undefined);
    return listener.addr as Deno.NetAddr;
  }

  #bind(where: { hostname: string; port: number }, tls?: { cert: string; key: string }) {
    try {
      return tls ? Deno.listenTls({ ...where, ...tls }) : Deno.listen(where);
    } catch (error) {
      throw explainListen(error, {
        what: tls ? "MQTT with TLS" : "MQTT",
        ...where,
        flags: { host: "mqtt-host", port: tls ? "mqtts-port" : "mqtt-port" },
      });
    }
  }

  async #accept(listener: Deno.Listener, tls: boolean) {
    const { limits, taps = noTaps, log } = this.#options;
    for await (const conn of incomingConnections(listener, (line) => log(`mqtt: ${line}`))) {
      try {
        if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay();
      } catch {
        // It is closed already: reading will tell.
      }
      if (this.#isFull()) {
        conn.close();
        continue;
      }
      const tap = taps.connection(tcpFacts(conn, false, tls));
      this.#handle(new TcpStream(conn, null, limits, tap));
    }
  }

  serveWebSocket({ socket, peer, identity, tap = noConnectionTap }: MqttWebSocket) {
    const { limits, counters } = this.#options;
    if (this.#isFull()) {
      const reason = `at most ${limits.clients} MQTT clients`;
      socket.close(CloseCode.tooMany, reason);
      tap.closed(false, CloseCode.tooMany, reason);
      return;
    }
    const stream = new WebSocketStream(socket, peer, identity, limits, tap, () => {
      counters.closedForBacklog++;
    });
    this.#handle(stream);
  }

  #isFull(): boolean {
    if (this.#connections < this.#options.limits.clients) return false;
    this.#options.counters.tooMany++;
    return true;
  }

  #handle(stream: SocketStream) {
    this.#connections++;
    this.#watch.add(stream);
    if (this.#options.durable) stream.holdAcks(this.#options.durable);
    stream.once("close", () => {
      this.#connections--;
      this.#watch.delete(stream);
    });
    this.#aedes.handle(stream);
  }

  #authenticate(
    client: Client,
    username: string | undefined,
    password: Readonly<Uint8Array> | undefined,
  ): AuthenticateError | null {
    const stream = streamOf(client);
    if (stream.clientId === "") stream.tap.named(client.id);
    const token = password ? new TextDecoder().decode(password) : undefined;
    let identity: Identity | null = stream.identity;
    if (token !== undefined && token !== "") {
      identity = this.#options.tokens.identify(token) ?? identity;
    }
    if (identity === null && this.#options.openLoopback && isLoopback(stream.peer)) {
      identity = { role: "admin" };
    }
    if (identity?.role === "node" && identity.name === undefined) {
      identity = { role: "node", name: username ?? client.id };
    }
    if (identity === null || (identity.role === "node" && !isNodeName(identity.name))) {
      const reason = identity === null
        ? "no access token as password"
        : "a node's user name must be its name, without / + # $";
      return Object.assign(new Error(reason), { returnCode: BAD_CREDENTIALS });
    }
    const { willTopic } = stream;
    if (willTopic !== null && !this.#mayLeaveWill(identity, willTopic)) {
      this.#options.counters.refused++;
      const message = `may not leave a will on "${willTopic}"`;
      return Object.assign(new Error(message), { returnCode: NOT_AUTHORIZED });
    }
    stream.identity = identity;
    const other = partsOf(this.#aedes).clients[client.id];
    if (other !== undefined) streamOf(other).ending ??= "taken over";
    return null;
  }

  #mayLeaveWill(identity: Identity, topic: string): boolean {
    return topic !== "" && !/[+#]/.test(topic) && !isBadText(topic) &&
      this.#options.policy.mayPublish(identity, topic);
  }

  #admitSubscribe(client: Client, filter: string): boolean {
    const { identity } = streamOf(client);
    const allowed = identity !== null && this.#options.policy.maySubscribe(identity, filter);
    if (!allowed) this.#options.counters.refused++;
    return allowed;
  }

  #authorizePublish(
    client: Client | null,
    packet: ClientPublish,
    done: (error: Error | null) => void,
  ) {
    if (client !== null && packet === insidesOf(client).will) this.#wills.add(packet);
    const stream = client === null ? null : streamOf(client);
    const waitsFor = stream?.waitsFor ?? this.#options.ready?.(packet.topic) ?? null;
    const admit = () => {
      const refusal = this.#admitPublish(client, packet);
      if (refusal !== null || packet.qos !== 1 || this.#wills.has(packet)) done(refusal);
      else this.#publishFirst.publish(client as Client, packet, done);
    };
    if (stream === null || waitsFor === null) return admit();
    const admitLater = () => {
      // At the end nobody takes it; its client knows no better than that it was not acknowledged.
      if (this.state.connected) admit();
    };
    stream.waitFor(waitsFor);
    waitsFor.then(admitLater, admitLater);
  }

  /** Checks a publish; QoS 0 and 1 are taken in here, before PUBACK. */
  #admitPublish(client: Client | null, packet: ClientPublish): Error | null {
    const identity = client === null ? null : streamOf(client).identity;
    if (identity === null || !this.#options.policy.mayPublish(identity, packet.topic)) {
      this.#options.counters.refused++;
      return new Error(`may not publish on "${packet.topic}"`);
    }
    if (isBadText(packet.topic)) return new Error("a topic is not UTF-8");
    const known = client as Client;
    if (packet.topic === REPLAY_TOPIC && identity.role === "admin") {
      this.#takeReplayTime(known, packet);
    }
    if (packet.qos < 2) this.#take(known, packet);
    return null;
  }

  #takeReplayTime(client: Client, { payload }: ClientPublish) {
    const begins = this.#replayTimes.take(client, payload);
    if (!begins || !isNodeName(client.id)) return;
    this.publish(replayAnswerTopic(client.id), new Uint8Array()).catch(() => {});
  }

  #take(client: Client, packet: ClientPublish) {
    const { topic, qos } = packet;
    const will = this.#wills.has(packet);
    const message: IncomingMessage = {
      topic,
      payload: packet.payload as Uint8Array,
      qos,
      replayed: false,
      own: false,
      client: client.id,
      will,
    };
    if (!will) {
      message.connection = streamOf(client).tap;
      const ago = this.#replayTimes.ago(client) ?? streamOf(client).ago;
      if (ago !== null) message.ago = ago;
    }
    this.#sink(message);
  }

  #takeLeftWill(message: IncomingMessage) {
    const waitsFor = this.#options.ready?.(message.topic) ?? null;
    const take = () => this.#sink(message);
    if (waitsFor === null) take();
    else waitsFor.then(take, take);
  }

  #sink(message: IncomingMessage) {
    try {
      this.#options.sink(message);
    } catch (error) {
      this.#options.log(
        `mqtt: a message on "${message.topic}" failed: ${(error as Error).message}`,
      );
    }
  }

  #admitForward(client: Client, packet: ClientPublish & StoredPacket): boolean {
    const { policy, counters } = this.#options;
    const stream = streamOf(client);
    if (stream.identity === null || !policy.mayRead(stream.identity, packet.topic)) return false;
    if (stream.catchesUp && this.#remembered.mustWait(client, packet)) return false;
    const { backlogBytes } = stream.limits;
    if (stream.writableLength < backlogBytes * QUEUE_SHARE) return true;
    if (packet.qos === 0) {
      counters.droppedForSlowClients++;
      return false;
    }
    if (stream.writableLength < backlogBytes) return true;
    counters.closedForBacklog++;
    stream.destroy(new Error("reads too slowly"));
    return false;
  }

  publish(topic: string, payload: Uint8Array, options: PublishOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#aedes.publish(
        {
          cmd: "publish",
          topic,
          payload: Buffer.from(payload),
          qos: options.qos ?? 1,
          retain: options.retain ?? false,
          dup: false,
        },
        (error) => error ? reject(new PublishError(error.message)) : resolve(),
      );
    });
  }

  hears(topic: string): boolean {
    return this.#hearers.hears(topic);
  }

  async close() {
    this.state.connected = false;
    this.#watch.close();
    this.#remembered.close();
    for (const listener of this.#listeners) listener.close();
    await untilReleased(this.#options.durable, FAREWELL_MS);
    await new Promise<void>((resolve) => this.#aedes.close(() => resolve()));
  }
}
