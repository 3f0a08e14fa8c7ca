/**
 * All connected clients: who may connect, who has gone silent, what all hear.
 *
 * @module
 */
import { now } from "../clock.ts";
import { isLoopback } from "../access/peer.ts";
import type { Identity } from "../access/tokens.ts";
import type { BrokerState } from "../broker/broker.ts";
import { RunningClock } from "../running_clock.ts";
import type { Config } from "../config/schema.ts";
import type { Commands } from "../rooms/commands.ts";
import type { ChannelListener, Rooms } from "../rooms/rooms.ts";
import type { Store } from "../store/store.ts";
import { type ConnectionTap, noConnectionTap } from "../taps.ts";
import { CloseCode, type MqttAddress, type Role, type Status } from "./messages.ts";
import { PlainPacer } from "./plain_pacer.ts";
import { newSessionCounters, Session } from "./session.ts";

/** How a client connects. */
export interface Connection {
  socket: WebSocket;
  peer: string;
  /** Whether the client speaks `edgewire.v1` (Deno's socket does not know it on this side). */
  takesArrays: boolean;
  /** `null` if it has no or a wrong token. */
  identity: Identity | null;
  /** Whether its client is on this machine, with no proxy between. */
  local: boolean;
  /** Channel of `/ws/<channel>`; `null` at `/ws`. */
  channel: string | null;
  /** `?since=` */
  since?: string;
  /** `?session=`: the session that this one goes on with. */
  resume?: string;
  /** Hears of what passes. */
  tap?: ConnectionTap;
}

/** How long a session's id can be taken up again, milliseconds. */
const RESUME_MS = 10 * 60_000;
const MAX_RESUMABLE = 20_000;
/** Sessions that lag are looked at so often, milliseconds. */
const LAG_MS = 10;
/** News of channels gathers so long, milliseconds. */
const CHANNELS_MS = 20;
/** How long clients have to answer the goodbye at the end, milliseconds. */
const ANSWER_MS = 1000;
/** Looks at every session within the idle timeout. */
const WATCHES_PER_TIMEOUT = 10;
/** Of a close event: no frame came (RFC 6455, 7.1.5). */
const NO_CLOSE_FRAME = 1006;

/** Why a channel's own address was closed at once. */
const REFUSED: Record<number, string> = {
  [CloseCode.noSuchChannel]: "no such channel",
  [CloseCode.badMessage]: "since: expected <epoch>:<seq>",
};

function randomName(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toBase64({ alphabet: "base64url" });
}

/** Ends with `close()`. */
export class Sessions implements ChannelListener {
  readonly counters = newSessionCounters();
  readonly #config: Config;
  readonly #rooms: Rooms;
  readonly #commands: Commands;
  readonly #brokerState: () => BrokerState;
  readonly #mqtt: () => MqttAddress | undefined;
  readonly #store: Store | null;
  readonly #uplinkState: () => Status["uplink"];
  readonly #sessions = new Set<Session>();
  /** Sessions at `/ws`, who hear of channels that come and go. */
  readonly #browsing = new Set<Session>();
  /** Sockets per address, until they are really closed. */
  readonly #perAddress = new Map<string, number>();
  readonly #resumable = new Map<string, { role: Role; until: number }>();
  readonly #lagging = new Set<Session>();
  readonly #pacer = new PlainPacer();
  #lagTimer: ReturnType<typeof setInterval> | undefined;
  #added: string[] = [];
  #removed: string[] = [];
  #channelTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #watch: ReturnType<typeof setInterval>;
  readonly #clock: RunningClock;
  #open = 0;
  /** Called when no connection is left. */
  #onAllGone = () => {};

