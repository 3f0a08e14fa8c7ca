/**
 * Ids of PUBLISHes ("Ab12Cd-1f": a gateway's run, and a number that counts up), many of them in
 * little memory.
 *
 * @module
 */

/** Numbers per block; those of one run are near each other. */
const BLOCK = 1024;

export class IdSet {
  readonly #blocks = new Map<string, Uint32Array>();

  /** @returns whether it is new */
  add(id: string): boolean {
    const place = placeOf(id);
    let block = this.#blocks.get(place.block);
    if (block === undefined) this.#blocks.set(place.block, block = new Uint32Array(BLOCK / 32));
    const bit = 1 << (place.bit & 31);
    const old = block[place.bit >> 5]!;
    block[place.bit >> 5] = old | bit;
    return (old & bit) === 0;
  }

  has(id: string): boolean {
    const { block, bit } = placeOf(id);
    const bits = this.#blocks.get(block)?.[bit >> 5] ?? 0;
    return (bits & 1 << (bit & 31)) !== 0;
  }

  isSubsetOf(other: IdSet): boolean {
    for (const [name, bits] of this.#blocks) {
      const others = other.#blocks.get(name);
      if (bits.some((word, i) => (word & ~(others?.[i] ?? 0)) !== 0)) return false;
    }
    return true;
  }
}

/** What is no such id has a block of its own. */
function placeOf(id: string): { block: string; bit: number } {
  const dash = id.lastIndexOf("-");
  const digits = id.slice(dash + 1);
  const number = /^(?:0|[1-9a-z][0-9a-z]{0,9})$/.test(digits) ? Number.parseInt(digits, 36) : -1;
  if (dash < 0 || number < 0) return { block: `?${id}`, bit: 0 };
  return { block: `${id.slice(0, dash)}-${Math.floor(number / BLOCK)}`, bit: number % BLOCK };
}
