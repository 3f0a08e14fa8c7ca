/**
 * The embedded MQTT broker: `aedes` on TCP, TLS and WebSocket, with the
 * gateway's roles.
 *
 * @module
 */
import { Aedes, type Client } from "aedes";
import { Buffer } from "node:buffer";
import { isLoopback } from "../access/peer.ts";
import { isNodeName, type Policy } from "../access/policy.ts";
import type { Identity, TokenBook } from "../access/tokens.ts";
import {
  type Broker,
  type BrokerCounters,
  type BrokerState,
  type MessageSink,
  type MqttWebSocket,
  PublishError,
} from "./broker.ts";
import type { SocketLimits, SocketStream } from "./socket_stream.ts";
import { TcpStream } from "./tcp_stream.ts";
import { WebSocketStream } from "./websocket_stream.ts";

export interface EmbeddedOptions {
  policy: Policy;
  tokens: TokenBook;
  /** Whether clients of this machine are admins without a token. */
  openLoopback: boolean;
  limits: SocketLimits;
  counters: BrokerCounters;
  sink: MessageSink;
  log: (line: string) => void;
}

/** Time for CONNECT to arrive, milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Of the backlog bound, the share from which QoS 0 messages are left out. */
const DROP_SHARE = 0.25;
const BAD_CREDENTIALS = 4;

/** What counts of a PUBLISH (or a will) for permission and intake. */
interface ClientPublish {
  topic: string;
  payload: string | Uint8Array;
  qos: 0 | 1 | 2;
}

type AuthenticateError = Error & { returnCode: number };

function streamOf(client: Client): SocketStream {
  return client.conn as unknown as SocketStream;
}

/** Starts with {@linkcode EmbeddedBroker.create}; ends with `close()`. */
export class EmbeddedBroker implements Broker {
  readonly state: BrokerState = { connected: true };
  readonly #options: EmbeddedOptions;
  readonly #listeners: Deno.Listener[] = [];
  #aedes!: Aedes;

  private constructor(options: EmbeddedOptions) {
    this.#options = options;
  }

  /** Makes a broker that listens nowhere yet. */
  static async create(options: EmbeddedOptions): Promise<EmbeddedBroker> {
    const broker = new EmbeddedBroker(options);
    broker.#aedes = await Aedes.createBroker({
      connectTimeout: CONNECT_TIMEOUT_MS,
      drainTimeout: 0,
      // What comes before CONNACK is bounded by one chunk, see SocketStream.
      queueLimit: 1 << 20,
      maxClientsIdLength: 128,
      authenticate: (client, username, password, done) => {
        const refusal = broker.#authenticate(client, username, password);
        done(refusal, refusal === null);
      },
      authorizePublish: (client, packet, done) => done(broker.#admitPublish(client, packet)),
      authorizeSubscribe: (client, subscription, done) => {
        const identity = streamOf(client).identity;
        const allowed = identity !== null &&
          options.policy.maySubscribe(identity, subscription.topic);
        if (!allowed) options.counters.refused++;
        // A negated subscription is answered with 0x80 [MQTT-3.9.3].
        done(null, allowed ? subscription : null);
      },
      authorizeForward: (client, packet) => broker.#admitForward(client, packet) ? packet : null,
      published: (packet, client, done) => {
        if (packet.qos === 2 && client !== null) broker.#take(packet);
        done(null);
      },
    });
    broker.#aedes.on("connackSent", (_packet, client) => streamOf(client).answered());
    broker.#aedes.on("clientError", (client, error) => broker.#report(client, error));
    broker.#aedes.on("connectionError", (client, error) => broker.#report(client, error));
    return broker;
  }

  #report(client: Client, error: Error) {
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
    const listener = tls
      ? Deno.listenTls({ hostname, port, ...tls })
      : Deno.listen({ hostname, port });
    this.#listeners.push(listener);
    this.#accept(listener);
    return listener.addr as Deno.NetAddr;
  }

  async #accept(listener: Deno.Listener) {
    while (true) {
      try {
        const conn = await listener.accept();
        if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay();
        const stream = new TcpStream(conn, null, this.#options.limits);
        this.#aedes.handle(stream);
      } catch (error) {
        if (!this.state.connected || error instanceof Deno.errors.BadResource) return;
        this.#options.log(`mqtt: accept failed: ${(error as Error).message}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  serveWebSocket({ socket, peer, identity }: MqttWebSocket) {
    const { limits, counters } = this.#options;
    const stream = new WebSocketStream(socket, peer, identity, limits, () => {
      counters.closedForBacklog++;
    });
    this.#aedes.handle(stream);
  }

  #authenticate(
    client: Client,
    username: string | undefined,
    password: Readonly<Uint8Array> | undefined,
  ): AuthenticateError | null {
    const stream = streamOf(client);
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
    stream.identity = identity;
    return null;
  }

  /** Checks a publish; QoS 0 and 1 are taken in here, before PUBACK. */
  #admitPublish(client: Client | null, packet: ClientPublish): Error | null {
    const identity = client === null ? null : streamOf(client).identity;
    if (identity === null || !this.#options.policy.mayPublish(identity, packet.topic)) {
      this.#options.counters.refused++;
      return new Error(`may not publish on "${packet.topic}"`);
    }
    if (packet.qos < 2) this.#take(packet);
    return null;
  }

  #take(packet: ClientPublish) {
    this.#options.sink({
      topic: packet.topic,
      payload: packet.payload as Uint8Array,
      qos: packet.qos,
      replayed: false,
      own: false,
    });
  }

  #admitForward(client: Client, packet: ClientPublish): boolean {
    const { policy, counters } = this.#options;
    const stream = streamOf(client);
    if (stream.identity === null || !policy.mayRead(stream.identity, packet.topic)) return false;
    const { backlogBytes } = stream.limits;
    if (stream.writableLength < backlogBytes * DROP_SHARE) return true;
    if (packet.qos === 0) {
      counters.droppedForSlowClients++;
      return false;
    }
    if (stream.writableLength < backlogBytes) return true;
    counters.closedForBacklog++;
    stream.destroy(new Error("reads too slowly"));
    return false;
  }

  publish(topic: string, payload: Uint8Array, options: { retain?: boolean } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#aedes.publish(
        {
          cmd: "publish",
          topic,
          payload: Buffer.from(payload),
          qos: 1,
          retain: options.retain ?? false,
          dup: false,
        },
        (error) => error ? reject(new PublishError(error.message)) : resolve(),
      );
    });
  }

  async close() {
    this.state.connected = false;
    for (const listener of this.#listeners) listener.close();
    await new Promise<void>((resolve) => this.#aedes.close(() => resolve()));
  }
}
