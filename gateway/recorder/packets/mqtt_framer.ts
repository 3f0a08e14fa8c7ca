/**
 * Finds the control packets in one direction of an MQTT connection, however its bytes are cut into
 * chunks, and reads what stands at the beginning of each PUBLISH (MQTT 3.1; 3.1.1, 2 and 3.3; 5, 2
 * and 3.3).
 *
 * ```ts
 * const link = new MqttLink();
 * const client = new MqttFramer(link);
 * const server = new MqttFramer(link, { keep: 65_536 });
 * const lost = client.feed(chunk, (packet) => console.log(packet.type, packet.topic));
 * ```
 *
 * @module
 */
import { MqttLink } from "./mqtt_link.ts";
import { type MqttPacket, PacketReader } from "./mqtt_packet_head.ts";
import { MqttType, wrongHeader } from "./mqtt_types.ts";

export { MqttLink, type MqttPacket, MqttType };

/** So much of the beginning of a packet is kept at least, bytes. */
export const HEAD_BYTES = 4096;

const FIRST_HELD_BYTES = 256;

export interface FramerOptions {
  /** Packets up to this length are kept whole, bytes. @default 0: their beginnings alone */
  keep?: number;
}

/** One direction. It never throws. */
export class MqttFramer {
  readonly #link: MqttLink;
  readonly #keep: number;
  readonly #reader: PacketReader;
  /** Bytes of an unknown packet that are still to come. */
  #unknown = 0;
  /** Bytes fed so far. */
  #offset = 0;
  #lost: string | undefined;
  /** Bytes of the present packet that came so far; 0: none begun. */
  #got = 0;
  /** First byte of the present packet. */
  #first = 0;
  /** Length of the present packet; -1 as long as its header is not whole. */
  #length = -1;
  #headerBytes = 0;
  #remaining = 0;
  /** The beginning of a packet that came in several chunks. */
  #held = new Uint8Array(FIRST_HELD_BYTES);
  #heldLength = 0;

  /** @param link shared by both directions of a connection */
  constructor(link: MqttLink = new MqttLink(), { keep = 0 }: FramerOptions = {}) {
    this.#link = link;
    this.#keep = keep;
    this.#reader = new PacketReader(link);
  }

  /** Bytes fed so far, with those that `start` was told. */
  get offset(): number {
    return this.#offset;
  }

  /** Why the bytes are no MQTT; undefined as long as they are. */
  get lost(): string | undefined {
    return this.#lost;
  }

  /** Bytes of the packet that has begun and not ended; 0: none has. */
  get pending(): number {
    return this.#got;
  }

  /**
   * Begins anew, in the middle of a stream.
   *
   * @param skipBytes so many bytes that come first are the rest of an unknown packet. @default 0
   * @param offset of the first byte in the stream. @default 0
   */
  start(skipBytes = 0, offset = 0): void {
    this.#unknown = skipBytes;
    this.#offset = offset;
    this.#lost = undefined;
    this.#got = 0;
    this.#reader.forget();
  }

  /**
   * Goes on with a chunk.
   *
   * @param sink called for each packet that ends in it; the packet is good until it returns
   * @returns why the bytes are no MQTT, once; nothing is reported after it
   */
  feed(chunk: Uint8Array, sink: (packet: MqttPacket) => void): string | undefined {
    const base = this.#offset;
    this.#offset += chunk.length;
    if (this.#lost !== undefined) return undefined;
    let at = Math.min(this.#unknown, chunk.length);
    this.#unknown -= at;
    while (at < chunk.length) {
      if (this.#got === 0) this.#begin(chunk[at]!);
      const from = at;
      if (this.#length < 0) at = this.#readHeader(chunk, at);
      if (this.#lost !== undefined) return this.#lost;
      if (this.#length >= 0) {
        const step = Math.min(this.#length - this.#got, chunk.length - at);
        this.#got += step;
        at += step;
      }
      if (this.#got === this.#length) this.#end(chunk, from, at, base, sink);
      else this.#hold(chunk, from, at);
    }
    return undefined;
  }

  #begin(first: number): void {
    this.#first = first;
    this.#length = -1;
    this.#headerBytes = 0;
    this.#remaining = 0;
    this.#heldLength = 0;
    if (this.#held.length > HEAD_BYTES) this.#held = new Uint8Array(FIRST_HELD_BYTES);
  }

  /** Type and remaining length. @returns the offset behind what was read */
  #readHeader(chunk: Uint8Array, at: number): number {
    while (at < chunk.length && this.#length < 0) {
      const byte = chunk[at++]!;
      this.#got++;
      const place = this.#headerBytes++;
      if (place === 0) {
        this.#lost = wrongHeader(byte, this.#link.version);
        if (this.#lost !== undefined) break;
        continue;
      }
      this.#remaining += (byte & 0x7f) << 7 * (place - 1);
      if ((byte & 0x80) === 0) this.#length = this.#headerBytes + this.#remaining;
      else if (place === 4) {
        this.#lost = "the remaining length has over four bytes";
        break;
      }
    }
    return at;
  }

  /** Keeps a part of a packet that ends in a later chunk. */
  #hold(chunk: Uint8Array, from: number, to: number): void {
    const limit = this.#length <= this.#keep ? Math.max(this.#keep, HEAD_BYTES) : HEAD_BYTES;
    const length = Math.min(to - from, limit - this.#heldLength);
    if (length <= 0) return;
    const needed = this.#heldLength + length;
    if (needed > this.#held.length) {
      const grown = new Uint8Array(Math.min(limit, Math.max(needed, 2 * this.#held.length)));
      grown.set(this.#held.subarray(0, this.#heldLength));
      this.#held = grown;
    }
    this.#held.set(chunk.subarray(from, from + length), this.#heldLength);
    this.#heldLength = needed;
  }

  #end(
    chunk: Uint8Array,
    from: number,
    to: number,
    base: number,
    sink: (packet: MqttPacket) => void,
  ): void {
    const length = this.#length;
    const inOneChunk = this.#heldLength === 0;
    if (!inOneChunk) this.#hold(chunk, from, to);
    const head = inOneChunk ? chunk.subarray(from, to) : this.#held.subarray(0, this.#heldLength);
    this.#got = 0;
    sink(this.#reader.read(this.#first, this.#headerBytes, length, base + to - length, to, head));
  }
}
