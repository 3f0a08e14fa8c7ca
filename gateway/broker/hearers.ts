/**
 * Whether anybody has subscribed to a topic at the embedded broker, cheap enough to be asked for
 * each value: answers are kept until a subscription comes or goes.
 *
 * @module
 */
import { covers } from "../topics/topic_filter.ts";

/** aedes' emitter; clients that are connected listen on it. */
export interface Emitter {
  on(filter: string, listener: unknown, done?: () => void): unknown;
  removeListener(filter: string, listener: unknown, done?: () => void): unknown;
  _matcher: { match(topic: string): { length: number } };
}

interface ClientId {
  id: string;
}

/** What aedes' store is told of subscriptions that outlast the connection. */
export interface SubscriptionStore {
  addSubscriptions(client: ClientId, subscriptions: { topic: string }[]): Promise<unknown>;
  removeSubscriptions(client: ClientId, filters: string[]): Promise<unknown>;
  cleanSubscriptions(client: ClientId): Promise<unknown>;
}

/** Answers kept; then all are forgotten. */
const MAX_TOPICS = 100_000;
/** Filters of clients that may be away, that are gone through; with more, all is heard. */
const MAX_KEPT = 1000;

/** Looks on while subscriptions are made. */
export class Hearers {
  readonly #emitter: Emitter;
  readonly #answers = new Map<string, boolean>();
  /** Filters by client that outlast its connection. */
  readonly #kept = new Map<string, Set<string>>();
  #keptCount = 0;

  /** Takes the place of some methods of both, to see what they are called for. */
  constructor(emitter: Emitter, store: SubscriptionStore) {
    this.#emitter = emitter;
    this.#watchEmitter(emitter);
    this.#watchStore(store);
  }

  #watchEmitter(emitter: Emitter) {
    const on = emitter.on.bind(emitter);
    const removeListener = emitter.removeListener.bind(emitter);
    const changed = () => this.#answers.clear();
    emitter.on = (filter, listener, done) => {
      changed();
      return on(filter, listener, done);
    };
    emitter.removeListener = (filter, listener, done) =>
      removeListener(filter, listener, () => {
        changed();
        done?.();
      });
  }

  #watchStore(store: SubscriptionStore) {
    const add = store.addSubscriptions.bind(store);
    const remove = store.removeSubscriptions.bind(store);
    const clean = store.cleanSubscriptions.bind(store);
    store.addSubscriptions = (client, subscriptions) => {
      for (const { topic } of subscriptions) this.keep(client.id, topic);
      return add(client, subscriptions);
    };
    store.removeSubscriptions = (client, filters) => {
      for (const filter of filters) this.#drop(client.id, filter);
      return remove(client, filters);
    };
    store.cleanSubscriptions = (client) => {
      for (const filter of this.#kept.get(client.id) ?? []) this.#drop(client.id, filter);
      return clean(client);
    };
  }

  /** Notes a filter that outlasts its client's connection. */
  keep(client: string, filter: string) {
    let filters = this.#kept.get(client);
    if (filters === undefined) this.#kept.set(client, filters = new Set());
    if (filters.has(filter)) return;
    filters.add(filter);
    this.#keptCount++;
    this.#answers.clear();
  }

  #drop(client: string, filter: string) {
    const filters = this.#kept.get(client);
    if (filters?.delete(filter) !== true) return;
    this.#keptCount--;
    if (filters.size === 0) this.#kept.delete(client);
    this.#answers.clear();
  }

  /** Whether a message on this topic would reach, or be kept for, any client. */
  hears(topic: string): boolean {
    let answer = this.#answers.get(topic);
    if (answer === undefined) {
      answer = this.#emitter._matcher.match(topic).length > 0 || this.#isKept(topic);
      if (this.#answers.size >= MAX_TOPICS) this.#answers.clear();
      this.#answers.set(topic, answer);
    }
    return answer;
  }

  #isKept(topic: string): boolean {
    if (this.#keptCount > MAX_KEPT) return true;
    for (const filters of this.#kept.values()) {
      for (const filter of filters) if (covers(filter, topic)) return true;
    }
    return false;
  }
}
