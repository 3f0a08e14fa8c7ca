/**
 * Packet identifiers of QoS 2 messages that were taken in, and that their publishers have not
 * released: one that comes again is the same message [MQTT-4.3.3-2].
 *
 * @module
 */
import { type DurableMap, memberKey, SPACES } from "./persistence_disk.ts";
import { PRESENT } from "./persistence_records.ts";
import type { SessionBook } from "./persistence_sessions.ts";
import { copyOf, sizeOf, type StoredPacket } from "./session_store.ts";

/** A client, as far as it matters here. */
export interface Publisher {
  id: string;
  /** Its session ends with its connection: nothing of it is on disk. */
  clean?: boolean;
}

/** Of packets that are kept whole, bytes; of others the identifier counts. */
const WHOLE_BYTES = 1 << 20;

/** The identifiers of all clients. */
export class IncomingPackets {
  readonly #sessions: SessionBook;
  readonly #disk: DurableMap | null;
  /** `null`: its identifier alone is known. */
  readonly #packets = new Map<string, Map<number, StoredPacket | null>>();
  #bytes = 0;

  constructor(sessions: SessionBook, disk: DurableMap | null) {
    this.#sessions = sessions;
    this.#disk = disk;
  }

  isEmpty(id: string): boolean {
    return !this.#packets.has(id);
  }

  #of(id: string): Map<number, StoredPacket | null> {
    let packets = this.#packets.get(id);
    if (packets === undefined) this.#packets.set(id, packets = new Map());
    return packets;
  }

  /**
   * A message counts as taken in from the moment that it is looked for, so that one sent twice in the
   * same breath is taken in once.
   *
   * @returns the message, or what was asked for where its identifier alone is known; `null`: it is new
   */
  look({ id }: Publisher, asked: StoredPacket): StoredPacket | null {
    const messageId = asked.messageId as number;
    const known = this.#packets.get(id)?.get(messageId);
    if (known !== undefined) return known ?? asked;
    if (asked.cmd === "publish") this.#of(id).set(messageId, null);
    return null;
  }

  take({ id, clean }: Publisher, packet: StoredPacket) {
    const messageId = packet.messageId as number;
    const packets = this.#of(id);
    this.#bytes -= bytesOf(packets.get(messageId));
    const size = sizeOf(packet);
    const isKept = this.#bytes + size <= WHOLE_BYTES;
    packets.set(messageId, isKept ? { ...copyOf(packet), messageId } : null);
    if (isKept) this.#bytes += size;
    if (this.#disk === null || clean === true) return;
    this.#disk.put(SPACES.incoming, memberKey(this.#sessions.of(id).number, messageId), PRESENT);
  }

  /** @returns whether it was known */
  release({ id }: Publisher, messageId: number): boolean {
    const packets = this.#packets.get(id);
    const packet = packets?.get(messageId);
    if (packets === undefined || packet === undefined) return false;
    this.#bytes -= bytesOf(packet);
    packets.delete(messageId);
    if (packets.size === 0) this.#packets.delete(id);
    this.#forget(id, messageId);
    return true;
  }

  #forget(id: string, messageId: number) {
    const session = this.#sessions.find(id);
    if (this.#disk === null || session === undefined) return;
    this.#disk.put(SPACES.incoming, memberKey(session.number, messageId), null);
  }

  clean(id: string) {
    for (const messageId of this.#packets.get(id)?.keys() ?? []) this.release({ id }, messageId);
  }

  /** Takes what was on disk. */
  restore(id: string, messageId: number) {
    this.#of(id).set(messageId, null);
  }
}

function bytesOf(packet: StoredPacket | null | undefined): number {
  return packet == null ? 0 : sizeOf(packet);
}
