/**
 * MQTT topics of a capture, counted. A topic is found by its bytes, without making a string of them
 * each time.
 *
 * @module
 */
import { sameBytes } from "../../wire/same_bytes.ts";

/** Topics told apart, and bytes of their names; messages of further ones are counted together. */
export const MAX_TOPICS = 100_000;
const MAX_NAME_BYTES = 16 * 1024 * 1024;

export interface TopicCount {
  readonly topic: string;
  messages: number;
  /** Payload bytes. */
  bytes: number;
  /** Seconds since 1970. */
  first: number;
  last: number;
}

export class Topics {
  readonly counts: TopicCount[] = [];
  /** Messages of topics beyond the bounds. */
  others = 0;
  #nameBytes = 0;
  readonly #names: Uint8Array[] = [];
  readonly #byText = new Map<string, number>();
  #slots = new Int32Array(1024);
  /** Makes it hard to write captures that fill one run of slots. */
  readonly #seed = Math.random() * 0x7fffffff | 1;

  /** A message on the topic that stands at `data[at, at + length)`. */
  addBytes(data: Uint8Array, at: number, length: number, payload: number, time: number): void {
    let slot = this.#hash(data, at, length) & this.#slots.length - 1;
    for (;;) {
      const index = this.#slots[slot]! - 1;
      if (index < 0) break;
      const name = this.#names[index]!;
      if (name.length === length && sameBytes(name, 0, data, at, length)) {
        return this.#count(index, payload, time);
      }
      slot = slot + 1 & this.#slots.length - 1;
    }
    this.#slotOf(data.slice(at, at + length), slot, payload, time);
  }

  /** A message on a topic known as text (an alias named it). */
  addText(topic: string, payload: number, time: number): void {
    const index = this.#byText.get(topic);
    if (index !== undefined) return this.#count(index, payload, time);
    const name = new TextEncoder().encode(topic);
    this.addBytes(name, 0, name.length, payload, time);
  }

  #slotOf(name: Uint8Array, slot: number, payload: number, time: number): void {
    const index = this.counts.length;
    if (index === MAX_TOPICS || this.#nameBytes + name.length > MAX_NAME_BYTES) {
      this.others++;
      return;
    }
    this.#nameBytes += name.length;
    const topic = new TextDecoder().decode(name);
    this.counts.push({ topic, messages: 0, bytes: 0, first: time, last: time });
    this.#names.push(name);
    this.#byText.set(topic, index);
    this.#slots[slot] = index + 1;
    if (2 * this.counts.length > this.#slots.length) this.#grow();
    this.#count(index, payload, time);
  }

  #count(index: number, payload: number, time: number): void {
    const count = this.counts[index]!;
    count.messages++;
    count.bytes += payload;
    if (time > count.last) count.last = time;
  }

  #hash(data: Uint8Array, at: number, length: number): number {
    let hash = this.#seed;
    for (let i = 0; i < length; i++) {
      hash = Math.imul(hash ^ data[at + i]!, 0x01000193);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  #grow(): void {
    const slots = new Int32Array(2 * this.#slots.length);
    this.#names.forEach((name, index) => {
      let slot = this.#hash(name, 0, name.length) & slots.length - 1;
      while (slots[slot] !== 0) slot = slot + 1 & slots.length - 1;
      slots[slot] = index + 1;
    });
    this.#slots = slots;
  }
}
