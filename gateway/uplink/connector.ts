/**
 * Keeps the uplink connected: dials, waits between attempts, chooses the version of MQTT.
 *
 * @module
 */
import { now } from "../clock.ts";
import { Backoff } from "../backoff.ts";
import { Link, type LinkEnd, type LinkFacts, type LinkOptions } from "./link.ts";
import type { UplinkStatus } from "./status.ts";
import { VersionChoice } from "./version_choice.ts";

export interface ConnectorOptions extends
  Omit<
    LinkOptions,
    "version" | "subscribe" | "onOpen" | "onEnd" | "url" | "username" | "password"
  > {
  /** User and password may stand in it. */
  url: string;
  /** Those of the address do not count where these are given. */
  username?: string | undefined;
  password?: string | undefined;
  /** Topic filters to subscribe to, read at each attempt. */
  filters: () => string[];
  onOpen: (link: Link, facts: LinkFacts) => void;
  /**
   * The connection is gone, if there was one.
   *
   * @param byCloud It was the cloud that ended it
   * @returns whether it was of use: the next attempt comes sooner
   */
  onLost: (byCloud: boolean) => boolean;
  /** The state changed. */
  onState: () => void;
  /** Bounds of the first and the longest wait between attempts, ms. */
  backoff?: { first?: number | undefined; last?: number | undefined };
}

/** A connection that lasted so long was a good one, ms. */
const GOOD_MS = 60_000;

/** Begins with `start`; ends with `close`. */
export class Connector {
  /** Of the cloud, without credentials. */
  readonly url: string;
  /** Connections that the cloud took. */
  connections = 0;
  /** The connection, also while it is being made; `null`: there is none. */
  link: Link | null = null;
  state: UplinkStatus["state"] = "connecting";
  /** Since when it is so, Unix milliseconds. */
  since: number = now();
  reason: string | undefined;
  readonly #options: ConnectorOptions;
  readonly #credentials: { username?: string; password?: string };
  readonly #version = new VersionChoice();
  readonly #backoff: Backoff;
  #openedAt = 0;
  #retryAt: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ConnectorOptions) {
    this.#options = options;
    const url = new URL(options.url);
    const username = options.username ?? decodeURIComponent(url.username);
    const password = options.password ?? decodeURIComponent(url.password);
    url.username = url.password = "";
    this.url = url.href;
    this.#credentials = {
      ...(username === "" ? {} : { username }),
      ...(password === "" ? {} : { password }),
    };
    const { first: firstMs, last: lastMs } = options.backoff ?? {};
    this.#backoff = new Backoff({
      ...(firstMs === undefined ? {} : { firstMs }),
      ...(lastMs === undefined ? {} : { lastMs }),
    });
  }

  /** Version of MQTT, of the connection or of the next attempt. */
  get version(): 4 | 5 {
    return this.#version.next;
  }

  /** Until the next attempt, ms; `null`: none is waited for. */
  get retryInMs(): number | null {
    return this.#retryAt === null ? null : Math.max(0, this.#retryAt - performance.now());
  }

  /** Connects, and does so again when the connection is lost. */
  start() {
    clearTimeout(this.#timer);
    this.#attempt();
  }

  /** Ends the connection; another gateway uploads. */
  async standBy(): Promise<void> {
    clearTimeout(this.#timer);
    const { link } = this;
    this.link = null;
    this.#retryAt = null;
    this.#setState("standby");
    await link?.close();
  }

  #attempt() {
    const { filters, username: _user, password: _password, ...rest } = this.#options;
    this.#retryAt = null;
    if (this.state !== "connecting") this.#setState("connecting", this.reason);
    const link: Link = new Link({
      ...rest,
      ...this.#credentials,
      url: this.url,
      version: this.#version.next,
      subscribe: filters(),
      onOpen: (facts) => this.#opened(link, facts),
      onEnd: (end) => this.#lost(link, end),
    });
    this.link = link;
  }

  #opened(link: Link, facts: LinkFacts) {
    if (this.link !== link) return;
    if (!this.#version.opened(link.version)) {
      this.link = null;
      link.close();
      return this.#attempt();
    }
    this.connections++;
    this.#openedAt = performance.now();
    this.#setState("connected");
    this.#options.onOpen(link, facts);
  }

  #lost(link: Link, end: LinkEnd) {
    if (this.link !== link) return;
    this.link = null;
    const { reason, wasOpen, byCloud } = end;
    const wasOfUse = this.#options.onLost(byCloud);
    const wasGood = wasOfUse || performance.now() - this.#openedAt > GOOD_MS;
    if (wasOpen && wasGood) this.#backoff.reset();
    const wait = this.#version.ended(link.version, end) ? 0 : this.#backoff.next();
    this.#retryAt = performance.now() + wait;
    if (wasOpen || this.#backoff.attempts <= 1) {
      this.#options.log(`uplink: ${reason} (${this.url}); trying again`);
    }
    this.#setState("waiting", reason);
    this.#timer = setTimeout(() => this.#attempt(), wait);
  }

  #setState(state: UplinkStatus["state"], reason?: string) {
    this.reason = reason;
    this.since = now();
    this.state = state;
    this.#options.onState();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const { link } = this;
    this.link = null;
    await link?.close();
  }
}
