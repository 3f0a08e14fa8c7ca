/**
 * One MQTT connection to the cloud, from dialling to its end: CONNECT, subscriptions, pings,
 * acknowledgements. What is published on it, and how much at a time, is the sender's matter.
 *
 * `npm:mqtt` would keep every message in a store of its own and write them one by one.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import mqtt, { type IConnackPacket, type IPublishPacket, type Packet } from "mqtt-packet";
import { PacketSplitter } from "../broker/packet_splitter.ts";
import { parsePacket } from "../broker/pass_filter.ts";
import { dial, type Upstream } from "../broker/upstream.ts";
import { RunningClock } from "../running_clock.ts";
import type { Taps } from "../taps.ts";

export interface LinkOptions {
  /** Without credentials. */
  url: string;
  username?: string;
  password?: string;
  /** Certificate authority, PEM text. */
  ca?: string;
  clientId: string;
  version: 4 | 5;
  /** Topic filters. */
  subscribe: string[];
  /** Largest packet taken, bytes. */
  packetBytes: number;
  taps: Taps;
  /** In place of the usual times, for tests, ms. */
  times?: Partial<LinkTimes>;
  /** The cloud took us in. */
  onOpen: (facts: LinkFacts) => void;
  /** A PUBLISH of ours is acknowledged. @param reason MQTT 5 section 3.4.2.1; from 128 on refused */
  onAck: (packetId: number, reason: number) => void;
  /** All that came in one read has been told. */
  onRead: () => void;
  /** A message came; it is acknowledged when the promise settles. Must not fail. */
  onMessage: (packet: IPublishPacket) => Promise<void>;
  /** Whether an acknowledgement is due. */
  awaitsAck: () => boolean;
  /** Not called after `close`. */
  onEnd: (end: LinkEnd) => void;
  log: (line: string) => void;
}

export interface LinkTimes {
  /** For dialling, and until CONNACK came. */
  connect: number;
  /** Without a word the cloud is asked whether it is there, and then given up. */
  silence: number;
  /** So long may acknowledgements stay away. */
  stall: number;
}

/** What the cloud said when it took us in. */
export interface LinkFacts {
  /** It remembers our last connection. */
  sessionPresent: boolean;
  /** Messages without acknowledgement that it takes (MQTT 5 section 3.2.2.3.3). */
  receiveMaximum: number;
  /** Largest packet that it takes, bytes. */
  packetBytes: number;
}

export interface LinkEnd {
  reason: string;
  /** The cloud does not speak this version of MQTT. */
  refusedVersion: boolean;
  /** It ended the connection, without a word, before it answered CONNECT. */
  silent: boolean;
  /** The cloud took us in before. */
  wasOpen: boolean;
  /** It was the cloud that ended it, not silence. */
  byCloud: boolean;
}

const TIMES: LinkTimes = { connect: 10_000, silence: 15_000, stall: 60_000 };
const TICK_MS = 500;
const KEEPALIVE_SECONDS = 60;
/** So long the cloud keeps what it has for us while we are away, seconds: no older command acts. */
const SESSION_EXPIRY_SECONDS = 60;
/** Messages that may come before we have acknowledged the first. */
const RECEIVE_MAXIMUM = 100;
const DEFAULT_RECEIVE_MAXIMUM = 65_535;
const BACKLOG_BYTES = 16 << 20;
/** Time for what we said last to be read, milliseconds. */
const FAREWELL_MS = 500;

/** CONNACK codes that mean "not this version": 3.1.1 section 3.2.2.3, 5 section 3.2.2.2. */
const WRONG_VERSION = new Set([1, 132]);
const REFUSED_311 = [
  "",
  "does not speak this version",
  "refuses the client id",
  "is not available",
  "refuses user name and password",
  "does not allow it",
];
const REFUSED = 128;

const PUBLISH = 3;
const PUBACK = 4;
const PINGREQ = Uint8Array.of(0xc0, 0);
const DISCONNECT = Uint8Array.of(0xe0, 0);

