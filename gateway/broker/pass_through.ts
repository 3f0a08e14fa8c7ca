/**
 * `/mqtt` with an external broker: each client's bytes go to the broker and
 * back. An admin's pass as they are; of others each packet is judged.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import mqtt, { type IConnectPacket } from "mqtt-packet";
import { isNodeName, type Policy } from "../access/policy.ts";
import type { Identity, TokenBook } from "../access/tokens.ts";
import { CloseCode } from "../sessions/messages.ts";
import { type ConnectionTap, noConnectionTap, type Taps } from "../taps.ts";
import type { BrokerCounters, MqttWebSocket } from "./broker.ts";
import type { BrokerAddress } from "./external_options.ts";
import { PacketSplitter } from "./packet_splitter.ts";
import { PassEscape } from "./pass_escape.ts";
import { parsePacket, PassFilter, type Verdict } from "./pass_filter.ts";
import type { SocketLimits } from "./socket_stream.ts";
import type { TopicEscape } from "./topic_escape.ts";
import { dial, type Upstream } from "./upstream.ts";

export interface PassThroughOptions {
  /** Where the broker is now, with the gateway's credentials, for clients that bring none. */
  address: () => BrokerAddress;
  /** How topics are written for the broker; `null`: as they are. */
  escape: () => TopicEscape | null;
  ca?: string;
  policy: Policy;
  tokens: TokenBook;
  limits: SocketLimits;
  counters: BrokerCounters;
  /** Hears of the connections to the broker. */
  taps: Taps;
  log: (line: string) => void;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** Above this much in Deno's queue to the client reading from the broker waits, bytes. */
const QUEUE_BYTES = 256 << 10;
const POLL_MS = 10;
/** Time for what the client sent last to reach the broker, milliseconds. */
const FAREWELL_MS = 2000;
/** The connection ended without a Close frame (RFC 6455 section 7.1.5). */
const ABNORMAL_CLOSURE = 1006;
const NOT_AUTHORIZED_311 = 5;
const NOT_AUTHORIZED_5 = 0x87;

export class PassThrough {
  readonly #options: PassThroughOptions;
  readonly #open = new Set<Passage>();

  constructor(options: PassThroughOptions) {
    this.#options = options;
  }

