/** How long after the last command an answer to an earlier one may come, milliseconds. */
export const LATE = 5000;
/** Part of the range by which an answer may differ from what was sent: devices round. */
const TOLERANCE = 1e-5;

interface Sent {
  value: number;
  at: number;
}

/**
 * Tells a device's answer to an earlier command of one movement from that to the last: whoever
 * lets go of a slider must not see it jump back to where the finger was before.
 */
export class LateAnswers {
  #sent: Sent[] = [];

  /** @param at `performance.now()` */
  sent(value: number, at: number): void {
    this.#sent = this.#sent.filter((each) => at - each.at < LATE);
    this.#sent.push({ value, at });
  }

  /**
   * Whether a reported value is that of an earlier command, and that of the last may still come.
   *
   * @param range Largest less smallest value.
   */
  isLate(reported: number, range: number, at: number): boolean {
    const last = this.#sent.at(-1);
    if (!last || at - last.at > LATE) return false;
    const same = ({ value }: Sent) => Math.abs(value - reported) <= range * TOLERANCE;
    return !same(last) && this.#sent.some(same);
  }
}
