/**
 * One connected browser or program: what it may do, what it watches, and how
 * much it takes.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { now } from "../clock.ts";
import { atLeast } from "../access/policy.ts";
import type { Identity } from "../access/tokens.ts";
import type { Config } from "../config/schema.ts";
import { type Frame, frame } from "../rooms/batch.ts";
import type { Commands } from "../rooms/commands.ts";
import type { Rooms } from "../rooms/rooms.ts";
import {
  type ClientMessage,
  CloseCode,
  type Command,
  type GapReason,
  type Member,
  type Role,
  type ServerMessage,
  type TopicDescription,
} from "./messages.ts";
import { parseClientMessage, parseSince } from "./parse.ts";
import type { PlainPacer } from "./plain_pacer.ts";
import { type Outlet, Subscription } from "./subscription.ts";

/** Bytes that a client of `edgewire.v1` may leave unacknowledged. */
const WINDOW_BYTES = 64 << 10;
/** Bytes that may wait in Deno's queue for a plain client. */
const PLAIN_BYTES = 256 << 10;
/** Answers that may wait in Deno's queue for a client that asks and does not read, bytes. */
const ANSWER_BYTES = 1 << 20;
/** How long a close frame waits for what is before it, and how often that is looked at. */
const GOODBYE_MS = 500;
const GOODBYE_STEP_MS = 5;
/** Seconds of messages that may come at once. */
const BURST_SECONDS = 2;

export interface SessionCounters {
  framesOut: number;
  bytesOut: number;
  messagesIn: number;
  errors: number;
  gaps: Record<GapReason, number>;
  /** Sequence numbers that gaps named. */
  gapRange: number;
  closed: Record<number, number>;
}

export interface SessionContext {
  config: Config;
  rooms: Rooms;
  commands: Commands;
  counters: SessionCounters;
  pacer: PlainPacer;
  /** The session has something to send as soon as the client takes it. */
  lagging(session: Session): void;
  /** The session is over; its connection may still be closing. */
  ended(session: Session): void;
}

/** Made when the WebSocket opens; ends with `end`, whoever closes it. */
export class Session implements Outlet {
  /** Private: names the sender of commands over its connections. */
  readonly id: string;
  readonly member: Member;
  readonly takesArrays: boolean;
  readonly peer: string;
  readonly #socket: WebSocket;
  readonly #context: SessionContext;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #lagging = new Set<Subscription>();
  #sent = 0;
  #acknowledged = 0;
  /** Frames sent less `received` messages taken. */
  #frames = 0;
  /** When the client was last heard, `performance.now()`. */
  #heard = performance.now();
  /** Largest frame sent, bytes. */
  #largest = 0;
  /** Who waits until a frame fits that hardly ever does. */
  #claimant: Subscription | null = null;
  /** What had been sent at the last look that found all of the one before taken. */
  #mark = { sent: 0, time: performance.now() };
  #tokens: number;
  #tokensAt = performance.now();
  /** A page that opens or reconnects subscribes to all its channels at once. */
  #freeSubscriptions: number;
  ended = false;

  constructor(
    socket: WebSocket,
    identity: Identity & { role: Role },
    peer: string,
    takesArrays: boolean,
    id: string,
    memberName: string,
    context: SessionContext,
  ) {
    this.#socket = socket;
    this.id = id;
    this.peer = peer;
    this.member = { member: memberName, role: identity.role, since: now() };
    this.takesArrays = takesArrays;
    this.#context = context;
    this.#tokens = context.config.limits.messagesPerSecond * BURST_SECONDS;
    this.#freeSubscriptions = context.config.limits.channelsPerSession;
    socket.onmessage = ({ data }) => this.#receive(data);
  }

  // What goes out.