  serve(client: MqttWebSocket) {
    const { limits, counters } = this.#options;
    if (this.#open.size >= limits.clients) {
      counters.tooMany++;
      const reason = `at most ${limits.clients} MQTT clients`;
      client.socket.close(CloseCode.tooMany, reason);
      client.tap?.closed(false, CloseCode.tooMany, reason);
      return;
    }
    const passage = new Passage(client, this.#options, () => this.#open.delete(passage));
    this.#open.add(passage);
  }

  close() {
    for (const passage of this.#open) passage.end(CloseCode.shuttingDown, "shutting down");
  }
}

/** One client's way to the broker. */
class Passage {
  readonly #socket: WebSocket;
  readonly #peer: string;
  readonly #tap: ConnectionTap;
  readonly #options: PassThroughOptions;
  readonly #onEnd: () => void;
  readonly #fromClient: PacketSplitter;
  readonly #fromBroker: PacketSplitter;
  readonly #connectTimer: ReturnType<typeof setTimeout>;
  #identity: Identity | null;
  #filter: PassFilter | null = null;
  #escape: PassEscape | null = null;
  #connected = false;
  #upstream: Upstream | null = null;
  readonly #dialling = new AbortController();
  /** What goes to the broker goes in order. */
  #order: Promise<void> = Promise.resolve();
  #waitingBytes = 0;
  #ended = false;

  constructor(client: MqttWebSocket, options: PassThroughOptions, onEnd: () => void) {
    this.#socket = client.socket;
    this.#peer = client.peer;
    this.#tap = client.tap ?? noConnectionTap;
    this.#identity = client.identity;
    this.#options = options;
    this.#onEnd = onEnd;
    this.#fromClient = new PacketSplitter(options.limits.packetBytes);
    this.#fromBroker = new PacketSplitter(options.limits.packetBytes);
    this.#connectTimer = setTimeout(
      () => this.end(CloseCode.badMessage, "CONNECT did not arrive in time"),
      CONNECT_TIMEOUT_MS,
    );
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onclose = ({ code, reason }) => this.end(code, reason, true);
    this.#socket.onerror = () => this.end(ABNORMAL_CLOSURE, "", true);
  }

  #receive(data: string | ArrayBuffer) {
    if (this.#ended) return;
    if (typeof data === "string") {
      this.#tap.receivedText(data);
      this.end(CloseCode.badMessage, "MQTT needs binary frames");
      return;
    }
    const bytes = new Uint8Array(data);
    this.#tap.received(bytes);
    try {
      for (const packet of this.#fromClient.split(bytes)) {
        if (this.#ended) return;
        if (!this.#connected) this.#connect(packet);
        else if (this.#filter === null) this.#toBroker(packet);
        else this.#judge(this.#filter.fromClient(packet), "client");
      }
    } catch (error) {
      this.end(CloseCode.tooBig, (error as Error).message);
    }
  }

  /** The first packet says who it is; the broker is dialled for it. */
  #connect(bytes: Uint8Array) {
    clearTimeout(this.#connectTimer);
    const packet = parsePacket(bytes, 5);
    if (packet?.cmd !== "connect") {
      this.end(CloseCode.badMessage, "expected CONNECT");
      return;
    }
    const { clientId } = packet;
    if (clientId !== "") this.#tap.named(clientId);
    const version = packet.protocolVersion ?? 4;
    const { identity, rewritten } = this.#identify(packet);
    const allowed = identity !== null && (packet.will === undefined ||
      this.#options.policy.mayPublish(identity, packet.will.topic));
    if (!allowed) {
      this.#options.counters.refused++;
      this.#refuse(version);
      return;
    }
    this.#identity = identity;
    this.#connected = true;
    if (identity.role !== "admin") {
      this.#filter = new PassFilter(this.#options.policy, identity, version, () => {
        this.#options.counters.refused++;
      });
    }
    const escape = this.#options.escape();
    this.#escape = escape && new PassEscape(escape, version);
    this.#order = this.#dial(clientId);
    this.#toBroker(rewritten ?? bytes);
  }

  #refuse(version: number) {
    const answer = version === 5
      ? { cmd: "connack", reasonCode: NOT_AUTHORIZED_5, sessionPresent: false }
      : { cmd: "connack", returnCode: NOT_AUTHORIZED_311, sessionPresent: false };
    this.#toClient(mqtt.generate(answer as never, { protocolVersion: version } as never));
    this.end(CloseCode.unauthenticated, "no or wrong token");
  }

  /** Who the client is, and CONNECT with the broker's credentials where it needs them. */
  #identify(packet: IConnectPacket) {
    const { tokens, address } = this.#options;
    const { username, password } = address();
    const given = packet.password === undefined
      ? ""
      : new TextDecoder().decode(packet.password as Uint8Array);
    const byToken = given === "" ? null : tokens.identify(given);
    let identity = byToken ?? this.#identity;
    if (identity?.role === "node" && identity.name === undefined) {
      const name = packet.username ?? packet.clientId;
      identity = isNodeName(name) ? { role: "node", name } : null;
    }
    if (byToken === null && packet.username !== undefined) return { identity, rewritten: null };
    const { username: _user, password: _password, ...rest } = packet;
    const connect = {
      ...rest,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: Buffer.from(password) }),
    };
    return { identity, rewritten: mqtt.generate(connect as IConnectPacket) };
  }

  async #dial(clientId: string) {
    const late = () => this.#dialling.abort(new Error("no connection in time"));
    const timer = setTimeout(late, CONNECT_TIMEOUT_MS);
    const { address, ca, taps, limits } = this.#options;
    try {
      this.#upstream = await dial(address().url, {
        onBytes: (bytes) => this.#fromUpstream(bytes),
        onEnd: (error) => this.end(1000, error?.message ?? "the broker closed the connection"),
        backlogBytes: limits.backlogBytes,
      }, { taps, signal: this.#dialling.signal, ...(ca === undefined ? {} : { ca }) });
      if (clientId !== "") this.#upstream.tap.named(clientId);
    } catch (error) {
      this.#options.log(`mqtt: ${this.#peer} cannot reach the broker: ${(error as Error).message}`);
      this.end(1011, "broker away");
    } finally {
      clearTimeout(timer);
    }
  }

  #toBroker(packet: Uint8Array) {
    const bytes = this.#escape?.toBroker(packet) ?? packet;
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > this.#options.limits.backlogBytes) {
      this.#options.counters.closedForBacklog++;
      this.end(CloseCode.tooBig, "more bytes sent than can be taken");
      return;
    }
    this.#order = this.#order.then(async () => {
      await this.#upstream?.write(bytes);
      this.#waitingBytes -= bytes.length;
    }).catch((error) => this.end(1011, (error as Error).message));
  }

  #fromUpstream(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#filter === null && this.#escape === null) this.#toClient(bytes);
    else this.#judgeBroker(bytes);
    return this.#socket.bufferedAmount > QUEUE_BYTES ? this.#clientTakes() : undefined;
  }

  #judgeBroker(bytes: Uint8Array) {
    try {
      for (const written of this.#fromBroker.split(bytes)) {
        if (this.#ended) return;
        const packet = this.#escape?.fromBroker(written) ?? written;
        if (this.#filter === null) this.#toClient(packet);
        else this.#judge(this.#filter.fromBroker(packet), "broker");
      }
    } catch (error) {
      this.end(1000, (error as Error).message);
    }
  }

  async #clientTakes() {
    while (this.#socket.bufferedAmount > QUEUE_BYTES && !this.#ended) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  #judge({ forward, answer, close }: Verdict, from: "client" | "broker") {
    const [there, back] = from === "client"
      ? [this.#toBroker, this.#toClient]
      : [this.#toClient, this.#toBroker];
    if (forward !== undefined) there.call(this, forward);
    if (answer !== undefined) back.call(this, answer);
    if (close !== undefined) this.end(CloseCode.notAllowed, close);
  }

  #toClient(bytes: Uint8Array) {
    if (this.#ended || this.#socket.readyState !== WebSocket.OPEN) return;
    this.#tap.sent(bytes);
    this.#socket.send(bytes as Uint8Array<ArrayBuffer>);
  }

  /** Closes the way to the broker, behind what is still to be written. */
  #release() {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, FAREWELL_MS);
    Promise.race([this.#order, late.promise]).finally(() => {
      clearTimeout(timer);
      this.#dialling.abort();
      this.#upstream?.close();
    });
  }

  /**
   * Closes both sides.
   *
   * @param byPeer Whether the client closed already
   */
  end(code: number, reason: string, byPeer = false) {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#connectTimer);
    this.#release();
    const text = reason.slice(0, 100);
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.close(code, text);
    this.#tap.closed(byPeer, code, text);
    this.#onEnd();
  }
}
