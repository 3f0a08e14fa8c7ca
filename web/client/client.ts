/**
 * A client of the gateway's `/ws`: several channels and commands over one
 * WebSocket that comes back by itself. Needs nothing but `WebSocket`, timers
 * and `crypto`, so it runs in browsers and in Deno.
 *
 * ```ts
 * import { Client } from "./client.ts";
 *
 * using client = new Client("ws://127.0.0.1:8080/ws");
 * client.subscribe("desk", (message) => {
 *   if (message.type === "data") console.log(message.topic, message.value);
 * });
 * const sent = client.command("desk", "devices/desk/lamp", true);
 * console.log((await sent.result).stage);
 * ```
 *
 * @module
 */

import type { ErrorMessage, ServerMessage, Value } from "../../gateway/sessions/messages.ts";
import { type ChannelMessage, ChannelPosition } from "./channel_position.ts";
import { type CommandProgress, Commands, type SentCommand } from "./commands.ts";
import { Connection, type WebSocketConstructor } from "./connection.ts";
import { CLOSE, type ConnectionState, type Ending } from "./connection_state.ts";
import type { FrameText } from "./frame_text.ts";
import type { ClockEstimate } from "./liveness.ts";
import { retryDelay } from "./retry_delay.ts";
import { DEFAULT_TIMING, type Timing } from "./timing.ts";

export type {
  ChannelMessage,
  ClockEstimate,
  CommandProgress,
  ConnectionState,
  FrameText,
  SentCommand,
};

/**
 * Gets a channel's messages.
 *
 * @param frame What the message came in: it has values with all their digits.
 */
export type ChannelHandler = (message: ChannelMessage, frame: FrameText) => void;

/** All optional; callbacks run synchronously, in the order of events. */
export interface ClientOptions {
  /** @default globalThis.WebSocket */
  WebSocket?: WebSocketConstructor;
  /** Sent as `?token=`. */
  token?: string;
  /** Closes the client. */
  signal?: AbortSignal;
  /** Changes single times or sizes. */
  timing?: Partial<Timing>;
  onState?(state: ConnectionState): void;
  /** What belongs to no channel: `welcome`, `channels`, `status`, `error`, `pong`, `ack`. */
  onMessage?(message: Exclude<ServerMessage, ChannelMessage>): void;
}

/** One wanted channel; `using` or {@linkcode close} ends it. */
export interface Subscription extends Disposable {
  readonly channel: string;
  /** Makes this client one of the room's members, or one who only looks on; misses nothing. */
  setQuiet(quiet: boolean): void;
  close(): void;
}

export interface SubscribeOptions {
  /** Only looks on: is not counted, and nobody hears that it joins or leaves. @default false */
  quiet?: boolean;
}

interface Wanted {
  position: ChannelPosition;
  handler: ChannelHandler;
  quiet: boolean;
  /**
   * `asked`: subscribe was sent on this connection. `refused`: and the channel
   * does not exist. `full`: and this connection has as many as it may.
   */
  state: "idle" | "asked" | "refused" | "full" | "joined";
}

/** Keeps a connection to one gateway until {@linkcode Client.close}. */
export class Client implements Disposable {
  #state: ConnectionState = { state: "connecting", attempt: 0 };
  #connection: Connection | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #session: string | undefined;
  #clock: ClockEstimate | undefined;
  #wanted = new Map<string, Wanted>();
  #commands: Commands;
  #listeners = new AbortController();
  readonly #url: URL;
  readonly #options: ClientOptions;
  readonly #timing: Timing;