  get window(): number {
    return this.takesArrays
      ? WINDOW_BYTES - (this.#sent - this.#acknowledged)
      : PLAIN_BYTES - this.#socket.bufferedAmount;
  }

  fits(bytes: number): boolean {
    if (this.#claimant !== null || this.paced) return false;
    const { window } = this;
    return bytes <= window || window === this.#wholeWindow;
  }

  claim(bytes: number, by: Subscription): boolean {
    if ((this.#claimant !== null && this.#claimant !== by) || this.paced) return false;
    this.#claimant = null;
    const { window } = this;
    const half = this.#wholeWindow / 2;
    // A client tells what it received when that is half a window, or later.
    if (bytes <= window || (bytes > this.#wholeWindow && window >= half)) return true;
    if (bytes > half) this.#claimant = by;
    return false;
  }

  /** Whether it has to wait because plain clients take too much of the processor. */
  get paced(): boolean {
    return !this.takesArrays && !this.#context.pacer.allows;
  }

  get #wholeWindow(): number {
    return this.takesArrays ? WINDOW_BYTES : PLAIN_BYTES;
  }

  send({ text, bytes }: Frame) {
    if (this.ended || this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(text);
    if (!this.takesArrays) this.#context.pacer.spend();
    this.#sent += bytes;
    this.#frames++;
    if (bytes > this.#largest) this.#largest = bytes;
    this.#context.counters.framesOut++;
    this.#context.counters.bytesOut += bytes;
  }

  sendMessage(message: ServerMessage) {
    this.send(frame(JSON.stringify(message)));
  }

  lag(subscription: Subscription) {
    this.#lagging.add(subscription);
    this.#context.lagging(this);
  }

  /** Sends what waits, as far as the client takes it. @returns Whether nothing waits any more. */
  catchUp(): boolean {
    for (const subscription of [...this.#lagging]) {
      this.#lagging.delete(subscription);
      if (subscription.catchUp()) this.#release(subscription);
      else this.#lagging.add(subscription);
      if (this.window <= 0) break;
    }
    return this.#lagging.size === 0;
  }

  #release(subscription: Subscription) {
    if (this.#claimant === subscription) this.#claimant = null;
  }

  gap(reason: GapReason, range: number) {
    this.#context.counters.gaps[reason]++;
    this.#context.counters.gapRange += range;
  }

  describe(channel: string): TopicDescription[] {
    return this.#context.rooms.descriptions(channel);
  }

  giveUp(reason: string) {
    this.close(CloseCode.readsNothing, reason);
  }

  /** Bytes that wait in Deno's queue. */
  get queuedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /**
   * Whether something has waited for longer than `timeoutMs` for the client to
   * take it, and nothing was heard for as long; called a few times within
   * that time. A plain client takes what leaves Deno's queue, and nothing need
   * be heard of it.
   */
  isStuck(timeoutMs: number): boolean {
    const time = performance.now();
    const taken = this.takesArrays ? this.#acknowledged : this.#sent - this.#socket.bufferedAmount;
    if (taken >= this.#mark.sent) this.#mark = { sent: this.#sent, time };
    const since = this.takesArrays ? Math.max(this.#heard, this.#mark.time) : this.#mark.time;
    return time - since > timeoutMs;
  }

  // What comes in.

  #receive(data: unknown) {
    if (this.ended) return;
    this.#heard = performance.now();
    this.#context.counters.messagesIn++;
    const { messageBytes } = this.#context.config.limits;
    if (typeof data !== "string") {
      this.close(CloseCode.badMessage, "expected text frames");
    } else if (data.length > messageBytes || Buffer.byteLength(data) > messageBytes) {
      this.close(CloseCode.tooBig, `messages may have ${messageBytes} bytes`);
    } else {
      this.#take(data);
    }
  }

  #take(text: string) {
    const parsed = parseClientMessage(text);
    if (!("message" in parsed)) {
      this.refuse("bad_message", parsed.problem, parsed.id);
      if (parsed.fatal) this.close(CloseCode.badMessage, "not a message");
      else this.#spend();
      return;
    }
    if (parsed.message.type === "received" && this.#acknowledge(parsed.message.bytes)) return;
    const { type } = parsed.message;
    const free = type === "subscribe" && this.#freeSubscriptions-- > 0;
    if (free || this.#spend()) this.#handle(parsed.message);
  }

  /** Counts one message against the rate limit; closes if there are too many. */
  #spend(): boolean {
    const { messagesPerSecond } = this.#context.config.limits;
    const time = performance.now();
    const earned = (time - this.#tokensAt) / 1000 * messagesPerSecond;
    this.#tokens = Math.min(messagesPerSecond * BURST_SECONDS, this.#tokens + earned) - 1;
    this.#tokensAt = time;
    if (this.#tokens < 0) {
      this.close(CloseCode.tooMany, `over ${messagesPerSecond} messages per second`);
    } else if (this.#socket.bufferedAmount > this.#largest + ANSWER_BYTES) {
      this.giveUp("asks but does not read");
    }
    return !this.ended;
  }

  /** @returns Whether it is not counted: one per frame that was sent is free. */
  #acknowledge(bytes: number): boolean {
    const step = Math.min(bytes, this.#sent) - this.#acknowledged;
    if (step > 0) this.#acknowledged += step;
    if (this.#lagging.size > 0) this.catchUp();
    this.#frames--;
    return this.#frames >= 0;
  }

  #handle(message: ClientMessage) {
    switch (message.type) {
      case "subscribe":
        this.subscribe(message.channel, message.since);
        break;
      case "unsubscribe":
        this.#unsubscribe(message.channel);
        break;
      case "command":
        this.#command(message);
        break;
      case "ping":
        this.sendMessage({ type: "pong", id: message.id, time: now() });
        break;
      case "received":
        break;
    }
  }

  /** Says that something asked for cannot be had. */
  refuse(code: string, message: string, id?: string) {
    this.#context.counters.errors++;
    this.sendMessage({ type: "error", code, message, ...(id === undefined ? {} : { id }) });
  }

  /** @returns Why not, as a close code fit for who wants nothing else; `null` if it was done. */
  subscribe(channel: string, since?: string): number | null {
    const room = this.#context.rooms.get(channel);
    const position = since === undefined ? null : parseSince(since);
    const { channelsPerSession } = this.#context.config.limits;
    let subscription = this.#subscriptions.get(channel);
    if (room === undefined) {
      this.refuse("no_such_channel", `no channel "${channel}" yet`, channel);
      return CloseCode.noSuchChannel;
    }
    if (since !== undefined && position === null) {
      this.refuse("bad_message", "since: expected <epoch>:<seq>", channel);
      return CloseCode.badMessage;
    }
    if (subscription === undefined) {
      if (this.#subscriptions.size >= channelsPerSession) {
        this.refuse("too_many_channels", `at most ${channelsPerSession} channels`, channel);
        return CloseCode.tooMany;
      }
      this.#subscriptions.set(channel, subscription = new Subscription(room, this));
    }
    if (position === null) subscription.snapshot();
    else subscription.resume(position.epoch, position.seq);
    return null;
  }

  #unsubscribe(channel: string, reason = "unsubscribed") {
    const subscription = this.#subscriptions.get(channel);
    if (subscription === undefined) return;
    this.#subscriptions.delete(channel);
    this.#lagging.delete(subscription);
    this.#release(subscription);
    subscription.end(reason);
  }

  /** The channel is no more. */
  channelRemoved(channel: string) {
    this.#unsubscribe(channel, "removed");
  }

  #command(command: Command) {
    if (!atLeast(this.member, "operator")) {
      const reason = "not allowed: a viewer may not command";
      this.sendMessage({ type: "ack", id: command.id, stage: "failed", time: now(), reason });
      return;
    }
    this.#context.commands.submit(this.id, command, (ack) => this.sendMessage(ack));
  }

  /** Closes the connection and leaves every room. */
  close(code: number, reason: string) {
    if (this.ended) return;
    this.end(code, reason);
    this.#goodbye(code, reason, performance.now() + GOODBYE_MS);
  }

  /**
   * Sends the close frame when nothing waits before it: Deno drops a
   * connection on which it reads a message after `close`, and with it what
   * was not written yet.
   */
  #goodbye(code: number, reason: string, latest: number) {
    const socket = this.#socket;
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount === 0 || performance.now() > latest) socket.close(code, reason);
    else setTimeout(() => this.#goodbye(code, reason, latest), GOODBYE_STEP_MS);
  }

  /** Leaves every room; the connection is closed or is being closed. */
  end(code: number, reason: string) {
    if (this.ended) return;
    this.ended = true;
    const { closed } = this.#context.counters;
    closed[code] = (closed[code] ?? 0) + 1;
    for (const channel of [...this.#subscriptions.keys()]) {
      this.#unsubscribe(channel, reason || `closed ${code}`);
    }
    this.#context.ended(this);
  }
}
