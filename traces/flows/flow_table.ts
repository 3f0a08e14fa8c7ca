/**
 * Conversations by their addresses and ports, found whichever side sends. Looking one up makes no
 * object and no string.
 *
 * At most `capacity` conversations are kept; when there are more, one that was silent for long makes
 * room (the longest silent of a few that are looked at in turn).
 *
 * @module
 */
import type { Conversation } from "./conversation.ts";
import type { Endpoints } from "./endpoints.ts";

/** How many are compared to find one to give up. */
const LOOKED_AT = 8;
const FIRST_SIZE = 1024;

export class FlowTable<T extends Conversation> {
  /** Conversations kept now. */
  get size(): number {
    return this.#entries.length;
  }

  /** Index of the first entry of a chain, plus 1; the length is a power of two. */
  #heads = new Int32Array(FIRST_SIZE);
  /** Of each entry: the next one of its chain, plus 1. */
  #next = new Int32Array(FIRST_SIZE);
  #hashes = new Int32Array(FIRST_SIZE);
  readonly #entries: T[] = [];
  readonly #capacity: number;
  readonly #onForget: (conversation: T) => void;
  /** Makes it hard to write captures that fill one chain. */
  readonly #seed = Math.random() * 0x7fffffff | 1;
  #hand = 0;

  /**
   * @param capacity conversations kept at most
   * @param onForget called with a conversation that had to make room
   */
  constructor(capacity: number, onForget: (conversation: T) => void) {
    this.#capacity = capacity;
    this.#onForget = onForget;
  }

  /** The conversations that are kept, oldest place first. */
  values(): IterableIterator<T> {
    return this.#entries.values();
  }

  /** The conversation between two endpoints, or undefined. */
  find(e: Endpoints): T | undefined {
    const index = this.#indexOf(e);
    return index < 0 ? undefined : this.#entries[index];
  }

  /** Adds a conversation of these endpoints, in place of the one there is, if any. */
  put(e: Endpoints, conversation: T): void {
    const known = this.#indexOf(e);
    if (known >= 0) {
      this.#entries[known] = conversation;
      return;
    }
    const hash = this.#hash(e);
    if (this.#entries.length < this.#capacity) {
      const index = this.#entries.length;
      this.#entries.push(conversation);
      if (index >= this.#heads.length) this.#grow();
      this.#link(index, hash);
      return;
    }
    const index = this.#victim();
    const old = this.#entries[index]!;
    this.#unlink(index);
    this.#entries[index] = conversation;
    this.#link(index, hash);
    this.#onForget(old);
  }

  #indexOf(e: Endpoints): number {
    const hash = this.#hash(e);
    let index = this.#heads[hash & (this.#heads.length - 1)]! - 1;
    while (index >= 0) {
      if (this.#hashes[index] === hash && matches(this.#entries[index]!, e)) return index;
      index = this.#next[index]! - 1;
    }
    return -1;
  }

  /** The same for both directions. */
  #hash(e: Endpoints): number {
    const seed = this.#seed;
    const from = mix(e.s0, e.s1, e.s2, e.s3, e.sourcePort ^ seed);
    const to = mix(e.d0, e.d1, e.d2, e.d3, e.destinationPort ^ seed);
    let sum = from + to | 0;
    sum = Math.imul(sum ^ sum >>> 16, 0x7feb352d);
    sum = Math.imul(sum ^ sum >>> 15, 0x846ca68b);
    return sum ^ sum >>> 16;
  }

  #link(index: number, hash: number): void {
    const slot = hash & (this.#heads.length - 1);
    this.#hashes[index] = hash;
    this.#next[index] = this.#heads[slot]!;
    this.#heads[slot] = index + 1;
  }

  #unlink(index: number): void {
    const slot = this.#hashes[index]! & (this.#heads.length - 1);
    let at = this.#heads[slot]! - 1;
    if (at === index) {
      this.#heads[slot] = this.#next[index]!;
      return;
    }
    while (this.#next[at]! - 1 !== index) at = this.#next[at]! - 1;
    this.#next[at] = this.#next[index]!;
  }

  #victim(): number {
    const count = this.#entries.length;
    let best = this.#hand % count;
    for (let i = 1; i < LOOKED_AT && i < count; i++) {
      const index = (this.#hand + i) % count;
      if (this.#entries[index]!.lastFrame < this.#entries[best]!.lastFrame) best = index;
    }
    this.#hand = (this.#hand + LOOKED_AT) % count;
    return best;
  }

  #grow(): void {
    const size = this.#heads.length * 2;
    const hashes = this.#hashes;
    this.#heads = new Int32Array(size);
    this.#next = new Int32Array(size);
    this.#hashes = new Int32Array(size);
    for (let i = 0; i < this.#entries.length - 1; i++) this.#link(i, hashes[i]!);
  }
}

function mix(w0: number, w1: number, w2: number, w3: number, port: number): number {
  let hash = Math.imul(w0 ^ port, 0x9e3779b1);
  hash = Math.imul(hash ^ hash >>> 15 ^ w1, 0x85ebca6b);
  hash = Math.imul(hash ^ hash >>> 13 ^ w2, 0xc2b2ae35);
  hash = Math.imul(hash ^ hash >>> 16 ^ w3, 0x27d4eb2f);
  return hash ^ hash >>> 15 ^ port << 7;
}

/** Whether the packet's source is side 0 of the conversation; the endpoints must match. */
export function sentBySide0(c: Conversation, e: Endpoints): boolean {
  return c.portA === e.sourcePort && c.a0 === e.s0 && c.portB === e.destinationPort &&
    c.b0 === e.d0 && (!e.v6 || c.a3 === e.s3 && c.a1 === e.s1 && c.a2 === e.s2 && c.b3 === e.d3 &&
        c.b1 === e.d1 && c.b2 === e.d2);
}

function matches(c: Conversation, e: Endpoints): boolean {
  if (c.v6 !== e.v6) return false;
  return sentBySide0(c, e) || sentBySide1(c, e);
}

function sentBySide1(c: Conversation, e: Endpoints): boolean {
  return c.portB === e.sourcePort && c.b0 === e.s0 && c.portA === e.destinationPort &&
    c.a0 === e.d0 && (!e.v6 || c.b3 === e.s3 && c.b1 === e.s1 && c.b2 === e.s2 && c.a3 === e.d3 &&
        c.a1 === e.d1 && c.a2 === e.d2);
}