/** Dials at once. */
export class Link {
  readonly version: 4 | 5;
  readonly #options: LinkOptions;
  readonly #times: LinkTimes;
  readonly #splitter: PacketSplitter;
  readonly #dialling = new AbortController();
  readonly #clock = new RunningClock({ periodMs: TICK_MS });
  readonly #ticker: ReturnType<typeof setInterval>;
  readonly #began: number;
  #upstream: Upstream | null = null;
  #open = false;
  #ended = false;
  /** Writes go one after the other. */
  #order: Promise<unknown> = Promise.resolve();
  /** When bytes came last, when they went, and since when an acknowledgement is due; running ms. */
  #heard = 0;
  #spoke = 0;
  #acked = 0;
  #pinged: number | null = null;
  /** Messages that came and are not acknowledged. */
  #taking = 0;
  #resume: (() => void) | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.version = options.version;
    this.#times = { ...TIMES, ...options.times };
    this.#splitter = new PacketSplitter(options.packetBytes);
    this.#began = this.#clock.now();
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    this.#dial();
  }

  async #dial() {
    const { url, ca, taps, clientId } = this.#options;
    const { signal } = this.#dialling;
    const events = {
      onBytes: (bytes: Uint8Array) => this.#read(bytes),
      onEnd: (error: Error | null) => this.#broke(error),
      backlogBytes: BACKLOG_BYTES,
    };
    try {
      const options = { taps, signal, ...(ca === undefined ? {} : { ca }) };
      this.#upstream = await dial(url, events, options);
    } catch (error) {
      this.#end((error as Error).message);
      return;
    }
    if (this.#ended) return this.#upstream.close();
    this.#upstream.tap.named(clientId);
    this.write(this.#connectPacket());
  }

  #connectPacket(): Uint8Array {
    const { username, password, clientId, version } = this.#options;
    return this.#generate({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: version,
      clientId,
      // Without an expiry a command of yesterday would act today.
      clean: version === 4,
      keepalive: KEEPALIVE_SECONDS,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: Buffer.from(password) }),
      ...(version === 4 ? {} : {
        properties: {
          sessionExpiryInterval: SESSION_EXPIRY_SECONDS,
          receiveMaximum: RECEIVE_MAXIMUM,
        },
      }),
    });
  }

  #generate(packet: Packet): Uint8Array {
    return mqtt.generate(packet, { protocolVersion: this.version } as never);
  }

  /** Writes behind what was written before. Settles when more may be; also when it failed. */
  write(bytes: Uint8Array): Promise<unknown> {
    return this.#order = this.#order.then(async () => {
      if (this.#ended || this.#upstream === null) return;
      this.#spoke = this.#clock.now();
      await this.#upstream.write(bytes);
    }).catch((error) => this.#end((error as Error).message));
  }

  #read(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#ended) return undefined;
    this.#heard = this.#clock.now();
    try {
      for (const packet of this.#splitter.split(bytes)) {
        if (this.#ended) return undefined;
        this.#take(packet);
      }
    } catch (error) {
      this.#end((error as Error).message);
      return undefined;
    }
    this.#options.onRead();
    if (this.#taking <= RECEIVE_MAXIMUM) return undefined;
    return new Promise((resolve) => this.#resume = resolve);
  }

  #take(bytes: Uint8Array) {
    if (bytes[0]! >> 4 === PUBACK) return this.#takeAck(bytes);
    const packet = parsePacket(bytes, this.version);
    if (packet === null) return this.#end("the cloud sent no MQTT packet");
    if (packet.cmd === "connack") this.#takeConnack(packet);
    else if (packet.cmd === "pingresp") this.#pinged = null;
    else if (packet.cmd === "suback") this.#takeSuback(packet.granted as number[]);
    else if (packet.cmd === "disconnect") {
      const code = packet.reasonCode ?? 0;
      const said = packet.properties?.reasonString;
      this.#end(`the cloud disconnected: ${said ?? `code ${code}`}`, { byCloud: true });
    } else if (bytes[0]! >> 4 === PUBLISH) this.#takeMessage(packet as IPublishPacket);
  }

  #takeAck(bytes: Uint8Array) {
    let at = 1;
    while (bytes[at]! & 0x80) at++;
    const packetId = bytes[at + 1]! << 8 | bytes[at + 2]!;
    this.#acked = this.#heard;
    this.#options.onAck(packetId, this.version === 5 ? bytes[at + 3] ?? 0 : 0);
  }

  #takeConnack(packet: IConnackPacket) {
    const code = (this.version === 5 ? packet.reasonCode : packet.returnCode) ?? 0;
    const { properties } = packet;
    if (code !== 0) {
      const said = properties?.reasonString ?? REFUSED_311[code] ?? `refuses with code ${code}`;
      return this.#end(`the cloud ${said}`, { refusedVersion: WRONG_VERSION.has(code) });
    }
    if (properties?.maximumQoS === 0) return this.#end("the cloud takes QoS 0 only");
    this.#open = true;
    this.#acked = this.#heard;
    this.#subscribe();
    this.#options.onOpen({
      sessionPresent: packet.sessionPresent,
      receiveMaximum: properties?.receiveMaximum ?? DEFAULT_RECEIVE_MAXIMUM,
      packetBytes: properties?.maximumPacketSize ?? Infinity,
    });
  }

  #subscribe() {
    const { subscribe } = this.#options;
    if (subscribe.length === 0) return;
    const subscriptions = subscribe.map((topic) => ({ topic, qos: 1 as const, nl: true }));
    // Its packet identifier must be none of those that the sender uses.
    this.write(this.#generate({ cmd: "subscribe", messageId: 0xffff, subscriptions }));
  }

  #takeSuback(granted: number[]) {
    granted.forEach((code, index) => {
      if (code < REFUSED) return;
      this.#options.log(`uplink: the cloud refuses to send "${this.#options.subscribe[index]}"`);
    });
  }

  async #takeMessage(packet: IPublishPacket) {
    this.#taking++;
    await this.#options.onMessage(packet);
    this.#taking--;
    const { qos, messageId } = packet;
    if (qos > 0 && !this.#ended) {
      this.write(this.#generate({ cmd: "puback", messageId: messageId! }));
    }
    if (this.#taking > RECEIVE_MAXIMUM) return;
    this.#resume?.();
    this.#resume = null;
  }

  #tick() {
    const at = this.#clock.now();
    const { connect, silence, stall } = this.#times;
    if (!this.#open) {
      if (at - this.#began > connect) this.#end("no answer");
      return;
    }
    if (!this.#options.awaitsAck()) this.#acked = at;
    else if (at - this.#acked > stall) {
      return this.#end(`no acknowledgement for ${Math.round(stall / 1000)} s`);
    }
    if (this.#pinged !== null) {
      if (at - Math.max(this.#pinged, this.#heard) > silence) this.#end("no answer to a ping");
    } else if (at - this.#heard > silence || at - this.#spoke > silence) {
      this.#pinged = at;
      this.write(PINGREQ);
    }
  }

  #broke(error: Error | null) {
    const reason = this.#open ? "connection lost" : "the cloud closed the connection";
    this.#end(error?.message ?? reason, { silent: !this.#open, byCloud: true });
  }

  #end(reason: string, how: Partial<LinkEnd> = {}) {
    if (this.#ended) return;
    this.#release();
    this.#upstream?.close();
    const usual = { refusedVersion: false, silent: false, byCloud: false };
    this.#options.onEnd({ ...usual, ...how, reason, wasOpen: this.#open });
  }

  #release() {
    this.#ended = true;
    clearInterval(this.#ticker);
    this.#dialling.abort(new Error("given up"));
    this.#resume?.();
  }

  /** Ends it, with a word to the cloud where it listens. */
  async close(): Promise<void> {
    if (this.#ended) return;
    const upstream = this.#upstream;
    if (this.#open && upstream !== null) {
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, FAREWELL_MS);
      await Promise.race([this.write(DISCONNECT), late.promise]);
      clearTimeout(timer);
    }
    if (this.#ended) return;
    this.#release();
    upstream?.end();
    upstream?.close();
  }

  /** Breaks it off, as if it were lost. */
  drop(reason: string) {
    this.#end(reason);
  }
}
