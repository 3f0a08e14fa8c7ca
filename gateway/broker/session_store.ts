/**
 * What the embedded broker keeps for clients that are away, bounded: `aedes`
 * alone keeps everything for ever.
 *
 * Takes the place of some methods of aedes' memory store. The rest
 * (subscriptions, wills) stays as it is.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Readable } from "node:stream";

interface Keyed {
  brokerCounter?: number;
  messageId?: number | undefined;
}

interface StoredPacket extends Keyed {
  cmd: string;
  topic?: string;
  payload?: Uint8Array;
}

interface ClientId {
  id: string;
}

/** The methods that are replaced; each is asynchronous, as aedes wants it. */
export interface Store {
  storeRetained(packet: StoredPacket): Promise<void>;
  outgoingEnqueue(subscription: { clientId: string }, packet: StoredPacket): Promise<void>;
  outgoingEnqueueCombi(to: { clientId: string }[], packet: StoredPacket): Promise<void>;
  outgoingUpdate(client: ClientId, packet: StoredPacket): Promise<void>;
  outgoingClearMessageId(client: ClientId, packet: Keyed): Promise<StoredPacket | undefined>;
  outgoingStream(client: ClientId): Readable;
  incomingStorePacket(client: ClientId, packet: StoredPacket): Promise<void>;
  incomingGetPacket(client: ClientId, packet: StoredPacket): Promise<StoredPacket>;
  incomingDelPacket(client: ClientId, packet: StoredPacket): Promise<void>;
  cleanIncoming(client: ClientId): Promise<void>;
}

export interface StoreLimits {
  /** Bytes that wait for one client with a persistent session. */
  clientBytes: number;
  /** Bytes that wait for all of them together. */
  totalBytes: number;
  /** Bytes of retained messages. */
  retainedBytes: number;
}

/** What a packet takes in memory beside topic and payload, bytes (about). */
const PACKET_BYTES = 300;

function sizeOf({ topic, payload }: StoredPacket): number {
  return PACKET_BYTES + (topic?.length ?? 0) + (payload?.length ?? 0);
}

/** A copy that keeps no chunk of the network alive. */
function copyOf(packet: StoredPacket): StoredPacket {
  return { ...packet, payload: Buffer.from(packet.payload ?? []) };
}

/** What one client has not acknowledged, in order. */
class Queue {
  readonly packets = new Map<number, StoredPacket>();
  readonly #byMessageId = new Map<number, number>();
  bytes = 0;

  add(packet: StoredPacket, size: number) {
    this.packets.set(packet.brokerCounter as number, packet);
    this.bytes += size;
  }

  /** Notes the id under which a packet was sent, or that only its release is outstanding. */
  update(packet: StoredPacket): number {
    const messageId = packet.messageId as number;
    const queued = this.packets.get(packet.brokerCounter as number);
    if (queued !== undefined) {
      queued.messageId = messageId;
      this.#byMessageId.set(messageId, packet.brokerCounter as number);
      return 0;
    }
    const counter = this.#byMessageId.get(messageId);
    const old = counter === undefined ? undefined : this.packets.get(counter);
    if (old === undefined) throw new Error("acknowledges too slowly");
    this.packets.set(counter as number, { cmd: packet.cmd, messageId });
    return this.#resize(sizeOf({ cmd: packet.cmd }) - sizeOf(old));
  }

  remove(messageId: number): { packet: StoredPacket; freed: number } | null {
    const counter = this.#byMessageId.get(messageId);
    const packet = counter === undefined ? undefined : this.packets.get(counter);
    if (packet === undefined) return null;
    this.packets.delete(counter as number);
    this.#byMessageId.delete(messageId);
    return { packet, freed: -this.#resize(-sizeOf(packet)) };
  }

  #resize(change: number): number {
    this.bytes += change;
    return change;
  }
}

/** The bounded methods; assign them over those of aedes' store. */
export class SessionStore {
  readonly #limits: StoreLimits;
  readonly #onDropped: () => void;
  readonly #queues = new Map<string, Queue>();
  /** Packet ids of QoS 2 messages taken in but not released, by client. */
  readonly #incoming = new Map<string, Set<number>>();
  readonly #retained = new Map<string, number>();
  #queuedBytes = 0;
  #retainedBytes = 0;

