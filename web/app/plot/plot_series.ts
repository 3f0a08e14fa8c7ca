/** Points at which a series thins itself out. */
export const MAX_POINTS = 12_288;

/** Time slices that a thinned series has; about the pixels of a wide plot. */
const SLICES = 2048;

/**
 * Points before what is shown that need not be given up at once. So many of the oldest are not
 * thinned out either: they may be from long before, what follows is not.
 */
const SLACK = 256;

/** What a point keeps its line broken by: no number is drawn from here to the next. */
const BREAK = NaN;

/**
 * One topic's values by time, times never falling, in typed arrays: to append
 * costs no allocation. Bounded: a full series keeps the lowest, the highest
 * and the last value, and whether it was broken, of each of
 * {@linkcode SLICES} time slices.
 */
export class PlotSeries {
  #times = new Float64Array(SLACK);
  #values = new Float64Array(SLACK);
  #length = 0;

  /** Points, breaks among them. */
  get length(): number {
    return this.#length;
  }

  /** Time of a point, Unix milliseconds. */
  time(index: number): number {
    return this.#times[index]!;
  }

  /** Value of a point; `NaN` breaks the line. */
  value(index: number): number {
    return this.#values[index]!;
  }

  /** Time of the last point; `-Infinity` when there is none. */
  get lastTime(): number {
    return this.#length === 0 ? -Infinity : this.#times[this.#length - 1]!;
  }

  /**
   * Takes a point in; one of the same time is replaced.
   *
   * @param time Unix milliseconds; may be before the last one, which costs more.
   */
  add(time: number, value: number): void {
    const last = this.lastTime;
    if (time < last) return this.#insert(time, value);
    if (time === last) this.#length--;
    this.#put(time, value);
  }

  /** Breaks the line at a time, until the next point. */
  breakAt(time: number): void {
    if (this.#length > 0 && time >= this.#times[0]!) this.add(time, BREAK);
  }

  clear(): void {
    this.#length = 0;
  }

  /** Index of the first point that is not before a time. */
  from(time: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#times[middle]! < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Index of the point with a value that is nearest to a time; -1 when there is none. */
  nearest(time: number): number {
    const after = this.from(time);
    const right = this.#valued(after, 1);
    const left = this.#valued(after - 1, -1);
    if (left < 0 || right < 0) return Math.max(left, right);
    return time - this.#times[left]! <= this.#times[right]! - time ? left : right;
  }

  /** Index of the last point that is not after a time; -1 when there is none. */
  until(time: number): number {
    const index = this.from(time);
    return this.#times[index] === time && index < this.#length ? index : index - 1;
  }

  /** Value last told at a time, over breaks; `undefined` when there is none. */
  lastValue(time: number): number | undefined {
    const index = this.#valued(this.until(time), -1);
    return index < 0 ? undefined : this.#values[index]!;
  }

  /** Forgets points before a time, but the last one, from which the line comes in. */
  dropBefore(time: number): void {
    const first = this.from(time) - 1;
    if (first <= SLACK) return;
    this.#times.copyWithin(0, first, this.#length);
    this.#values.copyWithin(0, first, this.#length);
    this.#length -= first;
  }

  #valued(index: number, step: 1 | -1): number {
    while (index >= 0 && index < this.#length && Number.isNaN(this.#values[index])) index += step;
    return index < this.#length ? index : -1;
  }

  #put(time: number, value: number): void {
    if (this.#length === MAX_POINTS) this.#thin();
    if (this.#length === this.#times.length) this.#grow();
    this.#times[this.#length] = time;
    this.#values[this.#length++] = value;
  }

  #insert(time: number, value: number): void {
    const index = this.from(time);
    if (this.#times[index] === time) {
      this.#values[index] = value;
      return;
    }
    const last = this.#length - 1;
    this.#put(this.#times[last]!, this.#values[last]!);
    // Thinning may have moved it.
    const at = this.from(time);
    this.#times.copyWithin(at + 1, at, this.#length - 1);
    this.#values.copyWithin(at + 1, at, this.#length - 1);
    this.#times[at] = time;
    this.#values[at] = value;
  }

  #grow(): void {
    const size = Math.min(this.#times.length * 2, MAX_POINTS);
    const [times, values] = [new Float64Array(size), new Float64Array(size)];
    times.set(this.#times);
    values.set(this.#values);
    this.#times = times;
    this.#values = values;
  }

  #thin(): void {
    const start = this.#times[SLACK]!;
    const slice = Math.max((this.lastTime - start) / SLICES, Number.MIN_VALUE);
    const length = this.#length;
    this.#length = SLACK;
    for (let first = SLACK; first < length;) {
      const number = Math.floor((this.#times[first]! - start) / slice);
      let end = first + 1;
      while (end < length && Math.floor((this.#times[end]! - start) / slice) === number) end++;
      this.#keep(first, end);
      first = end;
    }
  }

  /** Moves what stays of a slice to the end of what stayed before. */
  #keep(first: number, end: number): void {
    let low = -1;
    let high = -1;
    let last = -1;
    let broken = -1;
    for (let i = first; i < end; i++) {
      const value = this.#values[i]!;
      if (Number.isNaN(value)) {
        broken = i;
        continue;
      }
      if (low < 0 || value < this.#values[low]!) low = i;
      if (high < 0 || value > this.#values[high]!) high = i;
      last = i;
    }
    // Nothing is overwritten before it was read: no more points stay than there were.
    for (let i = first; i < end; i++) {
      if (i !== low && i !== high && i !== last && i !== broken) continue;
      this.#times[this.#length] = this.#times[i]!;
      this.#values[this.#length++] = this.#values[i]!;
    }
  }
}
