/**
 * A channel's running form: newest values, sequence number, history, members.
 *
 * @module
 */
import { now } from "../clock.ts";
import type { Member } from "../sessions/messages.ts";
import type { Store } from "../store/store.ts";
import type { StoredEntry } from "../store/store_messages.ts";
import type { Taps } from "../taps.ts";
import { Batch } from "./batch.ts";
import { CommandNotices } from "./command_notices.ts";
import type { FlushScheduler } from "./flush_scheduler.ts";
import { type Entry, History, type HistoryLimits, type TopicState } from "./history.ts";

/** One who hears of everything in a room. */
export interface RoomMember {
  readonly info: Member;
  /** Whether it takes a batch as one frame; those who do are served first. */
  readonly takesArrays: boolean;
  /** Whether it hears, but is nobody's presence: no join, no leave, not counted. @default false */
  readonly quiet?: boolean;
  /** Entries in order; called for each batch, also those it has had already. */
  deliver(batch: Batch): void;
  /** Something without `seq` changed: presence or description. */
  notice(): void;
}

export interface RoomContext {
  epoch: string;
  /** Where entries are kept beyond what fits memory; `null`: nowhere. */
  store: Store | null;
  /** Numbers up to this one may have been used by an earlier room of this name. */
  usedSeq: number;
  scheduler: FlushScheduler;
  limits: HistoryLimits;
  maxTopics: number;
  /** Called once per entry sent, with the milliseconds since it came in. */
  onSent: (delay: number) => void;
  taps: Taps;
}

/** Beyond so many members each is no longer named to all: the room says how many there are. */
const CROWD = 100;
/** In place of a topic's handle: the store's name for an event. */
const EVENT = -1;
/** What the fixed parts of a message take at most: type, `seq`, `time`. */
const MESSAGE_BYTES = 70;
/** Joins and leaves gather so long, or a millisecond per member if that is longer, milliseconds. */
const LAZY_MS = 200;
/** A value that is so much older than now is of a replay, ms. */
const PAST_MS = 1000;

/** Made by {@linkcode Rooms}; `leave` of the last member does not end it. */
export class Room {
  readonly name: string;
  readonly history: History;
  /** All who hear, quiet ones as well. */
  readonly members = new Set<RoomMember>();
  dirty = false;
  /** Newest entry's number. */
  seq: number;
  /** Updates taken in so far. */
  updates = 0;
  /** When the last update came, Unix milliseconds; 0: none yet. */
  time = 0;
  /** When the last update or event came. */
  active: number = now();
  /** Counts changes of members and of descriptions. */
  presenceVersion = 0;
  describeVersion = 0;
  readonly topics = new Map<string, TopicState>();
  /** Where older entries are; `null`: nowhere. */
  readonly store: Store | null;
  readonly #context: RoomContext;
  /** The store's handle of this channel. */
  readonly #stored: number;
  readonly #messageHead: string;
  readonly #notices = new CommandNotices();
  /** Members that are not quiet. */
  #present = 0;
  #pending: Entry[] = [];
  /** When those came in, ms of the monotonic clock; NaN: events. */
  #arrivals: number[] = [];
  #noticeAt: number | null = null;
  #presence: { version: number; text: string } | null = null;
  #snapshot: { seq: number; text: string } | null = null;

  constructor(name: string, context: RoomContext) {
    this.name = name;
    this.#context = context;
    this.seq = context.usedSeq;
    this.store = context.store;
    this.#stored = context.store?.channel(name, context.usedSeq) ?? 0;
    this.#messageHead = `"channel":${JSON.stringify(name)},`;
    this.history = new History(context.limits);
  }

  get epoch(): string {
    return this.#context.epoch;
  }

  /** The topic's state, made if there is room for it; else `null`. */
  topic(topic: string, extra: { device?: string }): TopicState | null {
    let state = this.topics.get(topic);
    if (state === undefined) {
      if (this.topics.size >= this.#context.maxTopics) return null;
      state = this.#newTopic(topic, this.store?.topic(this.#stored, topic) ?? 0);
      this.topics.set(topic, state);
    }
    describeTopic(state, extra);
    return state;
  }

  #newTopic(topic: string, stored: number): TopicState {
    return { topic, last: null, head: "", tail: "", stale: false, recorded: null, stored };
  }