  /**
   * @param mqtt Where MQTT clients publish.
   * @param store The history on disk, whose state clients are told.
   */
  constructor(
    config: Config,
    rooms: Rooms,
    commands: Commands,
    brokerState: () => BrokerState,
    mqtt: () => MqttAddress | undefined,
    store: Store | null = null,
    uplinkState: () => Status["uplink"] = () => "off",
  ) {
    this.#store = store;
    this.#uplinkState = uplinkState;
    this.#mqtt = mqtt;
    this.#config = config;
    this.#rooms = rooms;
    this.#commands = commands;
    this.#brokerState = brokerState;
    rooms.addChannelListener(this);
    const period = config.session.idleTimeoutSeconds * 1000 / WATCHES_PER_TIMEOUT;
    this.#clock = new RunningClock({ periodMs: period });
    this.#watch = setInterval(() => this.#closeStuck(), period);
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Why another client of this address is refused; `null` if it is not. */
  refusal(peer: string): string | null {
    const { sessions, sessionsPerAddress } = this.#config.limits;
    if (this.#open >= sessions) return `at most ${sessions} clients`;
    if (isLoopback(peer) || (this.#perAddress.get(peer) ?? 0) < sessionsPerAddress) return null;
    return `at most ${sessionsPerAddress} clients per address`;
  }

  /** Takes over a WebSocket that is being opened. */
  accept(connection: Connection) {
    const { socket, peer, tap = noConnectionTap } = connection;
    this.#open++;
    this.#perAddress.set(peer, (this.#perAddress.get(peer) ?? 0) + 1);
    let session: Session | null = null;
    let opened = false;
    let gone = false;
    socket.onopen = () => {
      opened = true;
      session = this.#begin(connection);
    };
    socket.onclose = ({ code, reason }) => {
      // Deno says it twice of a peer that it gave up.
      if (gone) return;
      gone = true;
      if (--this.#open === 0) this.#onAllGone();
      this.#forgetAddress(peer);
      const said = session?.said;
      // Both may have closed at the same time.
      if (said != null && code !== NO_CLOSE_FRAME) tap.closed(false, said.code, said.reason, code);
      else tap.closed(session === null ? !opened : !session.ended, code, reason);
      session?.end(code, reason);
    };
    socket.onerror = () => {};
  }

  #forgetAddress(peer: string) {
    const count = (this.#perAddress.get(peer) ?? 1) - 1;
    if (count === 0) this.#perAddress.delete(peer);
    else this.#perAddress.set(peer, count);
  }

  #drop(session: Session) {
    this.#sessions.delete(session);
    this.#browsing.delete(session);
    this.#lagging.delete(session);
    this.#remember(session, Date.now() + RESUME_MS);
  }

  #begin(connection: Connection): Session | null {
    const { socket, peer, takesArrays, identity, local, channel, since, resume, tap } = connection;
    if (identity === null) {
      socket.close(CloseCode.unauthenticated, "no or wrong token");
      return null;
    }
    if (identity.role === "node") {
      socket.close(CloseCode.notAllowed, "a node's token is for MQTT");
      return null;
    }
    const { role } = identity;
    const id = this.#takeUp(resume, role) ?? randomName(18);
    const session = new Session(
      socket,
      { ...identity, role },
      peer,
      takesArrays,
      id,
      randomName(6),
      {
        config: this.#config,
        rooms: this.#rooms,
        commands: this.#commands,
        counters: this.counters,
        pacer: this.#pacer,
        lagging: (session) => this.#lag(session),
        ended: (session) => this.#drop(session),
      },
      tap,
    );
    tap?.named(session.member.member);
    this.#sessions.add(session);
    this.#remember(session, Infinity);
    const { epoch } = this.#rooms;
    const mqtt = this.#mqtt();
    session.sendMessage({
      type: "welcome",
      session: id,
      member: session.member.member,
      epoch,
      role,
      time: now(),
      idleTimeout: this.#config.session.idleTimeoutSeconds,
      ...(mqtt === undefined ? {} : { mqtt }),
      channels: this.#config.limits.channelsPerSession,
      ...(this.#tokenNeeded(local) ? { token: true } : {}),
    });
    this.#sendStatus([session]);
    if (channel === null) {
      this.#browse(session);
    } else {
      const refused = session.subscribe(channel, since);
      if (refused !== null) session.close(refused, REFUSED[refused] ?? "refused");
    }
    return session;
  }

  /** @returns The id, if a session of the same role had it not long ago. */
  #takeUp(id: string | undefined, role: Role): string | null {
    const known = id === undefined ? undefined : this.#resumable.get(id);
    return known?.role === role && known.until > Date.now() ? id as string : null;
  }

  #remember(session: Session, until: number) {
    this.#resumable.delete(session.id);
    this.#resumable.set(session.id, { role: session.member.role, until });
    for (const [id, entry] of this.#resumable) {
      if (entry.until > Date.now() && this.#resumable.size <= MAX_RESUMABLE) break;
      this.#resumable.delete(id);
    }
  }

  #browse(session: Session) {
    this.#browsing.add(session);
    const added = [...this.#rooms.all()].map((room) => room.name);
    session.sendMessage({ type: "channels", added, removed: [] });
  }

  channelAdded(name: string) {
    this.#added.push(name);
    this.#announceChannels();
  }

  channelRemoved(name: string) {
    for (const session of this.#sessions) session.channelRemoved(name);
    this.#removed.push(name);
    this.#announceChannels();
  }

  #announceChannels() {
    this.#channelTimer ??= setTimeout(() => {
      this.#channelTimer = undefined;
      const message = { type: "channels", added: this.#added, removed: this.#removed } as const;
      this.#added = [];
      this.#removed = [];
      for (const session of this.#browsing) session.sendMessage(message);
    }, CHANNELS_MS);
  }

  /** The broker or the uplink came or went, or the history on disk fails or is stored again: all are told. */
  statusChanged() {
    this.#sendStatus(this.#sessions);
  }

  #sendStatus(sessions: Iterable<Session>) {
    const { connected, reason } = this.#brokerState();
    const notStored = this.#notStored;
    for (const session of sessions) {
      session.sendMessage({
        type: "status",
        broker: connected ? "connected" : "disconnected",
        uplink: this.#uplinkState(),
        ...(reason === undefined ? {} : { reason }),
        ...(notStored === null ? {} : { notStored }),
      });
    }
  }

  /** Why the history is not stored now; `null`: it is, or is not meant to be. */
  get #notStored(): string | null {
    const state = this.#store?.state;
    if (state === undefined || state.state === "ok") return null;
    return state.reason ?? "the gateway is closing";
  }

  /** Whether who publishes from where this client is needs a token of ours. */
  #tokenNeeded(local: boolean): boolean {
    const { access, broker, mqttHost } = this.#config;
    if (broker.url !== undefined) return false;
    return !access.openLoopback || !(local || isLoopback(mqttHost));
  }

