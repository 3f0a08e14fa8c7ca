/**
 * Events per second, over the last seconds.
 *
 * @module
 */

const SLOT_MS = 1000;
const SLOTS = 10;

export class Rate {
  readonly #slots = new Float64Array(SLOTS);
  readonly #now: () => number;
  #slot: number;
  #began: number;

  /** @param now Milliseconds that never go back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#began = now();
    this.#slot = Math.floor(this.#began / SLOT_MS);
  }

  add(count = 1) {
    this.#turn();
    this.#slots[this.#slot % SLOTS]! += count;
  }

  /** Per second. */
  get value(): number {
    this.#turn();
    const at = this.#now();
    const span = Math.min(at - this.#began, (SLOTS - 1) * SLOT_MS + at % SLOT_MS);
    if (span <= 0) return 0;
    return this.#slots.reduce((sum, count) => sum + count, 0) / Math.max(span, SLOT_MS) * 1000;
  }

  #turn() {
    const slot = Math.floor(this.#now() / SLOT_MS);
    const passed = Math.min(SLOTS, slot - this.#slot);
    for (let i = 1; i <= passed; i++) this.#slots[(this.#slot + i) % SLOTS] = 0;
    this.#slot = slot;
  }
}
