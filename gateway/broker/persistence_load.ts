/**
 * Reads what the embedded broker kept on disk, in the order in which one part needs another.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { PublishPacket } from "./persistence.ts";
import { type DurableMap, keyNumbers, SPACES } from "./persistence_disk.ts";
import type { IncomingPackets } from "./persistence_incoming.ts";
import {
  decodeMessage,
  decodeSession,
  decodeState,
  type MessageRecord,
  type QueueState,
  type Subscription,
} from "./persistence_records.ts";
import type { KeptSession, SessionBook } from "./persistence_sessions.ts";
import type { SessionStore } from "./session_store.ts";

/** Where it goes. */
export interface LoadTarget {
  /** Of the broker that loads. */
  brokerId: string;
  sessions: SessionBook;
  queues: SessionStore;
  incoming: IncomingPackets;
  subscribe(id: string, subscriptions: Subscription[]): Promise<unknown>;
  /** @returns whether there was room for it */
  retained(packet: PublishPacket): Promise<boolean>;
  will(clientId: string, packet: PublishPacket): void;
  log(line: string): void;
}

/** What waits in a queue, as on disk. */
interface Waiting {
  key: string;
  session: number;
  counter: number;
  state: QueueState;
}

/**
 * Where nothing could be read numbers begin here, so that new keys are none of those on disk:
 * milliseconds since 2020 are more than are used.
 */
function freshNumber(): number {
  return Math.max(1, Date.now() - Date.UTC(2020, 0)) * 1000;
}

/** @returns the number of the newest message */
export async function load(disk: DurableMap, target: LoadTarget): Promise<number> {
  const loader = new Loader(disk, target);
  try {
    return await loader.run();
  } catch (error) {
    target.log(`mqtt: sessions and retained messages: ${(error as Error).message}`);
    const number = freshNumber();
    target.sessions.skipTo(number);
    return number;
  } finally {
    loader.say();
  }
}

class Loader {
  readonly #disk: DurableMap;
  readonly #target: LoadTarget;
  readonly #sessions = new Map<number, KeptSession>();
  #unknown = 0;
  #dropped = 0;

  constructor(disk: DurableMap, target: LoadTarget) {
    this.#disk = disk;
    this.#target = target;
  }

  async run(): Promise<number> {
    await this.#loadSessions();
    const newest = await this.#loadQueues();
    await this.#loadIncoming();
    await this.#loadRetained();
    for await (const [clientId, will] of this.#entries(SPACES.wills, decodeMessage)) {
      this.#target.will(clientId, this.#packet(will));
    }
    return newest;
  }

  say() {
    const { log } = this.#target;
    if (this.#unknown > 0) log(`mqtt: ${this.#unknown} records of sessions are not known here`);
    if (this.#dropped > 0) log(`mqtt: ${this.#dropped} stored messages are above the limits`);
  }

  async *#entries<T>(
    space: string,
    decode: (record: Uint8Array) => T | null,
  ): AsyncGenerator<[key: string, value: T]> {
    for await (const piece of this.#disk.entriesOf(space)) {
      for (const [key, record] of piece) {
        const value = decode(record);
        if (value === null) this.#unknown++;
        else yield [key, value];
      }
    }
  }

  #packet(message: MessageRecord, brokerCounter = 0): PublishPacket {
    const { brokerId } = this.#target;
    const payload = Buffer.from(message.payload as Uint8Array);
    return { cmd: "publish", ...message, payload, brokerId, brokerCounter };
  }

  async #loadSessions() {
    const { sessions, subscribe } = this.#target;
    for await (const [id, record] of this.#entries(SPACES.sessions, decodeSession)) {
      this.#sessions.set(record.number, sessions.restore(id, record));
      if (record.subscriptions.length > 0) await subscribe(id, record.subscriptions);
    }
  }

  async #loadQueues(): Promise<number> {
    const messages = new Map<number, PublishPacket>();
    for await (const [key, message] of this.#entries(SPACES.messages, decodeMessage)) {
      const [counter] = keyNumbers(key);
      messages.set(counter, this.#packet(message, counter));
    }
    const waiting: Waiting[] = [];
    for await (const [key, state] of this.#entries(SPACES.queue, decodeState)) {
      const [session, counter] = keyNumbers(key);
      waiting.push({ key, session, counter, state });
    }
    waiting.sort((a, b) => a.counter - b.counter);
    const unused = new Set(messages.keys());
    for (const one of waiting) {
      const message = one.state.released ? null : messages.get(one.counter);
      if (!this.#restore(one, message)) this.#disk.put(SPACES.queue, one.key, null);
      else if (message != null) unused.delete(one.counter);
    }
    for (const counter of unused) this.#disk.put(SPACES.messages, counter.toString(36), null);
    return Math.max(0, waiting.at(-1)?.counter ?? 0);
  }

  #restore({ session, counter, state }: Waiting, message: PublishPacket | null | undefined) {
    const known = this.#sessions.get(session);
    if (known === undefined || message === undefined) return false;
    const isKept = this.#target.queues.restore(known.id, counter, message, state);
    if (!isKept) this.#dropped++;
    return isKept;
  }

  async #loadIncoming() {
    for await (const [key] of this.#entries(SPACES.incoming, () => true)) {
      const [session, messageId] = keyNumbers(key);
      const known = this.#sessions.get(session);
      if (known === undefined) this.#disk.put(SPACES.incoming, key, null);
      else this.#target.incoming.restore(known.id, messageId);
    }
  }

  async #loadRetained() {
    for await (const [topic, message] of this.#entries(SPACES.retained, decodeMessage)) {
      if (await this.#target.retained(this.#packet(message))) continue;
      this.#disk.put(SPACES.retained, topic, null);
      this.#dropped++;
    }
  }
}