  /** Takes over a topic as an earlier run of the gateway left it. */
  restore(topic: TopicState, last: StoredEntry) {
    topic.last = { ...last, topic };
    this.time = Math.max(this.time, last.time);
    this.active = this.time;
  }

  /** An entry as the store gives it, as one of this room. */
  entryOf(stored: StoredEntry): Entry {
    const { topic } = stored;
    return {
      ...stored,
      topic: topic === null ? null : this.topics.get(topic) ?? this.#gone(topic),
    };
  }

  /** A topic that the room has no place for. */
  #gone(topic: string): TopicState {
    const state = this.#newTopic(topic, 0);
    describeTopic(state, {});
    return state;
  }

  /**
   * Takes in a value.
   *
   * @param json The value as JSON text.
   * @param time Of the value, Unix milliseconds. Of a replay's values, an earlier one than the
   *   update's before counts as that: times go back with the system's clock alone.
   * @param node As {@linkcode Entry.node}.
   */
  update(topic: TopicState, json: string, time: number, id: string, node = "") {
    this.updates++;
    if (time < this.time) time = this.#pastTime(time);
    this.time = time;
    if (time > this.active) this.active = time;
    topic.last = this.#append(topic, json, time, id, node);
    this.#context.taps.update(this.name, topic, this.seq, time, id, node, json);
    if (this.members.size > 0) this.#context.scheduler.mark(this);
  }

  /** The time of a value that is of before the newest. */
  #pastTime(time: number): number {
    const present = now();
    return time < present - PAST_MS ? Math.min(this.time, present) : time;
  }

  /** Takes in an event. */
  event(kind: string, detail: unknown) {
    const json = `"kind":${JSON.stringify(kind)},"detail":${JSON.stringify(detail)}`;
    this.active = now();
    this.#append(null, json, this.active, "", "");
    if (this.members.size > 0) this.#context.scheduler.markLazily(this, LAZY_MS);
  }

  /** A member commanded a topic: the others hear who has a hand on it. */
  commanded(topic: string, member: string) {
    // The topics that the room has bound what is remembered.
    if (!this.#hasOther(member) || !this.topics.has(topic)) return;
    if (this.#notices.due(topic, member)) this.event("command", { member, topic });
  }

  #hasOther(member: string): boolean {
    for (const { quiet, info } of this.members) {
      if (!quiet && info.member !== member) return true;
    }
    return false;
  }

  #append(
    topic: TopicState | null,
    json: string,
    time: number,
    id: string,
    node: string,
  ): Entry {
    const entry = { seq: ++this.seq, time, topic, json, id, node };
    this.history.append(entry);
    const stored = topic === null ? EVENT : topic.stored;
    this.store?.append(this.#stored, stored, entry.seq, time, json, id, node);
    if (this.members.size > 0) {
      this.#pending.push(entry);
      this.#arrivals.push(topic === null ? NaN : performance.now());
    }
    return entry;
  }

  /** How many others see: members that are not quiet. */
  get present(): number {
    return this.#present;
  }

  get #crowded(): boolean {
    return this.#present > CROWD;
  }

  join(member: RoomMember) {
    this.members.add(member);
    if (member.quiet) return;
    this.#present++;
    if (!this.#crowded) this.event("join", member.info);
    this.#presenceChanged();
  }

  leave(member: RoomMember, reason: string) {
    if (!this.members.delete(member)) return;
    if (this.members.size === 0) {
      this.#pending = [];
      this.#arrivals = [];
    }
    if (member.quiet) return;
    this.#present--;
    if (!this.#crowded) this.event("leave", { ...member.info, reason });
    this.#presenceChanged();
  }

  #presenceChanged() {
    this.presenceVersion++;
    this.#notice();
  }

  /** Tells the members that units or controls are others now. */
  describeChanged() {
    this.describeVersion++;
    this.#snapshot = null;
    this.#notice();
  }

  #notice() {
    const due = performance.now() + Math.max(LAZY_MS, this.members.size);
    this.#noticeAt = Math.min(this.#noticeAt ?? Infinity, due);
    this.#awaitNotice(this.#noticeAt);
  }

  #awaitNotice(at: number) {
    if (this.members.size === 0) return;
    this.#context.scheduler.markLazily(this, Math.max(0, at - performance.now()));
  }

  /** Hands out what gathered; called by the scheduler. */
  flush() {
    const entries = this.#pending;
    const arrivals = this.#arrivals;
    this.#pending = [];
    this.#arrivals = [];
    if (entries.length > 0) {
      const batch = new Batch(entries, (entry) => this.encode(entry));
      for (const member of this.members) if (member.takesArrays) member.deliver(batch);
      for (const member of this.members) if (!member.takesArrays) member.deliver(batch);
      const sent = performance.now();
      for (const arrival of arrivals) {
        if (!Number.isNaN(arrival)) this.#context.onSent(sent - arrival);
      }
    }
    if (this.#noticeAt === null) return;
    if (performance.now() < this.#noticeAt - 1) return this.#awaitNotice(this.#noticeAt);
    this.#noticeAt = null;
    for (const member of this.members) member.notice();
  }

  /** Events that no batch has brought yet. */
  pendingEvents(): Entry[] {
    return this.#pending.filter(({ topic }) => topic === null);
  }

  /** The `presence` message of now, made once for all members. */
  get presence(): string {
    if (this.#presence?.version !== this.presenceVersion) {
      const named = this.#crowded ? [] : [...this.members].filter(({ quiet }) => !quiet);
      const said = { members: named.map(({ info }) => info), count: this.#present };
      const text = `{"type":"presence",${this.#messageHead}${JSON.stringify(said).slice(1)}`;
      this.#presence = { version: this.presenceVersion, text };
    }
    return this.#presence.text;
  }

  /** An entry as a `data` or `event` message. */
  encode(entry: Entry): string {
    return entry.topic === null
      ? `{"type":"event",${this.#messageHead}"seq":${entry.seq},"time":${entry.time},${entry.json}}`
      : `{"type":"data",${this.#messageHead}${fields(entry, entry.topic)}}`;
  }

  /** Length of the message of an entry; in bytes, if it is ASCII. */
  sizeOf({ json, id, node, topic }: Entry): number {
    const described = topic === null
      ? 0
      : topic.head.length + topic.tail.length + id.length + node.length;
    return MESSAGE_BYTES + this.#messageHead.length + described + json.length;
  }

  /** The `snapshot` message of now; made once for all who join at the same `seq`. */
  get snapshot(): string {
    if (this.#snapshot?.seq !== this.seq) {
      const values = [...this.topics.values()].flatMap((topic) =>
        topic.last === null ? [] : [`{${fields(topic.last, topic)}}`]
      );
      const head = `{"type":"snapshot",${this.#messageHead}`;
      const text = `${head}"epoch":"${this.epoch}","seq":${this.seq},"values":[${values}]}`;
      this.#snapshot = { seq: this.seq, text };
    }
    return this.#snapshot.text;
  }

  /** Newest updates per topic behind `seq`. */
  latestAfter(seq: number): Entry[] {
    const entries: Entry[] = [];
    for (const { last } of this.topics.values()) {
      if (last !== null && last.seq > seq) entries.push(last);
    }
    return entries;
  }
}

function fields(entry: Entry, topic: TopicState): string {
  const { seq, time, json, node, id } = entry;
  return `"seq":${seq},"time":${time}${topic.head}${json}${node}${topic.tail}${id}"`;
}

/** Sets what a topic's messages carry beside the value. */
export function describeTopic(state: TopicState, extra: { unit?: string; device?: string }) {
  const member = (name: string, value: string | undefined) =>
    value === undefined ? "" : `,"${name}":${JSON.stringify(value)}`;
  state.head = `,"topic":${JSON.stringify(state.topic)},"value":`;
  state.tail = `${member("unit", extra.unit)}${member("device", extra.device)},"id":"`;
}
