/**
 * What an external broker can, found out by trying, on connections and topics of our own: some say
 * that they can what they cannot, and MQTT 3.1.1 has no words for it.
 *
 * Every trial is compared with one that has to work, so that a broker that lets us publish nothing
 * there is not taken for one that refuses dots.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { IClientOptions, IConnackPacket, MqttClient } from "mqtt";
import { escapeFor } from "./topic_escape.ts";
import { NOTHING, Trial } from "./trial.ts";

/** `null` throughout: not found out. */
export interface BrokerCan {
  /** MQTT version spoken: 5, or 4 for 3.1.1. */
  protocol: 4 | 5;
  /** Highest QoS at which it takes messages. */
  qos: 1 | 2 | null;
  retained: boolean | null;
  /** Shared subscriptions (`$share/...`) bring messages. */
  shared: boolean | null;
  /** Topics may have a dot. */
  dots: boolean | null;
  /** Topics may have a space. */
  spaces: boolean | null;
  /** ASCII characters that topics may not have, those two included. */
  refused: string | null;
  /** Messages that may wait for its acknowledgement (MQTT 5 section 3.2.2.3.3); 3.1.1 does not tell. */
  receiveMaximum: number | null;
  /** Largest packet that it takes, bytes; `null`: it names none. */
  packetBytes: number | null;
}

export interface TryOutOptions {
  /** Makes a client that dials at once and does not reconnect. */
  client: (options: IClientOptions) => MqttClient;
  protocol: 4 | 5;
  clientId: string;
  /** Begins the topics tried; nobody else uses them. */
  topic: string;
  /** All has to be found out in this time, ms; the rest stays `null`. @default 3000 */
  timeMs?: number;
}

const TIME_MS = 3000;
/** Without an entry in CONNACK (MQTT 5 section 3.2.2.3.3). */
const RECEIVE_MAXIMUM = 65_535;
/** ASCII punctuation that is neither a dot nor a space nor has a meaning in topics. */
const PUNCTUATION = "!\"$%&'()*,-:;<=>?@[\\]^_`{|}~";
const KEPT = Buffer.from("kept");

export function nothingKnown(protocol: 4 | 5): BrokerCan {
  return {
    protocol,
    qos: null,
    retained: null,
    shared: null,
    dots: null,
    spaces: null,
    refused: null,
    receiveMaximum: null,
    packetBytes: null,
  };
}

/** Tries it out; never throws. */
export async function tryOut(options: TryOutOptions): Promise<BrokerCan> {
  const timeMs = options.timeMs ?? TIME_MS;
  const aborter = new AbortController();
  const timer = setTimeout(() => aborter.abort(), timeMs);
  try {
    return await new TryOut(options, aborter.signal, timeMs).run();
  } finally {
    clearTimeout(timer);
    aborter.abort();
  }
}

class TryOut {
  readonly #options: TryOutOptions;
  readonly #signal: AbortSignal;
  readonly #timeMs: number;
  readonly #can: BrokerCan;
  #clients = 0;

  constructor(options: TryOutOptions, signal: AbortSignal, timeMs: number) {
    this.#options = options;
    this.#signal = signal;
    this.#timeMs = timeMs;
    this.#can = nothingKnown(options.protocol);
  }

