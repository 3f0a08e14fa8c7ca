/**
 * Which retained messages are kept: as many as fit.
 *
 * @module
 */
import { type DurableMap, SPACES } from "./persistence_disk.ts";
import { encodeMessage } from "./persistence_records.ts";
import { copyOf, sizeOf, type StoredPacket } from "./session_store.ts";

export class RetainedMessages {
  readonly #limit: number;
  readonly #onDropped: () => void;
  readonly #disk: DurableMap | null;
  readonly #sizes = new Map<string, number>();
  #bytes = 0;

  /**
   * @param limit Bytes of all together.
   * @param onDropped Called for each message that is not kept because of it.
   */
  constructor(limit: number, onDropped: () => void, disk: DurableMap | null) {
    this.#limit = limit;
    this.#onDropped = onDropped;
    this.#disk = disk;
  }

  /** @returns whether it may be kept; one without payload always, and its topic is free again */
  take(packet: StoredPacket): boolean {
    const { topic = "", payload } = packet;
    const isRemoval = !payload?.length;
    if (isRemoval && !this.#sizes.has(topic)) return true;
    if (!this.#fits(topic, isRemoval ? 0 : sizeOf(packet))) return false;
    this.#disk?.put(SPACES.retained, topic, isRemoval ? null : encodeMessage(copyOf(packet)));
    return true;
  }

  #fits(topic: string, size: number): boolean {
    const more = size - (this.#sizes.get(topic) ?? 0);
    if (more > 0 && this.#bytes + more > this.#limit) {
      this.#onDropped();
      return false;
    }
    this.#bytes += more;
    if (size === 0) this.#sizes.delete(topic);
    else this.#sizes.set(topic, size);
    return true;
  }

  /** Takes what was on disk. @returns whether there was room for it */
  restore(packet: StoredPacket): boolean {
    return this.#fits(packet.topic!, sizeOf(packet));
  }
}
