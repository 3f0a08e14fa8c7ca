/**
 * Counts what is missing, and names the first.
 *
 * @module
 */

/** Those named. */
const NAMED = 10;

export interface MissingOne {
  readonly name: string;
  /** Frame that it was seen in first. */
  readonly frame: number;
}

export class Missing {
  count = 0;
  readonly first: MissingOne[] = [];

  add(name: string, frame: number): void {
    this.count++;
    if (this.first.length < NAMED) this.first.push({ name, frame });
  }

  copy(): Missing {
    const copy = new Missing();
    copy.count = this.count;
    copy.first.push(...this.first);
    return copy;
  }
}
