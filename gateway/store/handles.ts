/**
 * The numbers by which records name channels and topics, and where the numbers of channels begin, as
 * the gateway's thread knows them.
 *
 * @module
 */
import type { Opened } from "./store_messages.ts";

export class Handles {
  readonly #channels = new Map<string, { handle: number; topics: Map<string, number> }>();
  readonly #names = new Map<number, string>();
  #next: number;
  /** New channels begin behind this number. */
  #start: number;
  /** Channels that were known at the beginning and are not removed, and their newest number then. */
  readonly #reached = new Map<string, number>();
  /** Removed channels and the newest number of each, until that is on disk. */
  readonly #removed = new Map<string, number>();

  constructor({ nextHandle, startSeq, handles, channels }: Opened) {
    this.#next = nextHandle;
    this.#start = startSeq;
    for (const { channel, handle, topics } of handles) {
      this.#channels.set(channel, { handle, topics: new Map(topics) });
      this.#names.set(handle, channel);
    }
    for (const { name, seq } of channels) this.#reached.set(name, seq);
  }

  /** The number behind which a channel of this name begins. */
  startOf(name: string): number {
    return this.#reached.get(name) ?? Math.max(this.#start, this.#removed.get(name) ?? 0);
  }

  /** @param define Called with the handle of one that is new. */
  channel(name: string, define: (handle: number) => void): number {
    const known = this.#channels.get(name);
    if (known !== undefined) return known.handle;
    const handle = this.#next++;
    this.#channels.set(name, { handle, topics: new Map() });
    this.#names.set(handle, name);
    define(handle);
    return handle;
  }

  /** @param define Called with the handle of one that is new. */
  topic(channel: number, topic: string, define: (handle: number) => void): number {
    const { topics } = this.#channels.get(this.#names.get(channel)!)!;
    const known = topics.get(topic);
    if (known !== undefined) return known;
    const handle = this.#next++;
    topics.set(topic, handle);
    define(handle);
    return handle;
  }

  /** @returns The channel's handle; `null`: there is no such channel */
  remove(name: string, seq: number): number | null {
    const known = this.#channels.get(name);
    if (known === undefined) return null;
    this.#channels.delete(name);
    this.#names.delete(known.handle);
    this.#reached.delete(name);
    this.#removed.set(name, seq);
    return known.handle;
  }

  /** On disk new channels begin behind this number now. */
  started(seq: number) {
    this.#start = seq;
    for (const [name, newest] of this.#removed) if (newest <= seq) this.#removed.delete(name);
  }
}
