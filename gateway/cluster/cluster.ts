/**
 * Several gateways at one external broker: who of them does what only one may do (`election.ts`),
 * over topics below `edgewire/v1/gateways/`.
 *
 * `<id>/lease` has the beats: `{"n":7,"run":"…","leads":true}`; what is empty says goodbye, and is
 * the will. With the embedded broker there is nobody else: `noCluster`.
 *
 * @module
 */
import type { IncomingMessage, PublishOptions } from "../broker/broker.ts";
import { readBeat } from "./beat.ts";
import { BEAT_MS, Election, type UplinkView } from "./election.ts";

/** What the uplink and whatever else only one gateway may do need to know. */
export interface Cluster {
  /** Whether this gateway uploads now. */
  isUploader(): boolean;
  /** Calls when that changes. */
  onChange(listener: (isUploader: boolean) => void): void;
  /**
   * What the uplink has that the others should know. A gateway that does not upload keeps its own
   * outbox meanwhile, as {@linkcode onElsewhere} says.
   */
  uplink: UplinkView | null;
  /**
   * Calls, where another uploads, when what has waited here for longer than so many ms is with the
   * cloud, and need not be kept.
   */
  onElsewhere(listener: (olderThanMs: number) => void): void;
  /** Whether this gateway republishes and announces now: one may, also while nobody uploads. */
  speaks(): boolean;
  /** What `/api/health` says; `null`: there are no others to have. */
  status(): ClusterStatus | null;
}

export interface ClusterStatus {
  id: string;
  /** Whether this one uploads, relays and announces. */
  leads: boolean;
  /** Who does; `null`: nobody is known to. */
  leader: string | null;
  /** The others that are there. */
  others: string[];
}

/** Of a gateway with the embedded broker. */
export const noCluster: Cluster = {
  isUploader: () => true,
  onChange: () => {},
  uplink: null,
  onElsewhere: () => {},
  speaks: () => true,
  status: () => null,
};

export const GATEWAYS = "edgewire/v1/gateways/";
/** Filter of all beats. */
export const LEASES: string = `${GATEWAYS}+/lease`;
const LEASE = /^edgewire\/v1\/gateways\/([^/]+)\/lease$/;
/** What the brokers' abilities are tried out on. */
const TRIALS = /^edgewire\/v1\/gateways\/[^/]+\/try\//;
/** What says of a gateway whether it lives, where Home Assistant needs to know. */
const STATE = /^edgewire\/v1\/gateways\/([^/]+)\/state$/;
const TICK_MS = 250;
/** Gateways that are believed to exist. */
const MAX_PEERS = 100;
const NOTHING = new Uint8Array(0);

const utf8 = new TextEncoder();

export interface ClusterOptions {
  /** One level of a topic; no other gateway has it. */
  id: string;
  /** How long ago an earlier run took in its last message, ms; `Infinity`: not known. */
  heardMsAgo: number;
  publish: (topic: string, payload: Uint8Array, options: PublishOptions) => Promise<void>;
  /** It speaks, which another did before. */
  onSpeak: () => void;
  log: (line: string) => void;
}

/** Ends with `close()`. */
export class BrokerCluster implements Cluster {
  readonly #options: ClusterOptions;
  readonly #election: Election;
  readonly #listeners: ((isUploader: boolean) => void)[] = [];
  readonly #elsewhere: ((olderThanMs: number) => void)[] = [];
  readonly #ticker: ReturnType<typeof setInterval>;
  #isConnected = false;
  #beatAt = -Infinity;
  /** As the listeners know it. */
  #led = false;
  #spoke = true;
  #leader: string | null = null;
  #saidUnheard = false;

