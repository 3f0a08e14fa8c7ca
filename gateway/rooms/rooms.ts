/**
 * All rooms: takes in messages, finds or makes the room, tells who listens.
 *
 * @module
 */
import { now } from "../clock.ts";
import type { IncomingMessage } from "../broker/broker.ts";
import type { Config } from "../config/schema.ts";
import type { Control, TopicDescription } from "../sessions/messages.ts";
import { AgeClock } from "../store/age_clock.ts";
import type { Store } from "../store/store.ts";
import type { StoredChannel } from "../store/store_messages.ts";
import { Descriptions } from "./descriptions.ts";
import type { Taps } from "../taps.ts";
import { FlushScheduler } from "./flush_scheduler.ts";
import type { HistoryLimits, TopicState } from "./history.ts";
import { payloadToJson } from "./payload.ts";
import { describeTopic, Room } from "./room.ts";
import type { Route, Rules } from "./rules.ts";

/** What the rooms count; `/metrics` shows it. */
export interface RoomCounters {
  /** Messages taken in, by MQTT QoS. */
  messagesIn: [number, number, number];
  payloadBytesIn: number;
  updates: number;
  /** Retained messages that said what was known. */
  unchanged: number;
  /** Messages dropped because channels or topics are too many. */
  overLimit: number;
}

/**
 * Hears of every message, before the rooms take it.
 *
 * @returns Whether it is not for the rooms: its listener makes updates of it.
 */
export type MessageListener = (message: IncomingMessage, route: Route, id: string) => boolean;

/**
 * Hears of every update, when the room has it: it is the topic's newest.
 *
 * @param message That it was made of; `null`: something else than a message on its topic
 */
export type UpdateListener = (
  room: Room,
  topic: TopicState,
  message: IncomingMessage | null,
) => void;

/**
 * Hears of every value that a device, not we, says a topic now has, after the room has it.
 *
 * @param room `undefined`: nothing was kept in any
 */
export type StateListener = (topic: string, room: Room | undefined) => void;

/** Whose updates a {@linkcode DerivedTopic} makes. */
export interface DerivedRoute {
  /** Full topic, under which clients know it. */
  topic: string;
  channel: string;
  device: string;
  unit?: string;
  control?: Control;
  /** Topic of commands, and the member of a JSON object that the value becomes there. */
  command?: { topic: string; member: string };
}

/** A topic whose updates are made of something else than messages on it: a radio frame, one property of many. */
export class DerivedTopic {
  readonly route: Route;
  /** @ignore */
  place: Place | null = null;

  constructor(route: Route) {
    this.route = route;
  }
}

export interface ChannelListener {
  channelAdded(name: string): void;
  channelRemoved(name: string): void;
}

const SWEEP_MS = 10_000;

interface Place {
  room: Room;
  topic: TopicState;
}

/** @param bytes Of randomness; three make four characters. */
function randomName(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toBase64({ alphabet: "base64url" });
}

/** Ends with `close()`. */
export class Rooms {
  /** Names the log that every `seq` belongs to: that of the store; without one, new at each start. */
  readonly epoch: string;
  readonly counters: RoomCounters = {
    messagesIn: [0, 0, 0],
    payloadBytesIn: 0,
    updates: 0,
    unchanged: 0,
    overLimit: 0,
  };
  readonly #config: Config;
  readonly #rules: Rules;
  readonly #rooms = new Map<string, Room>();
  readonly #places = new WeakMap<Route, Place>();
  readonly #descriptions: Descriptions;
  readonly #messageListeners: MessageListener[] = [];
  readonly #stateListeners: StateListener[] = [];
  readonly #updateListeners: UpdateListener[] = [];
  readonly #channelListeners = new Set<ChannelListener>();
  readonly #scheduler: FlushScheduler;
  readonly #historyLimits: HistoryLimits;
  readonly #onSent: (delay: number) => void;
  readonly #taps: Taps;
  readonly #store: Store | null;
  readonly #age: AgeClock;
  readonly #sweeper: ReturnType<typeof setInterval>;
  /** Begins the ids of this run. */
  readonly #run = randomName(6).slice(0, 6);
  #ids = 0;
  /** Highest number that a removed room had reached. */
  #usedSeq = 0;