  /** @param onDropped Called for each message that is not kept because of a limit. */
  constructor(limits: StoreLimits, onDropped: () => void) {
    this.#limits = limits;
    this.#onDropped = onDropped;
  }

  /** @param memory aedes' own store. */
  methods(memory: Pick<Store, "storeRetained">): Store {
    const storeRetained = memory.storeRetained.bind(memory);
    return {
      storeRetained: async (packet) => {
        if (this.#mayRetain(packet)) await storeRetained(copyOf(packet));
      },
      outgoingEnqueue: (to, packet) => Promise.resolve(this.#enqueue([to], packet)),
      outgoingEnqueueCombi: (to, packet) => Promise.resolve(this.#enqueue(to, packet)),
      // deno-lint-ignore require-await -- what it throws has to be a rejection
      outgoingUpdate: async ({ id }, packet) => {
        const queue = this.#queues.get(id);
        if (queue === undefined) throw new Error("acknowledges too slowly");
        this.#queuedBytes += queue.update(packet);
      },
      outgoingClearMessageId: ({ id }, { messageId }) =>
        Promise.resolve(this.#acknowledged(id, messageId as number)),
      outgoingStream: ({ id }) => Readable.from([...this.#queues.get(id)?.packets.values() ?? []]),
      ...this.#incomingMethods(),
    };
  }

  /**
   * A QoS 2 message counts as taken in from the moment that it is looked for,
   * so that one sent twice in the same breath is taken in once.
   */
  #incomingMethods() {
    const ids = (client: ClientId) => {
      let set = this.#incoming.get(client.id);
      if (set === undefined) this.#incoming.set(client.id, set = new Set());
      return set;
    };
    const missing = () => Promise.reject(new Error("no such packet"));
    return {
      incomingStorePacket: () => Promise.resolve(),
      incomingGetPacket: (client: ClientId, packet: StoredPacket) => {
        const known = ids(client);
        const id = packet.messageId as number;
        if (known.has(id)) return Promise.resolve(packet);
        if (packet.cmd === "publish") known.add(id);
        return missing();
      },
      incomingDelPacket: (client: ClientId, packet: StoredPacket) =>
        ids(client).delete(packet.messageId as number) ? Promise.resolve() : missing(),
      cleanIncoming: (client: ClientId) => {
        this.#incoming.delete(client.id);
        return Promise.resolve();
      },
    };
  }

  #mayRetain(packet: StoredPacket): boolean {
    const topic = packet.topic as string;
    const known = this.#retained.get(topic) ?? 0;
    const size = packet.payload?.length ? sizeOf(packet) : 0;
    if (size > known && this.#retainedBytes + size - known > this.#limits.retainedBytes) {
      this.#onDropped();
      return false;
    }
    this.#retainedBytes += size - known;
    if (size === 0) this.#retained.delete(topic);
    else this.#retained.set(topic, size);
    return true;
  }

  #enqueue(to: { clientId: string }[], packet: StoredPacket) {
    if (to.length === 0) return;
    const copy = copyOf(packet);
    const size = sizeOf(copy);
    for (const { clientId } of to) {
      const queue = this.#queues.get(clientId) ?? new Queue();
      const full = queue.bytes + size > this.#limits.clientBytes ||
        this.#queuedBytes + size > this.#limits.totalBytes;
      if (full) {
        this.#onDropped();
        continue;
      }
      this.#queues.set(clientId, queue);
      queue.add({ ...copy, messageId: undefined }, size);
      this.#queuedBytes += size;
    }
  }

  #acknowledged(clientId: string, messageId: number): StoredPacket | undefined {
    const queue = this.#queues.get(clientId);
    const removed = queue?.remove(messageId);
    if (queue === undefined || removed == null) return undefined;
    this.#queuedBytes -= removed.freed;
    if (queue.packets.size === 0) this.#queues.delete(clientId);
    return removed.packet;
  }
}
