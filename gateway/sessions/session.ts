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
import { sayGoodbye } from "./goodbye.ts";
import { MessageRate } from "./message_rate.ts";
import { parseClientMessage, parseSince } from "./parse.ts";
import type { PlainPacer } from "./plain_pacer.ts";
import { type ConnectionTap, noConnectionTap } from "../taps.ts";
import { SendWindow } from "./send_window.ts";
import { type Outlet, Subscription } from "./subscription.ts";

/** A client that said nothing for so long is not about to, milliseconds. */
const QUIET_MS = 20;
/** Longest `received` message, bytes. */
const LAST_BYTES = 64;

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

/** All at zero. */
export function newSessionCounters(): SessionCounters {
  return {
    framesOut: 0,
    bytesOut: 0,
    messagesIn: 0,
    errors: 0,
    gaps: { slow: 0, history: 0, limit: 0, restart: 0, disk: 0, epoch: 0 },
    gapRange: 0,
    closed: {},
  };
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
  readonly #tap: ConnectionTap;
  readonly #context: SessionContext;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #lagging = new Set<Subscription>();
  /** When the client was last heard, `performance.now()`. */
  #heard = performance.now();
  readonly #window: SendWindow;
  readonly #rate: MessageRate;
  /** A page that opens or reconnects subscribes to all its channels at once. */
  #freeSubscriptions: number;
  ended = false;
  /** Our close frame, as soon as it is sent. */
  said: { code: number; reason: string } | null = null;

  constructor(
    socket: WebSocket,
    identity: Identity & { role: Role },
    peer: string,
    takesArrays: boolean,
    id: string,
    memberName: string,
    context: SessionContext,
    tap: ConnectionTap = noConnectionTap,
  ) {
    this.#socket = socket;
    this.#tap = tap;
    this.id = id;
    this.peer = peer;
    this.member = { member: memberName, role: identity.role, since: now() };
    this.takesArrays = takesArrays;
    this.#context = context;
    this.#window = new SendWindow(socket, takesArrays);
    this.#rate = new MessageRate(context.config.limits.messagesPerSecond);
    this.#freeSubscriptions = context.config.limits.channelsPerSession;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => this.#receive(data);
  }

  // What goes out.

  get window(): number {
    return this.#window.open;
  }

  fits(bytes: number): boolean {
    return !this.paced && this.#window.fits(bytes);
  }

  claim(bytes: number, by: Subscription): boolean {
    return !this.paced && this.#window.claim(bytes, by);
  }

  /** Whether it has to wait because plain clients take too much of the processor. */
  get paced(): boolean {
    return !this.takesArrays && !this.#context.pacer.allows;
  }

  send(frame: Frame) {
    // Of a socket that is closing Deno drops what is sent.
    if (this.ended) return;
    const { text, bytes } = frame;
    this.#socket.send(text);
    this.#tap.sentText(frame);
    if (!this.takesArrays) this.#context.pacer.spend();
    this.#window.count(bytes);
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
      const before = this.#window.sent;
      const done = subscription.catchUp();
      // Who got a share and wants more queues up behind those who got none.
      if (done || this.#window.sent > before) this.#lagging.delete(subscription);
      if (done) this.#window.release(subscription);
      else this.#lagging.add(subscription);
      if (this.window <= 0) break;
    }
    return this.#lagging.size === 0;
  }

  get replayMessages(): number {
    return this.#context.config.limits.replayMessages;
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
   * take it; one that acknowledges was not heard for as long, either. Called a
   * few times within that time.
   */
  isStuck(timeoutMs: number): boolean {
    const waiting = this.#window.waitingSince();
    const since = this.takesArrays ? Math.max(this.#heard, waiting) : waiting;
    return performance.now() - since > timeoutMs;
  }

  // What comes in.

  #receive(data: unknown) {
    this.#record(data);
    if (this.ended) {
      this.#receiveLast(data);
      return;
    }
    this.#heard = performance.now();
    this.#context.counters.messagesIn++;
    const { messageBytes } = this.#context.config.limits;
    if (typeof data !== "string") {
      this.close(CloseCode.badMessage, "expected text frames");
    } else if (data.length * 3 > messageBytes && Buffer.byteLength(data) > messageBytes) {
      this.close(CloseCode.tooBig, `messages may have ${messageBytes} bytes`);
    } else {
      this.#take(data);
    }
  }

  #record(data: unknown) {
    if (typeof data === "string") this.#tap.receivedText(data);
    else if (data instanceof ArrayBuffer) this.#tap.received(new Uint8Array(data));
  }

  /** Whether the client has taken all that was sent, and says nothing. */
  #isQuiet(): boolean {
    return this.#window.settled && performance.now() - this.#heard > QUIET_MS;
  }

  /** Of a session that is over only what it received counts: the close frame waits for that. */
  #receiveLast(data: unknown) {
    this.#heard = performance.now();
    if (typeof data !== "string" || data.length > LAST_BYTES) return;
    const parsed = parseClientMessage(data);
    if (!("message" in parsed) || parsed.message.type !== "received") return;
    this.#window.acknowledge(parsed.message.bytes);
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
    if (!this.#rate.spend()) {
      this.close(CloseCode.tooMany, `over ${this.#rate.perSecond} messages per second`);
    } else if (this.#window.isOverfull) {
      this.giveUp("asks but does not read");
    }
    return !this.ended;
  }

  /** @returns Whether it is not counted. */
  #acknowledge(bytes: number): boolean {
    const free = this.#window.acknowledge(bytes);
    if (this.#lagging.size > 0) this.catchUp();
    return free;
  }

  #handle(message: ClientMessage) {
    switch (message.type) {
      case "subscribe":
        this.subscribe(message.channel, message.since, message.quiet);
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
  subscribe(channel: string, since?: string, quiet = false): number | null {
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
    if (subscription !== undefined && subscription.quiet !== quiet) {
      this.#unsubscribe(channel);
      subscription = undefined;
    }
    if (subscription === undefined) {
      if (this.#subscriptions.size >= channelsPerSession) {
        this.refuse("too_many_channels", `at most ${channelsPerSession} channels`, channel);
        return CloseCode.tooMany;
      }
      this.#subscriptions.set(channel, subscription = new Subscription(room, this, quiet));
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
    this.#window.release(subscription);
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
    const { commands, rooms } = this.#context;
    if (!commands.submit(this.id, command, (ack) => this.sendMessage(ack))) return;
    rooms.get(command.channel)?.commanded(command.topic, this.member.member);
  }

  /** Closes the connection and leaves every room. */
  close(code: number, reason: string) {
    if (this.ended) return;
    this.end(code, reason);
    const said = () => this.said = { code, reason };
    sayGoodbye(this.#socket, code, reason, () => this.#isQuiet(), said);
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
