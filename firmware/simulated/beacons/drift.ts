/**
 * A physical quantity that wanders around a mean, as temperatures in rooms do.
 *
 * @module
 */
import type { Random } from "../random.ts";

/** What a quantity does. */
export interface DriftOptions {
  /** What it wanders around, in its unit. */
  mean: number;
  /** Standard deviation over a long time, in its unit. */
  spread: number;
  /** How long it remembers where it was, s. @default 600 */
  memory_s?: number;
  /** It stays in this range. @default without bounds */
  min?: number;
  max?: number;
}

/** An Ornstein-Uhlenbeck process: steps of any length have the right distribution. */
export class Drift {
  readonly #random: Random;
  readonly #options: DriftOptions;
  #deviation: number;

  constructor(random: Random, options: DriftOptions) {
    this.#random = random;
    this.#options = options;
    this.#deviation = options.spread * random.normal();
  }

  /** Goes on by some seconds; @returns where it then is. */
  step(seconds: number): number {
    const { mean, spread, memory_s = 600, min = -Infinity, max = Infinity } = this.#options;
    const kept = Math.exp(-seconds / memory_s);
    const noise = spread * Math.sqrt(1 - kept * kept);
    this.#deviation = this.#deviation * kept + noise * this.#random.normal();
    return Math.min(max, Math.max(min, mean + this.#deviation));
  }
}
