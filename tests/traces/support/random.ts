/**
 * Random numbers that a seed brings again (mulberry32).
 *
 * @module
 */

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 32 bits. */
  next(): number {
    this.#state = this.#state + 0x6d2b79f5 >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ t >>> 15, t | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return (t ^ t >>> 14) >>> 0;
  }

  /** 0 to `limit - 1`; 0 for a limit of 0. */
  below(limit: number): number {
    return limit === 0 ? 0 : this.next() % limit;
  }

  /** One of them. */
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const made = new Uint8Array(length);
    for (let i = 0; i < length; i += 4) {
      const word = this.next();
      made[i] = word;
      made[i + 1] = word >>> 8;
      made[i + 2] = word >>> 16;
      made[i + 3] = word >>> 24;
    }
    return made;
  }
}
