/**
 * What waits for clients with persistent sessions, bounded: `aedes` alone keeps everything for ever.
 *
 * A message that waits for several clients is on disk once. Its packet identifier with a client is
 * given once and stays, also over reconnects and restarts [MQTT-4.4.0-1]; so what was sent with QoS 2
 * and comes again is known there.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type DurableMap, memberKey, numberKey, SPACES } from "./persistence_disk.ts";
import { encodeMessage, encodeState, type Qos, type QueueState } from "./persistence_records.ts";
import type { SessionBook } from "./persistence_sessions.ts";

/** A packet, as far as it matters here. */
export interface StoredPacket {
  cmd: string;
  topic?: string;
  payload?: Uint8Array | string;
  qos?: Qos;
  retain?: boolean;
  dup?: boolean;
  brokerId?: string | undefined;
  brokerCounter?: number;
  messageId?: number | undefined;
}

/** Who gets a message. */
export interface Receiver {
  clientId: string;
  /** Of the subscription. @default that of the message */
  qos?: Qos;
  /** Whether RETAIN stays as it was published; else it goes without [MQTT-3.3.1-9]. */
  rap?: boolean;
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
const LAST_PACKET_ID = 65_535;

export function sizeOf({ topic, payload }: StoredPacket): number {
  return PACKET_BYTES + (topic?.length ?? 0) + (payload?.length ?? 0);
}

/** A copy that keeps no chunk of the network alive. */
export function copyOf(packet: StoredPacket): Required<Omit<StoredPacket, "messageId">> {
  const { cmd, topic = "", payload = "", qos = 0, retain = false, dup = false } = packet;
  const { brokerId, brokerCounter = 0 } = packet;
  const kept = typeof payload === "string" ? payload : Buffer.from(payload);
  return { cmd, topic, payload: kept, qos, retain, dup, brokerId, brokerCounter };
}

/** What one client has not acknowledged, in order, by number of the message. */
class Queue {
  readonly packets = new Map<number, StoredPacket>();
  readonly #byMessageId = new Map<number, number>();
  bytes = 0;

  add(counter: number, packet: StoredPacket) {
    this.packets.set(counter, packet);
    this.bytes += sizeOf(packet);
    if (packet.messageId !== undefined) this.#byMessageId.set(packet.messageId, counter);
  }

  /** Gives a packet its identifier. @returns whether it had none */
  identify(counter: number, wanted: number): boolean {
    const packet = this.packets.get(counter)!;
    if (packet.messageId !== undefined) return false;
    packet.messageId = this.#free(wanted);
    this.#byMessageId.set(packet.messageId, counter);
    return true;
  }

  /** @throws If all are taken. */
  #free(wanted: number): number {
    if (this.#byMessageId.size >= LAST_PACKET_ID) throw new Error("acknowledges too slowly");
    let id = wanted;
    while (this.#byMessageId.has(id)) id = id % LAST_PACKET_ID + 1;
    return id;
  }

  /** The number of the message that has this packet identifier. */
  find(messageId: number): number | undefined {
    return this.#byMessageId.get(messageId);
  }

  /** Of a message its release alone is outstanding. */
  release(counter: number, cmd: string) {
    const old = this.packets.get(counter)!;
    const packet = { cmd, messageId: old.messageId };
    this.packets.set(counter, packet);
    this.bytes += sizeOf(packet) - sizeOf(old);
  }

  remove(counter: number): StoredPacket {
    const packet = this.packets.get(counter)!;
    this.packets.delete(counter);
    this.#byMessageId.delete(packet.messageId as number);
    this.bytes -= sizeOf(packet);
    return packet;
  }
}

/** The queues of all clients. */
export class SessionStore {
  readonly #limits: StoreLimits;
  readonly #onDropped: () => void;
  readonly #sessions: SessionBook;
  readonly #disk: DurableMap | null;
  readonly #queues = new Map<string, Queue>();
  /** In how many queues a message on disk waits. */
  readonly #uses = new Map<number, number>();
  #bytes = 0;

  /** @param onDropped Called for each message that is not kept because of a limit. */
  constructor(
    limits: StoreLimits,
    onDropped: () => void,
    sessions: SessionBook,
    disk: DurableMap | null,
  ) {
    this.#limits = limits;
    this.#onDropped = onDropped;
    this.#sessions = sessions;
    this.#disk = disk;
  }