  constructor(options: ClusterOptions) {
    this.#options = options;
    const now = performance.now();
    const run = crypto.randomUUID().slice(0, 8);
    this.#election = new Election(options.id, run, now, now - options.heardMsAgo);
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Where the will goes, and the beats. */
  get topic(): string {
    return `${GATEWAYS}${this.#options.id}/lease`;
  }

  get uplink(): UplinkView | null {
    return this.#election.uplink;
  }

  set uplink(uplink: UplinkView | null) {
    this.#election.uplink = uplink;
  }

  isUploader(): boolean {
    return this.#election.leads(performance.now());
  }

  onChange(listener: (isUploader: boolean) => void) {
    this.#listeners.push(listener);
  }

  onElsewhere(listener: (olderThanMs: number) => void) {
    this.#elsewhere.push(listener);
  }

  speaks(): boolean {
    return this.#election.speaks(performance.now());
  }

  status(): ClusterStatus {
    const leader = this.#election.leader(performance.now());
    const { id } = this.#options;
    return { id, leads: leader === id, leader, others: this.#election.peers.sort() };
  }

  /** @param isNewSession See `Election.connected`. */
  connected(isNewSession: boolean) {
    this.#isConnected = true;
    this.#election.connected(performance.now(), isNewSession);
    this.#beat();
  }

  disconnected() {
    this.#isConnected = false;
    this.#election.disconnected(performance.now());
    this.#tell();
  }

  /** Takes what gateways tell each other. @returns whether it is nothing else */
  take({ topic, payload, replayed }: IncomingMessage): boolean {
    if (!topic.startsWith(GATEWAYS)) return false;
    if (TRIALS.test(topic)) return true;
    const id = LEASE.exec(topic)?.[1];
    if (id !== undefined) this.#lease(id, payload, replayed);
    else if (!replayed) this.#state(topic, payload);
    return id !== undefined;
  }

  #lease(id: string, payload: Uint8Array, replayed: boolean) {
    if (replayed) return;
    const now = performance.now();
    const beat = readBeat(payload);
    if (beat === null) {
      if (id !== this.#options.id) this.#election.gone(id);
    } else if (this.#election.peers.length < MAX_PEERS || this.#election.peers.includes(id)) {
      // Who has just come hears at once who is there.
      if (this.#election.heard(id, beat, now)) this.#beat();
      const olderThan = this.#election.doneElsewhere(now);
      if (olderThan !== null) { for (const listener of this.#elsewhere) listener(olderThan); }
    }
    this.#tick();
  }

  /** A will of a gateway whose one will goes there. */
  #state(topic: string, payload: Uint8Array) {
    const id = STATE.exec(topic)?.[1];
    if (id === undefined || id === this.#options.id) return;
    if (new TextDecoder().decode(payload) === "offline") this.#election.gone(id);
  }

  #tick() {
    const now = performance.now();
    this.#election.tick(now);
    const changed = this.#election.leads(now) !== this.#led;
    this.#tell();
    if (changed || this.#election.isPassing || now - this.#beatAt >= BEAT_MS) this.#beat();
    if (this.#election.isUnheard(now) && !this.#saidUnheard) {
      this.#saidUnheard = true;
      this.#options.log(
        `gateways: ${this.topic} does not come back: other gateways at this broker are not seen`,
      );
    }
  }

  #tell() {
    const now = performance.now();
    const leads = this.#election.leads(now);
    const leader = this.#election.leader(now);
    if (leader !== this.#leader && leader !== null && this.#election.peers.length > 0) {
      const who = leads ? `this one (${leader})` : leader;
      this.#options.log(`gateways: ${who} uploads, relays and announces for all`);
    }
    this.#leader = leader;
    const speaks = this.#election.speaks(now);
    if (speaks && !this.#spoke && this.#isConnected) this.#options.onSpeak();
    this.#spoke = speaks;
    if (leads === this.#led) return;
    this.#led = leads;
    for (const listener of this.#listeners) listener(leads);
  }

  #beat() {
    if (!this.#isConnected) return;
    const now = performance.now();
    this.#beatAt = now;
    const text = JSON.stringify(this.#election.beat(now));
    // One that is lost is followed by the next.
    this.#options.publish(this.topic, utf8.encode(text), { qos: 0 }).catch(() => {});
  }

  /** Says goodbye, so that another takes over at once. */
  async close() {
    clearInterval(this.#ticker);
    if (!this.#isConnected) return;
    this.#isConnected = false;
    await this.#options.publish(this.topic, NOTHING, { qos: 1 }).catch(() => {});
  }
}