  /**
   * @param onSent Called once per update sent, with the milliseconds since it came in.
   * @param store What is kept on disk; the rooms that it knows are there again. Its owner closes it.
   */
  constructor(
    config: Config,
    rules: Rules,
    onSent: (delay: number) => void,
    taps: Taps,
    store: Store | null = null,
  ) {
    this.epoch = store?.epoch ?? randomName(9);
    this.#store = store;
    this.#config = config;
    this.#rules = rules;
    this.#onSent = onSent;
    this.#taps = taps;
    this.#descriptions = new Descriptions(config, rules, (route, channel) => {
      const room = this.#rooms.get(channel);
      const state = room?.topics.get(route.topic);
      if (state !== undefined) describeTopic(state, this.#extra(route));
      room?.describeChanged();
    });
    this.#scheduler = new FlushScheduler(config.session.gatherMs);
    const { count, bytes, ageSeconds } = config.history;
    this.#historyLimits = { count, bytes, ageMs: ageSeconds * 1000 };
    for (const channel of store?.channels ?? []) this.#restore(channel);
    this.#age = new AgeClock({ before: this.#newest(), wall: now });
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
  }

  /** Makes a room as an earlier run left it. */
  #restore({ name, topics }: StoredChannel) {
    const room = this.#makeRoom(name);
    for (const { topic, last } of topics) {
      if (room === null || last === null) continue;
      const route = this.#rules.look(topic);
      this.#descriptions.configured(topic);
      const state = room.topic(topic, this.#extra(route));
      if (state !== null) room.restore(state, last);
    }
  }

  /** When the last of the restored updates came; `null`: there are none. */
  #newest(): number | null {
    let newest: number | null = null;
    for (const { time } of this.#rooms.values()) if (time > (newest ?? 0)) newest = time;
    return newest;
  }

  onMessage(listener: MessageListener) {
    this.#messageListeners.push(listener);
  }

  onState(listener: StateListener) {
    this.#stateListeners.push(listener);
  }

  onUpdate(listener: UpdateListener) {
    this.#updateListeners.push(listener);
  }

  /** Takes in one message. The broker may acknowledge it when this returns. */
  take(message: IncomingMessage) {
    const { counters } = this;
    counters.messagesIn[message.qos]++;
    counters.payloadBytesIn += message.payload.length;
    const route = this.#rules.route(message.topic);
    const id = this.#nextId();
    const { wireLength = message.topic.length, payload, qos } = message;
    this.#taps.message(message.connection, id, wireLength, payload.length, qos);
    if (message.parts === undefined) return this.#takePart(message, route, id);
    const { parts, ...whole } = message;
    const time = now() - (message.ago ?? 0);
    for (const part of parts) {
      this.#takePart({ ...whole, ...part }, this.#rules.route(part.topic), id, time);
    }
    // Whatever is kept of it, it may be an answer.
    this.#stated(message.topic, this.#rooms.get(route.channel ?? ""));
  }

  #takePart(message: IncomingMessage, route: Route, id: string, time?: number) {
    const { counters } = this;
    let taken = false;
    for (const listener of this.#messageListeners) {
      if (listener(message, route, id)) taken = true;
    }
    if (taken || route.channel === null) return;
    const place = this.#place(route, route.channel);
    if (place === null) {
      counters.overLimit++;
      return;
    }
    const json = payloadToJson(message.content ?? message.payload);
    if (message.replayed && place.topic.last?.json === json) {
      counters.unchanged++;
      return;
    }
    counters.updates++;
    place.room.update(place.topic, json, time ?? now() - (message.ago ?? 0), id);
    for (const listener of this.#updateListeners) listener(place.room, place.topic, message);
    if (message.own || message.replayed) return;
    this.#stated(message.topic, place.room);
  }

  #stated(topic: string, room: Room | undefined) {
    for (const listener of this.#stateListeners) listener(topic, room);
  }

  /** Makes a topic for updates that are no messages; tells clients its unit and control. */
  derive(derived: DerivedRoute): DerivedTopic {
    const { topic, channel, device, unit, control, command } = derived;
    const route = this.#rules.derive({
      topic,
      channel,
      device,
      command: command?.topic ?? null,
      relays: [],
      ...(command === undefined ? {} : { member: command.member }),
    });
    this.describe({
      topic,
      ...(unit === undefined ? {} : { unit }),
      ...(control === undefined ? {} : { control }),
    });
    return new DerivedTopic(route);
  }

  /** Ends a topic that {@linkcode derive} made; what its room remembers stays. */
  underive({ route }: DerivedTopic) {
    this.undescribe(route.topic);
    this.#rules.underive(route.topic);
  }

  /**
   * Makes an update.
   *
   * @param json The value as JSON text.
   * @param node As {@linkcode Entry.node}.
   * @param id Of the message or radio record that it is made of.
   * @param time When that came in, Unix milliseconds.
   * @param replayed It is made of a retained message that the broker repeats: what is known already
   *   makes no update.
   * @returns Whether there was room for it.
   */
  put(
    derived: DerivedTopic,
    json: string,
    node: string,
    id: string,
    time: number,
    replayed = false,
  ): boolean {
    let { place } = derived;
    const { channel } = derived.route;
    // Settings of a node.
    if (channel === null) return false;
    if (place === null || place.topic.stale) {
      place = derived.place = this.#place(derived.route, channel);
      if (place === null) {
        this.counters.overLimit++;
        return false;
      }
    }
    if (replayed && place.topic.last?.json === json) {
      this.counters.unchanged++;
      return true;
    }
    this.counters.updates++;
    place.room.update(place.topic, json, time, id, node);
    for (const listener of this.#updateListeners) listener(place.room, place.topic, null);
    if (replayed) return true;
    if (derived.route.command !== null) {
      this.#stated(derived.route.topic, place.room);
    }
    return true;
  }

  /** Whether a topic's value is this already. */
  says({ place }: DerivedTopic, json: string): boolean {
    return place !== null && !place.topic.stale && place.topic.last?.json === json;
  }

  /** Removes a channel that nobody watches and whose topics have all ended. */
  leave(channel: string) {
    const room = this.#rooms.get(channel);
    if (room === undefined || room.members.size > 0) return;
    for (const topic of room.topics.keys()) {
      if (!topic.startsWith("edgewire/v1/readings/") || this.#rules.isDerived(topic)) return;
    }
    this.#remove(room);
  }

  /** Tells a channel of something that happened; makes the channel where there is none. */
  event(channel: string, kind: string, detail: unknown) {
    (this.#rooms.get(channel) ?? this.#makeRoom(channel))?.event(kind, detail);
  }

  #nextId(): string {
    return `${this.#run}-${(++this.#ids).toString(36)}`;
  }

  #place(route: Route, channel: string): Place | null {
    const known = this.#places.get(route);
    if (known !== undefined && !known.topic.stale) return known;
    const room = this.#rooms.get(channel) ?? this.#makeRoom(channel);
    if (room === null) return null;
    if (!room.topics.has(route.topic)) this.#descriptions.configured(route.topic);
    const topic = room.topic(route.topic, this.#extra(route));
    if (topic === null) return null;
    const place = { room, topic };
    this.#places.set(route, place);
    return place;
  }

  #extra(route: Route): { device?: string; unit?: string } {
    const unit = this.#descriptions.unit(route);
    return {
      ...(route.device === undefined ? {} : { device: route.device }),
      ...(unit === undefined ? {} : { unit }),
    };
  }

  #makeRoom(name: string): Room | null {
    if (this.#rooms.size >= this.#config.limits.channels) return null;
    const room = new Room(name, {
      epoch: this.epoch,
      store: this.#store,
      usedSeq: this.#store?.startOf(name) ?? this.#usedSeq,
      scheduler: this.#scheduler,
      limits: this.#historyLimits,
      maxTopics: this.#config.limits.topicsPerChannel,
      onSent: this.#onSent,
      taps: this.#taps,
    });
    this.#rooms.set(name, room);
    this.#shareHistory();
    for (const listener of this.#channelListeners) listener.channelAdded(name);
    return room;
  }

  #shareHistory() {
    const { bytes, totalBytes } = this.#config.history;
    this.#historyLimits.bytes = Math.min(bytes, totalBytes / Math.max(1, this.#rooms.size));
  }

  #sweep() {
    // A system clock that jumps ahead for a moment takes no channel away.
    const time = this.#age.now();
    for (const room of this.#rooms.values()) {
      room.history.trim(time);
      if (room.members.size === 0 && time - room.active > this.#historyLimits.ageMs) {
        this.#remove(room);
      }
    }
  }

  #remove(room: Room) {
    this.#rooms.delete(room.name);
    this.#store?.removeChannel(room.name, room.seq);
    // One of the same name goes on behind it: no number of an epoch is used twice.
    this.#usedSeq = Math.max(this.#usedSeq, room.seq);
    for (const topic of room.topics.values()) topic.stale = true;
    this.#shareHistory();
    for (const listener of this.#channelListeners) listener.channelRemoved(room.name);
  }

  get(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  /** In the order in which they came to be. */
  all(): Iterable<Room> {
    return this.#rooms.values();
  }

  get size(): number {
    return this.#rooms.size;
  }

  addChannelListener(listener: ChannelListener) {
    this.#channelListeners.add(listener);
  }

  removeChannelListener(listener: ChannelListener) {
    this.#channelListeners.delete(listener);
  }

  /** Where a topic belongs; anybody may ask for any, so it is not remembered. */
  route(topic: string): Route {
    return this.#rules.look(topic);
  }

  /** What is known of a channel's topics beyond their values. */
  descriptions(channel: string): TopicDescription[] {
    return this.#descriptions.of(channel);
  }

  /** Tells clients what the configuration says of a topic, before anything came on it. */
  expect(topic: string) {
    this.#descriptions.configured(topic);
  }

  /** Says what is known of a topic, see `Descriptions.add`. */
  describe(description: TopicDescription, commandTopic?: string) {
    this.#descriptions.add(description, commandTopic);
  }

  /** Forgets what {@linkcode describe} said. */
  undescribe(topic: string) {
    this.#descriptions.remove(topic);
  }

  close() {
    clearInterval(this.#sweeper);
    this.#scheduler.close();
  }
}
