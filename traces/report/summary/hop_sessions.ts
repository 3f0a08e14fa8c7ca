/**
 * WebSocket sessions of a trace, and the numbers of each channel that each of them got.
 *
 * A session's numbers count up by one per channel from the first that it got, unless it began anew
 * (a snapshot, or `subscribe`). Numbers left out are a loss only when another hop had them as
 * updates, and no `gap` of the gateway announced it.
 *
 * @module
 */
import type { Conversation } from "../../flows/conversation.ts";
import type { HopChannel, HopUpdates } from "./hop_updates.ts";

/** Channels of sessions followed, in all. */
export const MAX_SUBSCRIPTIONS = 100_000;
/** Holes named, of one subscription and in all. */
const MAX_HOLES = 100;
const MAX_HOLES_IN_ALL = 10_000;

/** Numbers that a session did not get. */
export interface Hole {
  from: number;
  to: number;
  /** The frame that brought the number behind it. */
  readonly frame: number;
}

/** What a number is to a session. */
export type Taken = "new" | "history" | "repeat";

/** One channel in one session. */
export class Subscription {
  readonly channel: HopChannel;
  /** When it began, seconds; -Infinity when that was before the recording. */
  since: number;
  /** First and newest number; -1: none since it began. */
  first = -1;
  last = -1;
  received = 0;
  /** Numbers not received: updates that other hops had. */
  missing = 0;
  /** Numbers not received that nothing else in the file shows. */
  unknown = 0;
  /** Numbers not received that a `gap` announced. */
  thinned = 0;
  readonly holes: Hole[] = [];
  holesNotListed = 0;
  /** The client no longer wants it. */
  left = false;
  /** Last range that a `gap` named. */
  gapFrom = 0;
  gapTo = -1;

  constructor(channel: HopChannel, since: number) {
    this.channel = channel;
    this.since = since;
  }

  /** The client asks for it, or asks for an end. */
  ask(time: number): void {
    this.since = time;
    this.last = -1;
    this.left = true;
  }

  /** All up to `seq` is in a snapshot. */
  snapshot(seq: number): void {
    if (this.first < 0) this.first = seq + 1;
    this.last = seq;
    this.left = false;
  }

  /** The gateway says that it leaves some of these numbers out. */
  gap(from: number, to: number): void {
    this.gapFrom = from <= this.gapTo + 1 ? Math.min(from, this.gapFrom) : from;
    this.gapTo = to;
  }
}

export class Session {
  readonly of: Conversation;
  /** When it opened, seconds; -Infinity when that was before the recording. */
  readonly since: number;
  readonly subscriptions = new Map<HopChannel, Subscription>();

  constructor(of: Conversation, since: number) {
    this.of = of;
    this.since = since;
  }
}

export class HopSessions {
  readonly #sessions = new Map<Conversation, Session>();
  readonly #updates: HopUpdates;
  #subscriptions = 0;
  #holes = 0;
  /** Updates sent that were older than their subscription. */
  history = 0;
  /** Updates sent in sessions or channels beyond the bound. */
  others = 0;

  constructor(updates: HopUpdates) {
    this.#updates = updates;
  }

  get all(): Session[] {
    return [...this.#sessions.values()];
  }

  /** @param isOld whether it was open before the recording, as far as the first packet tells */
  of(conversation: Conversation, isOld: boolean): Session | undefined {
    let session = this.#sessions.get(conversation);
    if (session === undefined && this.#sessions.size < MAX_SUBSCRIPTIONS) {
      session = new Session(conversation, isOld ? -Infinity : conversation.firstTime);
      this.#sessions.set(conversation, session);
    }
    return session;
  }

  subscription(session: Session, channel: HopChannel): Subscription | undefined {
    let subscription = session.subscriptions.get(channel);
    if (subscription === undefined) {
      if (this.#subscriptions === MAX_SUBSCRIPTIONS) return undefined;
      this.#subscriptions++;
      subscription = new Subscription(channel, session.since);
      session.subscriptions.set(channel, subscription);
    }
    return subscription;
  }

  /** The client sent `subscribe` or `unsubscribe`; of which channel, if that is known. */
  ask(session: Session, channel: HopChannel | undefined, time: number): void {
    if (channel !== undefined) this.subscription(session, channel)?.ask(time);
    else for (const subscription of session.subscriptions.values()) subscription.ask(time);
  }

  /** A number reached a session. @param origin when the hop before had it, seconds; NaN unknown */
  take(to: Subscription, seq: number, origin: number, frame: number): Taken {
    to.left = false;
    if (to.last >= 0 && seq <= to.last) return this.#fill(to, seq) ? "new" : "repeat";
    if (to.last >= 0 && seq > to.last + 1) this.#miss(to, to.last + 1, seq - 1, frame);
    if (to.first < 0) to.first = seq;
    to.last = seq;
    to.received++;
    if (!(origin < to.since)) return "new";
    this.history++;
    return "history";
  }

  #miss(of: Subscription, from: number, to: number, frame: number): void {
    const announcedFrom = Math.max(from, of.gapFrom);
    const announcedTo = Math.min(to, of.gapTo);
    if (announcedFrom > announcedTo) return this.#lose(of, from, to, frame);
    of.thinned += announcedTo - announcedFrom + 1;
    if (from < announcedFrom) this.#lose(of, from, announcedFrom - 1, frame);
    if (announcedTo < to) this.#lose(of, announcedTo + 1, to, frame);
  }

  #lose(of: Subscription, from: number, to: number, frame: number): void {
    const known = this.#updates.miss(of.channel, from, to);
    of.missing += known;
    of.unknown += to - from + 1 - known;
    if (of.holes.length === MAX_HOLES || this.#holes === MAX_HOLES_IN_ALL) of.holesNotListed++;
    else {
      this.#holes++;
      of.holes.push({ from, to, frame });
    }
  }

  /** A number came after a later one: it is in no hole any more. @returns Whether it was. */
  #fill(of: Subscription, seq: number): boolean {
    const at = of.holes.findIndex(({ from, to }) => seq >= from && seq <= to);
    const hole = of.holes[at];
    if (hole === undefined) return false;
    const { from, to, frame } = hole;
    const rest = [{ from, to: seq - 1, frame }, { from: seq + 1, to, frame }];
    of.holes.splice(at, 1, ...rest.filter((part) => part.from <= part.to));
    of.received++;
    if (of.unknown === 0 || of.missing > 0 && of.channel.updates.has(seq)) of.missing--;
    else of.unknown--;
    return true;
  }
}