  async run(): Promise<BrokerCan> {
    const can = this.#can;
    const plain = await this.#with((trial, connack) => {
      if (can.protocol === 5) this.#read(connack);
      return this.#plain(trial);
    });
    // Without it nothing that fails would say anything.
    if (plain !== true) return can;
    await Promise.all([this.#tryShared(), this.#tryRetained(), this.#tryQos(), this.#tryTopics()]);
    // A broker that went away meanwhile has refused nothing.
    const stands = await this.#with((trial) => this.#plain(trial));
    if (stands === true) return can;
    const { receiveMaximum, packetBytes } = can;
    return { ...nothingKnown(can.protocol), receiveMaximum, packetBytes };
  }

  #topic(name: string): string {
    return `${this.#options.topic}/${name}`;
  }

  /**
   * Uses a connection of its own.
   *
   * @returns What `use` gives; `false`: the broker closed it or refused; `null`: there was none, or
   *   time was up.
   */
  async #with(
    use: (trial: Trial, connack: IConnackPacket | undefined) => Promise<boolean>,
  ): Promise<boolean | null> {
    const clientId = `${this.#options.clientId}-try-${++this.#clients}`;
    const client = this.#options.client({
      clientId,
      clean: true,
      protocolVersion: this.#options.protocol,
    });
    const trial = new Trial(client, this.#signal);
    let isOpen = false;
    try {
      const connack = await trial.open();
      isOpen = true;
      return await use(trial, connack);
    } catch {
      return isOpen && !this.#signal.aborted ? false : null;
    } finally {
      trial.close();
    }
  }

  #read(connack: IConnackPacket | undefined) {
    const { receiveMaximum = RECEIVE_MAXIMUM, maximumPacketSize = null } = connack?.properties ??
      {};
    this.#can.receiveMaximum = receiveMaximum;
    this.#can.packetBytes = maximumPacketSize;
  }

  /** What has to work: a message comes back. */
  async #plain(trial: Trial): Promise<boolean> {
    const topic = this.#topic("plain");
    await trial.subscribe(topic);
    await trial.publish(topic, 0);
    return await trial.comes(topic, false, this.#timeMs);
  }

  async #tryShared() {
    this.#can.shared = await this.#with(async (trial) => {
      const topic = this.#topic("shared");
      await trial.subscribe(`$share/edgewire/${topic}`);
      await trial.publish(topic, 0);
      await this.#plain(trial);
      return await trial.comes(topic);
    });
  }

  async #tryRetained() {
    this.#can.retained = await this.#with(async (trial) => {
      const topic = this.#topic("retained");
      await trial.publish(topic, 1, KEPT, true);
      await trial.subscribe(topic);
      await this.#plain(trial);
      const kept = await trial.comes(topic, true);
      // Acknowledged, so that it is not cut off with the connection.
      await trial.publish(topic, 1, NOTHING, true);
      return kept;
    });
  }

  async #tryQos() {
    for (const qos of [2, 1] as const) {
      const takes = await this.#with(async (trial) => {
        await trial.publish(this.#topic("qos"), qos);
        return true;
      });
      if (takes === true) this.#can.qos = qos;
      if (takes !== false) return;
    }
  }

  async #tryTopics() {
    const can = this.#can;
    const tried = [". ", PUNCTUATION];
    const [common, other] = await Promise.all(tried.map((characters) => this.#takes(characters)));
    if (common === true) can.dots = can.spaces = true;
    else [can.dots, can.spaces] = await Promise.all([this.#takes("."), this.#takes(" ")]);
    if (can.dots === null || can.spaces === null) return;
    const refused = `${can.dots ? "" : "."}${can.spaces ? "" : " "}`;
    if (other === true) can.refused = refused;
    else if (other === false) {
      const more = await this.#refusedOf(PUNCTUATION);
      if (more !== null) can.refused = refused + more;
    }
  }

  /** Whether a topic may have these characters. */
  #takes(characters: string): Promise<boolean | null> {
    return this.#with(async (trial) => {
      const parent = this.#topic("characters");
      const topic = `${parent}/a${characters}b`;
      await trial.subscribe(`${parent}/+`);
      await trial.publish(topic, 0);
      await this.#plain(trial);
      return await trial.comes(topic);
    });
  }

  /** Halves them until each that is refused stands alone. */
  async #refusedOf(characters: string): Promise<string | null> {
    if (characters.length === 1) {
      const takes = await this.#takes(characters);
      return takes === null ? null : takes ? "" : characters;
    }
    const middle = characters.length >> 1;
    const halves = [characters.slice(0, middle), characters.slice(middle)];
    const refused = await Promise.all(halves.map(async (half) => {
      const takes = await this.#takes(half);
      return takes === false ? await this.#refusedOf(half) : takes && "";
    }));
    const [first, second] = refused;
    return typeof first !== "string" || typeof second !== "string" ? null : first + second;
  }
}

const CHARACTER_NAMES: Record<string, string> = { ".": "a dot", " ": "a space" };

/** In words, for the log: "MQTT 3.1.1, QoS 1, retained messages; no shared subscriptions". */
export function describeBroker(can: BrokerCan): string {
  const has = [can.protocol === 5 ? "MQTT 5" : "MQTT 3.1.1"];
  const lacks: string[] = [];
  const unknown: string[] = [];
  const say = (value: boolean | null, what: string) => {
    (value === null ? unknown : value ? has : lacks).push(what);
  };
  if (can.qos === null) unknown.push("QoS");
  else has.push(`QoS up to ${can.qos}`);
  say(can.retained, "retained messages");
  say(can.shared, "shared subscriptions");
  if (can.receiveMaximum !== null) has.push(`${can.receiveMaximum} messages in flight`);
  if (can.packetBytes !== null) has.push(`packets up to ${can.packetBytes} bytes`);
  if (can.refused === null) unknown.push("characters of topics");
  const parts = [has.join(", ")];
  if (lacks.length > 0) parts.push(`no ${lacks.join(", no ")}`);
  if (can.refused) {
    const names = [...can.refused].map((character) => CHARACTER_NAMES[character] ?? character);
    const escaped = escapeFor(can.refused) === null ? "" : ": they are escaped";
    parts.push(`no topics with ${names.join(" or ")}${escaped}`);
  }
  if (unknown.length > 0) parts.push(`not found out: ${unknown.join(", ")}`);
  return parts.join("; ");
}
