/**
 * The persistent sessions of the embedded broker: which there are, and since when their clients are
 * away. MQTT 3.1.1 lets a server end sessions (3.1.2.4), and says no time: here it is one of a
 * client that did not come for a month, or the one longest away where there are too many.
 *
 * @module
 */
import { now } from "../clock.ts";
import { type DurableMap, SPACES } from "./persistence_disk.ts";
import { encodeSession, type SessionRecord, type Subscription } from "./persistence_records.ts";

const MAX_SESSIONS = 10_000;
/** Where there are more, so many below that are left, so that it is not asked for each new one. */
const ROOM = 100;
const MAX_AWAY_MS = 30 * 86_400_000;
/** A time before this one is of a clock that was not set yet: 2020. */
const CLOCK_SET_MS = Date.UTC(2020, 0);

/** What outlasts the connection of one client, beside its messages. */
export interface KeptSession {
  readonly id: string;
  /** Stands for the id in keys. */
  readonly number: number;
  /** Unix ms; `null`: the client is connected. */
  away: number | null;
  readonly subscriptions: Map<string, Subscription>;
}

function isSame(one: Subscription, other: Subscription | undefined): boolean {
  return other !== undefined && one.qos === other.qos && one.rh === other.rh &&
    one.rap === other.rap && one.nl === other.nl &&
    one.subscriptionIdentifier === other.subscriptionIdentifier;
}

/** `aedes` hands out its own objects, and changes them. */
function copyOf(subscription: Subscription): Subscription {
  const { topic, qos, rh, rap, nl, subscriptionIdentifier } = subscription;
  const more = { rh, rap, nl, subscriptionIdentifier };
  for (const key of Object.keys(more) as (keyof typeof more)[]) {
    if (more[key] === undefined) delete more[key];
  }
  return { topic, qos, ...more } as Subscription;
}

export class SessionBook {
  readonly #disk: DurableMap | null;
  readonly #sessions = new Map<string, KeptSession>();
  #next = 1;

  constructor(disk: DurableMap | null) {
    this.#disk = disk;
  }

  all(): IterableIterator<KeptSession> {
    return this.#sessions.values();
  }

  find(id: string): KeptSession | undefined {
    return this.#sessions.get(id);
  }

  /** The session of a client; a new one where there is none. */
  of(id: string): KeptSession {
    let session = this.#sessions.get(id);
    if (session === undefined) {
      session = { id, number: this.#next++, away: null, subscriptions: new Map() };
      this.#sessions.set(id, session);
      this.#write(session);
    }
    return session;
  }

  /** As it was on disk. */
  restore(id: string, { number, away, subscriptions }: SessionRecord): KeptSession {
    const known = new Map(subscriptions.map((one) => [one.topic, one]));
    const session = { id, number, away, subscriptions: known };
    this.#sessions.set(id, session);
    this.#next = Math.max(this.#next, number + 1);
    if (away === null || away < CLOCK_SET_MS) this.left(id);
    return session;
  }

  /** Numbers go on behind this one. */
  skipTo(number: number) {
    this.#next = Math.max(this.#next, number);
  }

  subscribe(id: string, subscriptions: Subscription[]) {
    const session = this.of(id);
    const news = subscriptions.filter((one) => !isSame(one, session.subscriptions.get(one.topic)));
    for (const one of news) session.subscriptions.set(one.topic, copyOf(one));
    if (news.length > 0) this.#write(session);
  }

  unsubscribe(id: string, filters: string[]) {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    const gone = filters.filter((filter) => session.subscriptions.delete(filter));
    if (gone.length > 0) this.#write(session);
  }

  remove(id: string) {
    if (!this.#sessions.delete(id)) return;
    this.#disk?.put(SPACES.sessions, id, null);
  }

  came(id: string) {
    this.#noteAway(id, null);
  }

  left(id: string) {
    this.#noteAway(id, now());
  }

  #noteAway(id: string, away: number | null) {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    session.away = away;
    this.#write(session);
  }

  #write({ id, number, away, subscriptions }: KeptSession) {
    if (this.#disk === null) return;
    const record = { number, away, subscriptions: [...subscriptions.values()] };
    this.#disk.put(SPACES.sessions, id, encodeSession(record));
  }

  /** Clients whose sessions are to end. */
  overdue(): string[] {
    const time = now();
    const away = [...this.#sessions.values()].filter((session) => session.away !== null)
      .sort((a, b) => a.away! - b.away!);
    const tooMany = this.isFull ? this.#sessions.size - MAX_SESSIONS + ROOM : 0;
    return away.filter((session, i) => i < tooMany || time - session.away! > MAX_AWAY_MS)
      .map(({ id }) => id);
  }

  get isFull(): boolean {
    return this.#sessions.size > MAX_SESSIONS;
  }
}
