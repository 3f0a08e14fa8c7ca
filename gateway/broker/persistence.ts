/**
 * What the embedded broker remembers: retained messages, and sessions that outlast a connection,
 * with their subscriptions, what waits for them, what they published with QoS 2, and last wills.
 *
 * All of it is in memory, as in `aedes`' own store, and bounded. Where there is a map that lasts each
 * change goes into it in the same turn, and at the start everything comes from there.
 *
 * @module
 */
import MemoryStore from "aedes-persistence/asyncPersistence.js";
import { Buffer } from "node:buffer";
import { Readable } from "node:stream";
import { type DurableMap, SPACES } from "./persistence_disk.ts";
import { IncomingPackets, type Publisher } from "./persistence_incoming.ts";
import { load } from "./persistence_load.ts";
import { encodeMessage, type Subscription } from "./persistence_records.ts";
import { RetainedMessages } from "./persistence_retained.ts";
import { SessionBook } from "./persistence_sessions.ts";
import {
  copyOf,
  type Receiver,
  SessionStore,
  type StoredPacket,
  type StoreLimits,
} from "./session_store.ts";

/** The broker that it is for. */
export interface BrokerIdentity {
  readonly id: string;
  /** Number of the newest message. */
  counter: number;
  /** Connected clients by id, with their wills. */
  readonly clients?: Record<string, { will: object | null } | undefined>;
}

/** A will, or a retained message. */
export type PublishPacket = StoredPacket & { topic: string; payload: Uint8Array };

/** The last will of a client that was connected when a broker before this one was killed. */
export interface LeftWill {
  clientId: string;
  packet: PublishPacket;
}

export interface PersistenceOptions {
  limits: StoreLimits;
  /** Called for each message that is not kept because of a limit. */
  onDropped: () => void;
  /** Where it is kept besides. @default nowhere */
  disk?: DurableMap | null;
  log?: (line: string) => void;
}

/** What `aedes-persistence` keeps in memory; its types describe the callbacks around it. */
interface Memory {
  setup(broker: BrokerIdentity): Promise<void>;
  storeRetained(packet: StoredPacket): Promise<void>;
  addSubscriptions(client: Publisher, subscriptions: Subscription[]): Promise<void>;
  removeSubscriptions(client: Publisher, filters: string[]): Promise<void>;
  cleanSubscriptions(client: Publisher): Promise<void>;
  putWill(client: Publisher, packet: StoredPacket): Promise<void>;
  getWill(client: Publisher): Promise<StoredPacket | undefined>;
  delWill(client: Publisher): Promise<StoredPacket | undefined>;
}

const Base = MemoryStore as unknown as new () => Memory;

export class Persistence extends Base {
  readonly sessions: SessionBook;
  readonly #options: PersistenceOptions;
  readonly #disk: DurableMap | null;
  readonly #queues: SessionStore;
  readonly #incoming: IncomingPackets;
  readonly #retained: RetainedMessages;
  readonly #leftWills = new Map<string, PublishPacket>();
  #broker: BrokerIdentity | null = null;

  constructor(options: PersistenceOptions) {
    super();
    const { limits, onDropped, disk = null } = options;
    this.#options = options;
    this.#disk = disk;
    this.sessions = new SessionBook(disk);
    this.#queues = new SessionStore(limits, onDropped, this.sessions, disk);
    this.#incoming = new IncomingPackets(this.sessions, disk);
    this.#retained = new RetainedMessages(limits.retainedBytes, onDropped, disk);
  }

  /** Reads what was kept; what cannot be read is not there, and the log says so. */
  override async setup(broker: BrokerIdentity) {
    await super.setup(broker);
    this.#broker = broker;
    if (this.#disk === null) return;
    broker.counter = Math.max(
      broker.counter,
      await load(this.#disk, {
        brokerId: broker.id,
        sessions: this.sessions,
        queues: this.#queues,
        incoming: this.#incoming,
        subscribe: (id, subscriptions) => super.addSubscriptions({ id }, subscriptions),
        retained: async (packet) => {
          const isKept = this.#retained.restore(packet);
          if (isKept) await super.storeRetained(packet);
          return isKept;
        },
        will: (clientId, packet) => this.#leftWills.set(clientId, packet),
        log: this.#options.log ?? (() => {}),
      }),
    );
    this.endOverdue();
  }