  #lag(session: Session) {
    this.#lagging.add(session);
    this.#lagTimer ??= setInterval(() => this.#catchUp(), LAG_MS);
  }

  #catchUp() {
    for (const session of [...this.#lagging]) {
      if (session.paced && !session.ended) continue;
      // Who got a share and wants more queues up behind those who got none.
      this.#lagging.delete(session);
      if (!session.ended && !session.catchUp()) this.#lagging.add(session);
    }
    if (this.#lagging.size > 0) return;
    clearInterval(this.#lagTimer);
    this.#lagTimer = undefined;
  }

  #closeStuck() {
    const { stalls } = this.#clock;
    this.#clock.now();
    // What clients said while this process stood still is read right after this timer.
    if (this.#clock.stalls !== stalls) return;
    const timeout = this.#config.session.idleTimeoutSeconds * 1000;
    for (const session of this.#sessions) {
      if (session.isStuck(timeout)) session.close(CloseCode.readsNothing, "reads nothing");
    }
  }

  /** How many sessions lag behind, for `/metrics`. */
  get lagging(): number {
    return this.#lagging.size;
  }

  /** Bytes that wait in Deno's queues. */
  queuedBytes(): number {
    let sum = 0;
    for (const session of this.#sessions) sum += session.queuedBytes;
    return sum;
  }

  /**
   * Says goodbye to everyone.
   *
   * @returns When all have answered, or had time to: what a process leaves
   *   unread when it ends makes the system cut the connection, and the goodbye
   *   is lost.
   */
  async close() {
    clearInterval(this.#watch);
    clearInterval(this.#lagTimer);
    clearTimeout(this.#channelTimer);
    this.#rooms.removeChannelListener(this);
    for (const session of this.#sessions) session.close(CloseCode.shuttingDown, "shutting down");
    if (this.#open === 0) return;
    const gone = Promise.withResolvers<void>();
    this.#onAllGone = gone.resolve;
    const timer = setTimeout(gone.resolve, ANSWER_MS);
    await gone.promise;
    clearTimeout(timer);
  }
}
