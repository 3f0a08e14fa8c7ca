/**
 * What a device said lately, to know a packet again that another node heard as well, or that the
 * device repeats.
 *
 * @module
 */

/** Contents remembered per device: beacons that take turns with several are known again. */
const REMEMBERED = 16;

/** One content, and what became of it. */
export interface Content {
  hash1: number;
  hash2: number;
  length: number;
  /** When its newest transmission was heard, ms of the monotonic clock. */
  at: number;
  /** When any node heard it last. */
  lastAt: number;
  /** Counts the device's transmissions; -1: not judged yet. */
  index: number;
  /** The device gave it a number: sent again it says nothing new. */
  numbered: boolean;
  /** That number for the sake of losses, counted on over wraps; -1: none. */
  number: number;
  /** It says that something happened, and carries no number. */
  event: boolean;
  /** It proves that the device lives: not refused. */
  trusted: boolean;
}

export class ContentWindow {
  readonly #ring: Content[] = [];
  #next = 0;

  /** The content of these bytes, if it was said lately. */
  find(hash1: number, hash2: number, length: number): Content | undefined {
    const ring = this.#ring;
    for (let i = 0; i < ring.length; i++) {
      const content = ring[i]!;
      if (content.hash1 === hash1 && content.hash2 === hash2 && content.length === length) {
        return content;
      }
    }
    return undefined;
  }

  /** Remembers a content; the oldest is forgotten for it. */
  add(hash1: number, hash2: number, length: number, at: number): Content {
    const ring = this.#ring;
    const content: Content = ring[this.#next] ?? {} as Content;
    if (ring.length < REMEMBERED && ring[this.#next] === undefined) ring.push(content);
    this.#next = (this.#next + 1) % REMEMBERED;
    content.hash1 = hash1;
    content.hash2 = hash2;
    content.length = length;
    content.at = at;
    content.lastAt = at;
    content.index = -1;
    content.numbered = false;
    content.number = -1;
    content.event = false;
    content.trusted = false;
    return content;
  }
}

/** FNV-1a, 32 bits; two seeds make 64 bits, so that two contents are never taken for one. */
export function hashOf(data: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ data[i]!, 0x01000193);
  return hash;
}

export const SEED_1 = 0x811c9dc5 | 0;
export const SEED_2 = 0x9747b28c | 0;