  override async storeRetained(packet: StoredPacket) {
    if (this.#retained.take(packet)) await super.storeRetained(ownCopy(packet));
  }

  override async addSubscriptions(client: Publisher, subscriptions: Subscription[]) {
    this.sessions.subscribe(client.id, subscriptions);
    if (this.sessions.isFull) this.endOverdue();
    await super.addSubscriptions(client, subscriptions);
  }

  override async removeSubscriptions(client: Publisher, filters: string[]) {
    this.sessions.unsubscribe(client.id, filters);
    await super.removeSubscriptions(client, filters);
  }

  /** Called when a client begins a clean session: the one before ends [MQTT-3.1.2-6]. */
  override async cleanSubscriptions(client: Publisher) {
    this.#queues.drop(client.id);
    this.#incoming.clean(client.id);
    this.sessions.remove(client.id);
    await super.cleanSubscriptions(client);
  }

  // deno-lint-ignore require-await -- what it throws has to be a rejection, here and below
  async outgoingEnqueue(to: Receiver, packet: StoredPacket) {
    this.#queues.enqueue([to], packet);
  }

  // deno-lint-ignore require-await
  async outgoingEnqueueCombi(to: Receiver[], packet: StoredPacket) {
    this.#queues.enqueue(to, packet);
  }

  // deno-lint-ignore require-await
  async outgoingUpdate({ id }: Publisher, packet: StoredPacket) {
    // A retained message goes out without waiting here, and its release is not known.
    const isKnown = packet.cmd === "publish" || this.hasIdentifier(id, packet.messageId as number);
    if (isKnown) this.#queues.update(id, packet);
  }

  /** Whether a message that waits for a client has this packet identifier. */
  hasIdentifier(id: string, messageId: number): boolean {
    return this.#queues.hasIdentifier(id, messageId);
  }

  // deno-lint-ignore require-await
  async outgoingClearMessageId({ id }: Publisher, { messageId }: { messageId?: number }) {
    return this.#queues.acknowledged(id, messageId as number);
  }

  outgoingStream({ id }: Publisher): Readable {
    return Readable.from(this.#queues.packets(id));
  }

  // deno-lint-ignore require-await
  async incomingStorePacket(client: Publisher, packet: StoredPacket) {
    this.#incoming.take(client, packet);
  }

  // deno-lint-ignore require-await
  async incomingGetPacket(client: Publisher, packet: StoredPacket) {
    const known = this.#incoming.look(client, packet);
    if (known === null) throw new Error("no such packet");
    return known;
  }

  // deno-lint-ignore require-await
  async incomingDelPacket(client: Publisher, packet: StoredPacket) {
    const isKnown = this.#incoming.release(client, packet.messageId as number);
    if (!isKnown) throw new Error("no such packet");
  }

  // deno-lint-ignore require-await
  async cleanIncoming({ id }: Publisher) {
    this.#incoming.clean(id);
  }

  override async putWill(client: Publisher, packet: StoredPacket) {
    this.#disk?.put(SPACES.wills, client.id, encodeMessage(copyOf(packet)));
    await super.putWill(client, packet);
  }

  /** The end of a connection that was taken over leaves the will of the one after it. */
  override async delWill(client: Publisher) {
    const will = await super.getWill(client);
    if (will === undefined || this.#broker?.clients?.[client.id]?.will === will) return undefined;
    this.#disk?.put(SPACES.wills, client.id, null);
    return await super.delWill(client);
  }

  /** Whether a message waits for a client, and is not being sent. */
  waits(id: string, counter: number): boolean {
    return this.#queues.waits(id, counter);
  }

  /** Those messages, oldest first. */
  unsent(id: string): StoredPacket[] {
    return this.#queues.packets(id).filter(({ messageId }) => messageId === undefined);
  }

  /** Wills of clients that a broker before this one did not hear DISCONNECT from; once. */
  takeLeftWills(): LeftWill[] {
    const wills = [...this.#leftWills].map(([clientId, packet]) => ({ clientId, packet }));
    this.#leftWills.clear();
    return wills;
  }

  /** Such a will is published. */
  async leftWillPublished(clientId: string) {
    // The client may have come back, with a will that stands.
    const next = await super.getWill({ id: clientId });
    if (next === undefined) this.#disk?.put(SPACES.wills, clientId, null);
  }

  /** A client with a session that outlasts its connection has come. */
  came(id: string) {
    this.sessions.came(id);
  }

  left(id: string) {
    const session = this.sessions.find(id);
    if (session === undefined) return;
    const isEmpty = session.subscriptions.size === 0 && this.#queues.isEmpty(id) &&
      this.#incoming.isEmpty(id);
    if (isEmpty) this.sessions.remove(id);
    else this.sessions.left(id);
  }

  /** Ends the sessions of clients that have been away for too long. */
  endOverdue() {
    for (const id of this.sessions.overdue()) {
      const lost = this.#queues.drop(id);
      for (let i = 0; i < lost; i++) this.#options.onDropped();
      this.cleanSubscriptions({ id });
      this.#options.log?.(`mqtt: the session of client "${id}" ended: it was away for too long`);
    }
  }
}

/** Keeps no chunk of the network alive. */
function ownCopy(packet: StoredPacket): StoredPacket {
  const { payload } = packet;
  return { ...packet, payload: typeof payload === "string" ? payload : Buffer.from(payload!) };
}
