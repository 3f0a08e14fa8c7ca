/**
 * Signal levels seen: least, mean, greatest.
 *
 * @module
 */
export class Levels {
  count = 0;
  sum = 0;
  least = 0;
  greatest = 0;

  /** @param level NaN when it is not known */
  add(level: number): void {
    if (Number.isNaN(level)) return;
    if (this.count === 0 || level < this.least) this.least = level;
    if (this.count === 0 || level > this.greatest) this.greatest = level;
    this.count++;
    this.sum += level;
  }

  get mean(): number {
    return this.sum / this.count;
  }

  /** "-71 (-80 to -65)", "-" when none is known. */
  toString(): string {
    if (this.count === 0) return "-";
    return `${Math.round(this.mean)} (${Math.round(this.least)} to ${Math.round(this.greatest)})`;
  }
}