  /**
   * Connects at once.
   *
   * @param url The gateway's `/ws`.
   * @throws {TypeError} When the URL cannot be parsed.
   */
  constructor(url: string | URL, options: ClientOptions = {}) {
    this.#url = new URL(url);
    if (options.token !== undefined) this.#url.searchParams.set("token", options.token);
    this.#options = options;
    this.#timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#commands = new Commands(this.#timing);
    this.#listen();
    if (options.signal?.aborted) this.close();
    else this.#connect();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The gateway's clock; `undefined` before the first measurement. Outlives connections. */
  get clock(): ClockEstimate | undefined {
    return this.#clock = this.#connection?.clock ?? this.#clock;
  }

  /** How long the gateway has not answered, milliseconds; `undefined` while it does. */
  get silence(): number | undefined {
    return this.#connection?.silence;
  }

  /**
   * Wants a channel from now on, over all reconnects: a snapshot first, then
   * each `data` and `event` once and in order. What can't be had comes as `gap`.
   * Of a gateway that began another log, a `gap` of the reason `epoch` comes first, whose
   * range is empty: nobody knows what the old one took in at the end.
   * A channel that does not exist yet is joined when it appears.
   *
   * @throws {Error} When this client has a subscription to that channel.
   */
  subscribe(
    channel: string,
    handler: ChannelHandler,
    { quiet = false }: SubscribeOptions = {},
  ): Subscription {
    if (this.#wanted.has(channel)) {
      throw new Error(`Cannot subscribe to "${channel}": it is subscribed already`);
    }
    const wanted: Wanted = { position: new ChannelPosition(), handler, quiet, state: "idle" };
    this.#wanted.set(channel, wanted);
    if (this.#state.state === "connected") this.#ask(channel, wanted);
    const close = () => {
      if (this.#wanted.get(channel) !== wanted) return;
      this.#wanted.delete(channel);
      if (wanted.state === "idle" || wanted.state === "full") return;
      this.#connection?.send({ type: "unsubscribe", channel });
      this.#useRoom();
    };
    const setQuiet = (quiet: boolean) => {
      if (wanted.quiet === quiet || this.#wanted.get(channel) !== wanted) return;
      wanted.quiet = quiet;
      // A refused one has nothing to change: it is asked for when there is hope.
      if (wanted.state === "asked" || wanted.state === "joined") this.#ask(channel, wanted);
    };
    return { channel, setQuiet, close, [Symbol.dispose]: close };
  }

  /**
   * Asks the device behind a topic to take a value.
   *
   * @param topic Full MQTT topic of the state, not of the command.
   * @param onStage Called at each stage, the final one included.
   */
  command(
    channel: string,
    topic: string,
    value: Value,
    onStage?: (progress: CommandProgress) => void,
  ): SentCommand {
    const sent = this.#commands.add(
      { channel, topic, value },
      onStage,
      (message) => this.#state.state === "connected" && this.#connection!.send(message),
    );
    if (this.#state.state === "stopped") this.#commands.stop(this.#state.reason);
    return sent;
  }

  /** Ends a waiting time; asks an open connection whether it still lives. */
  retryNow(): void {
    if (this.#state.state === "waiting") this.#connect();
    else this.#connection?.probe();
  }

  /** Ends everything; open commands fail. May be called twice. */
  close(): void {
    this.#listeners.abort();
    if (this.#state.state === "stopped") return;
    this.#stop(1000, "closed by this client");
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #listen(): void {
    const { signal } = this.#listeners;
    const page = typeof document === "undefined" ? undefined : document;
    globalThis.addEventListener?.("online", () => this.retryNow(), { signal });
    page?.addEventListener("visibilitychange", () => {
      if (page.visibilityState === "visible") this.retryNow();
    }, { signal });
    this.#options.signal?.addEventListener("abort", () => this.close(), { signal });
  }

  #connect(): void {
    clearTimeout(this.#retry);
    if (this.#session !== undefined) this.#url.searchParams.set("session", this.#session);
    this.#setState({ state: "connecting", attempt: this.#attempt });
    const WebSocketClass = this.#options.WebSocket ?? WebSocket;
    const connection = new Connection(this.#url.href, WebSocketClass, this.#timing, {
      message: (message, frame) => this.#receive(message, frame),
      closed: (ending) => this.#closed(connection, ending),
    });
    this.#connection = connection;
  }

  #closed(connection: Connection, ending: Ending): void {
    if (this.#connection !== connection) return;
    this.#clock = connection.clock ?? this.#clock;
    this.#connection = undefined;
    for (const wanted of this.#wanted.values()) wanted.state = "idle";
    const { code, reason, lasted } = ending;
    if (code === CLOSE.unauthenticated || code === CLOSE.notAllowed) {
      return this.#stop(code, reason);
    }
    if (lasted >= this.#timing.stableAfter) this.#attempt = 0;
    const { retryMin, retryMax, retryTooManyMin, retryTooManyMax } = this.#timing;
    const delay = code === CLOSE.tooMany
      ? retryDelay(this.#attempt++, retryTooManyMin, retryTooManyMax)
      : retryDelay(this.#attempt++, retryMin, retryMax);
    this.#retry = setTimeout(() => this.#connect(), delay);
    this.#setState({ state: "waiting", retryAt: Date.now() + delay, code, reason });
  }

  #stop(code: number, reason: string): void {
    clearTimeout(this.#retry);
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
    this.#listeners.abort();
    this.#wanted.clear();
    this.#commands.stop(reason);
    this.#setState({ state: "stopped", code, reason });
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    call(this.#options.onState, state);
  }

  #receive(message: ServerMessage, frame: FrameText): void {
    if ("channel" in message) return this.#deliver(message, frame);
    switch (message.type) {
      case "welcome": {
        const { session, epoch, role, time } = message;
        this.#session = session;
        this.#clock ??= {
          offset: time - Date.now(),
          steady: time - performance.now(),
          roundTrip: Infinity,
        };
        this.#setState({ state: "connected", session, epoch, role });
        for (const [channel, wanted] of this.#wanted) {
          const anew = wanted.position.enter(epoch);
          if (wanted.state === "idle") this.#ask(channel, wanted);
          const gap = { type: "gap", channel, from: 1, to: 0, reason: "epoch" } as const;
          if (anew) call(wanted.handler, gap, frame);
        }
        this.#commands.resend(session, (command) => this.#connection?.send(command) ?? false);
        break;
      }
      case "channels":
        for (const channel of message.removed) this.#vanished(channel);
        for (const channel of message.added) this.#appeared(channel);
        break;
      case "ack":
        if (this.#state.state === "connected") this.#commands.ack(message, this.#state.session);
        break;
      case "error":
        this.#refused(message);
        break;
    }
    call(this.#options.onMessage, message);
  }

  #deliver(message: ChannelMessage, frame: FrameText): void {
    const wanted = this.#wanted.get(message.channel);
    if (!wanted) return;
    wanted.state = "joined";
    if (wanted.position.accept(message)) call(wanted.handler, message, frame);
  }

  #ask(channel: string, wanted: Wanted): void {
    const { since } = wanted.position;
    wanted.state = "asked";
    this.#connection?.send({
      type: "subscribe",
      channel,
      ...(since === undefined ? {} : { since }),
      ...(wanted.quiet ? { quiet: true } : {}),
    });
  }

  /** The `id` of an error is that of a command, or the channel of a subscribe. */
  #refused({ code, id, message }: ErrorMessage): void {
    if (id === undefined || this.#commands.refuse(id, message)) return;
    const wanted = this.#wanted.get(id);
    if (code === "no_such_channel" && wanted) wanted.state = "refused";
    if (code === "too_many_channels" && wanted) wanted.state = "full";
  }

  /** A channel was left: one that did not fit may now. */
  #useRoom(): void {
    for (const [channel, wanted] of this.#wanted) {
      if (wanted.state === "full") return this.#ask(channel, wanted);
    }
  }

  #vanished(channel: string): void {
    const wanted = this.#wanted.get(channel);
    if (wanted?.state === "joined") wanted.state = "refused";
  }

  #appeared(channel: string): void {
    const wanted = this.#wanted.get(channel);
    if (wanted?.state === "refused") this.#ask(channel, wanted);
  }
}

/** Runs a callback of the user, whose errors must not end the connection. */
function call<T, M>(
  callback: ((value: T, more: M) => void) | undefined,
  value: T,
  more?: M,
): void {
  try {
    callback?.(value, more!);
  } catch (error) {
    reportError(error);
  }
}