  /** What waits for a client, oldest first. */
  packets(id: string): StoredPacket[] {
    return [...this.#queues.get(id)?.packets.values() ?? []];
  }

  /** Whether a message waits for a client, and is not being sent. */
  waits(id: string, counter: number): boolean {
    const packet = this.#queues.get(id)?.packets.get(counter);
    return packet !== undefined && packet.messageId === undefined;
  }

  isEmpty(id: string): boolean {
    return !this.#queues.has(id);
  }

  /** Whether a message that waits for a client has this packet identifier. */
  hasIdentifier(id: string, messageId: number): boolean {
    return this.#queues.get(id)?.find(messageId) !== undefined;
  }

  /** Takes a message for some clients, once for each; at the higher QoS, where one is there twice. */
  enqueue(to: Receiver[], packet: StoredPacket) {
    if (to.length === 0) return;
    const copy = copyOf(packet);
    let uses = 0;
    for (const { clientId, qos = copy.qos, rap = false } of to) {
      const retain = rap && copy.retain;
      const granted = Math.min(qos, copy.qos) as Qos;
      const queued = this.#queues.get(clientId)?.packets.get(copy.brokerCounter);
      if (queued !== undefined) {
        if (granted <= queued.qos!) continue;
        queued.qos = granted;
      } else if (this.#add(clientId, { ...copy, retain, qos: granted, messageId: undefined })) {
        uses++;
      } else continue;
      this.#writeState(clientId, copy.brokerCounter, this.#queues.get(clientId)!);
    }
    if (uses === 0 || this.#disk === null) return;
    this.#uses.set(copy.brokerCounter, (this.#uses.get(copy.brokerCounter) ?? 0) + uses);
    this.#disk.put(SPACES.messages, numberKey(copy.brokerCounter), encodeMessage(copy));
  }

  #add(id: string, packet: StoredPacket, counter = packet.brokerCounter!): boolean {
    const queue = this.#queues.get(id) ?? new Queue();
    const size = sizeOf(packet);
    if (
      queue.bytes + size > this.#limits.clientBytes || this.#bytes + size > this.#limits.totalBytes
    ) {
      this.#onDropped();
      return false;
    }
    this.#queues.set(id, queue);
    queue.add(counter, packet);
    this.#bytes += size;
    return true;
  }

  /** How far a message is with a client. */
  #writeState(id: string, counter: number, queue: Queue) {
    if (this.#disk === null) return;
    const { cmd, retain = false, qos = 2, messageId } = queue.packets.get(counter)!;
    const state = { released: cmd !== "publish", retain, qos, messageId };
    const key = memberKey(this.#sessions.of(id).number, counter);
    this.#disk.put(SPACES.queue, key, encodeState(state));
  }

  /**
   * Notes that a packet is being sent, or that only its release is outstanding. The packet gets the
   * identifier and the QoS that it has here.
   *
   * @throws If it is not here: it was left out because of a limit.
   */
  update(id: string, packet: StoredPacket) {
    const queue = this.#queues.get(id);
    const queued = queue?.packets.get(packet.brokerCounter as number);
    if (queue !== undefined && queued !== undefined) {
      const counter = packet.brokerCounter as number;
      const isNew = queue.identify(counter, packet.messageId as number);
      const { messageId, qos } = queued;
      packet.messageId = messageId;
      if (qos !== undefined && qos < packet.qos!) packet.qos = qos;
      if (isNew) this.#writeState(id, counter, queue);
      return;
    }
    const counter = queue?.find(packet.messageId as number);
    if (queue === undefined || counter === undefined) throw new Error("acknowledges too slowly");
    this.#release(id, queue, counter, packet);
  }

  #release(id: string, queue: Queue, counter: number, { cmd }: StoredPacket) {
    if (queue.packets.get(counter)!.cmd === cmd) return;
    this.#bytes -= queue.bytes;
    queue.release(counter, cmd);
    this.#bytes += queue.bytes;
    this.#unuse(counter);
    this.#writeState(id, counter, queue);
  }

  /** @returns what was acknowledged; `undefined`: nothing that is known */
  acknowledged(id: string, messageId: number): StoredPacket | undefined {
    const queue = this.#queues.get(id);
    const counter = queue?.find(messageId);
    return queue === undefined || counter === undefined
      ? undefined
      : this.#remove(id, queue, counter);
  }

  #remove(id: string, queue: Queue, counter: number): StoredPacket {
    this.#bytes -= queue.bytes;
    const packet = queue.remove(counter);
    this.#bytes += queue.bytes;
    if (queue.packets.size === 0) this.#queues.delete(id);
    if (this.#disk !== null) {
      const key = memberKey(this.#sessions.of(id).number, counter);
      this.#disk.put(SPACES.queue, key, null);
      if (packet.cmd === "publish") this.#unuse(counter);
    }
    return packet;
  }

  #unuse(counter: number) {
    const uses = this.#uses.get(counter);
    if (uses === undefined) return;
    if (uses > 1) {
      this.#uses.set(counter, uses - 1);
      return;
    }
    this.#uses.delete(counter);
    this.#disk!.put(SPACES.messages, numberKey(counter), null);
  }

  /** Forgets what waits for a client. @returns how many messages that were */
  drop(id: string): number {
    const queue = this.#queues.get(id);
    if (queue === undefined) return 0;
    const counters = [...queue.packets.keys()];
    for (const counter of counters) this.#remove(id, queue, counter);
    return counters.length;
  }

  /**
   * Takes what was on disk; in the order of their numbers.
   *
   * @param message `null`: only its release is outstanding.
   * @returns whether there was room for it
   */
  restore(id: string, counter: number, message: StoredPacket | null, state: QueueState): boolean {
    const { messageId, qos, retain } = state;
    const packet = message === null
      ? { cmd: "pubrel", messageId }
      : { ...message, qos, retain, brokerCounter: counter, messageId };
    if (!this.#add(id, packet, counter)) return false;
    if (message !== null) this.#uses.set(counter, (this.#uses.get(counter) ?? 0) + 1);
    return true;
  }
}
