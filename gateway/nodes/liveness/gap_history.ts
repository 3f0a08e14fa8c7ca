/**
 * How long the gaps between someone's messages are: counted by octave, the newest few hundred.
 *
 * Quantiles are those of time, not of gaps: a gap counts as much as it is long. Ten repetitions
 * within a moment do not hide the pause behind them, and what a lost packet leaves is one long gap.
 *
 * @module
 */

/** From 1 ms to 2^27 ms (37 hours), an octave each. */
const BUCKETS = 28;
/** When so many gaps are counted, all count half. */
const FULL = 256;
/** While fewer are counted, the longest stands for a long one. */
const FEW = 32;
const COUNT = 0;
const TOTAL = 1;
/** Then sum of the gaps and their count for each octave. */
const OCTAVES = 2;

export class GapHistory {
  /** One array, since there are thousands of these: what is read together lies together. */
  readonly #numbers = new Float32Array(OCTAVES + 2 * BUCKETS);

  /** Gaps counted; older ones count less. */
  get count(): number {
    return this.#numbers[COUNT]!;
  }

  /** @param gap Milliseconds; negative ones (a message overtaken by another) count as none. */
  add(gap: number) {
    const numbers = this.#numbers;
    const length = gap > 0 ? gap : 0;
    const octave = Math.min(BUCKETS - 1, 31 - Math.clz32(length | 1));
    const at = OCTAVES + 2 * octave;
    numbers[at] = numbers[at]! + length;
    numbers[at + 1] = numbers[at + 1]! + 1;
    numbers[TOTAL] = numbers[TOTAL]! + length;
    numbers[COUNT] = numbers[COUNT]! + 1;
    if (numbers[COUNT]! >= FULL) this.#fade();
  }

  #fade() {
    const numbers = this.#numbers;
    for (let i = 0; i < numbers.length; i++) numbers[i] = numbers[i]! / 2;
  }

  /**
   * The mean gap of the octave in which that share of the time lies in shorter ones.
   *
   * @param share 0 to 1
   * @returns milliseconds; 0 while nothing is known
   */
  quantile(share: number): number {
    const numbers = this.#numbers;
    let left = numbers[TOTAL]! * share;
    for (let at = OCTAVES; at < numbers.length; at += 2) {
      const sum = numbers[at]!;
      left -= sum;
      if (left <= 0 && sum > 0) return sum / numbers[at + 1]!;
    }
    return this.longest;
  }

  /** The mean gap of the highest octave that has any; 0 while nothing is known. */
  get longest(): number {
    const numbers = this.#numbers;
    for (let at = numbers.length - 2; at >= OCTAVES; at -= 2) {
      if (numbers[at]! > 0) return numbers[at]! / numbers[at + 1]!;
    }
    return 0;
  }

  /**
   * A gap that is long for them: 95 % of the time lies in shorter ones. While few are known it is
   * the longest, and more.
   */
  get long(): number {
    const { count } = this;
    if (count === 0) return 0;
    return (count < FEW ? this.longest : this.quantile(0.95)) * (1 + 16 / count);
  }
}
