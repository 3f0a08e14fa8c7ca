/**
 * One device that is a WebSocket server: keeps a connection to it, and says how that goes.
 *
 * @module
 */
import { Backoff, type BackoffOptions } from "../../backoff.ts";
import { PublishError } from "../../broker/broker.ts";
import type { ConnectionTap } from "../../taps.ts";
import type { LinkLiveness } from "../liveness/liveness_monitor.ts";
import { type LinkOptions, WebSocketLink } from "./websocket_link.ts";

/** What is counted of all of them together. */
export interface WebSocketCounters {
  connections: number;
  received: number;
  sent: number;
}

export interface WebSocketDeviceOptions extends LinkOptions {
  live: LinkLiveness;
  counters: WebSocketCounters;
  /** A message came. */
  onMessage: (payload: Uint8Array, tap: ConnectionTap) => void;
  /** Something for people. */
  say: (text: string) => void;
  backoff?: BackoffOptions;
}

/** The longest wait between attempts, ms: a device on the same network is soon back. */
const LAST_WAIT_MS = 30_000;
/** A connection that stood for so long was of use, ms. */
const SETTLED_MS = 5000;

/** Connects from `connect()` to `close()`. */
export class WebSocketDevice {
  readonly #options: WebSocketDeviceOptions;
  readonly #backoff: Backoff;
  #link: WebSocketLink | null = null;
  /** When it opened, ms of the monotonic clock; NaN: it did not. */
  #openedAt = NaN;
  /** Why there is no connection; "" while there is one. */
  #why = "not tried yet";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: WebSocketDeviceOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ lastMs: LAST_WAIT_MS, ...options.backoff });
  }

  get isConnected(): boolean {
    return this.#why === "";
  }

  /** Why nothing can be sent to it now; `null`: it can. */
  get obstacle(): string | null {
    return this.isConnected ? null : `device not connected: ${this.#why}`;
  }

  connect() {
    const { live, counters, onMessage } = this.#options;
    this.#openedAt = NaN;
    try {
      this.#link = new WebSocketLink(this.#options, {
        onOpen: () => this.#opened(),
        onMessage: (payload, tap) => {
          counters.received++;
          onMessage(payload, tap);
        },
        onSign: () => live.heard(),
        onEnd: (why) => this.#ended(why),
      });
    } catch (error) {
      this.#ended((error as Error).message);
    }
  }

  #opened() {
    const { live, counters, say } = this.#options;
    this.#why = "";
    this.#openedAt = performance.now();
    counters.connections++;
    live.connected();
    say("connected");
    for (const message of this.#options.device.send) {
      const text = typeof message === "string" ? message : JSON.stringify(message);
      this.send(new TextEncoder().encode(text)).catch(({ message }: Error) => {
        say(`what it is to be sent is lost: ${message}`);
      });
    }
  }

  #ended(why: string) {
    const { live, say } = this.#options;
    const isNews = why !== this.#why;
    this.#link = null;
    this.#why = why;
    if (this.#closed) return;
    live.disconnected(why);
    if (isNews) say(`${why}; trying again`);
    if (performance.now() - this.#openedAt >= SETTLED_MS) this.#backoff.reset();
    this.#timer = setTimeout(() => this.connect(), this.#backoff.next());
  }

  /**
   * Sends it a message.
   *
   * @returns When it is written.
   * @throws {PublishError} if it is not connected, or reads too slowly.
   */
  async send(payload: Uint8Array): Promise<void> {
    const { obstacle } = this;
    if (this.#link === null || obstacle !== null) {
      throw new PublishError(obstacle ?? "device not connected");
    }
    await this.#link.send(payload);
    this.#options.counters.sent++;
  }

  async close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#link?.close();
  }
}
