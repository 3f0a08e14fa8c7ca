/**
 * Points for a plot, fewer than there are: of each span of time the smallest and the largest value.
 *
 * @module
 */
import type { StoredPoint } from "./store_messages.ts";

/** Takes points in any order. */
export class PointList {
  readonly #times: number[] = [];
  readonly #values: number[] = [];
  #inOrder = true;

  readonly push = (time: number, value: number) => {
    const { length } = this.#times;
    if (length > 0 && time < this.#times[length - 1]!) this.#inOrder = false;
    this.#times.push(time);
    this.#values.push(value);
  };

  get length(): number {
    return this.#times.length;
  }

  /** About `count` points in the order of time; all of them, if they are no more. */
  thinned(count: number): StoredPoint[] {
    if (!this.#inOrder) this.#sort();
    const { length } = this.#times;
    if (length <= count || count < 2) return this.#all();
    const times = this.#times;
    const values = this.#values;
    const start = times[0]!;
    const spans = Math.max(1, Math.floor(count / 2));
    const width = (times[length - 1]! - start) / spans || 1;
    const kept: StoredPoint[] = [];
    for (let i = 0; i < length;) {
      const span = Math.min(spans - 1, Math.floor((times[i]! - start) / width));
      const end = span === spans - 1 ? Infinity : start + (span + 1) * width;
      let low = i;
      let high = i;
      // The first one is of the span whatever rounding says.
      for (i++; i < length && times[i]! < end; i++) {
        if (values[i]! < values[low]!) low = i;
        if (values[i]! > values[high]!) high = i;
      }
      kept.push(this.#point(Math.min(low, high)));
      if (low !== high) kept.push(this.#point(Math.max(low, high)));
    }
    return kept;
  }

  #point(index: number): StoredPoint {
    return [this.#times[index]!, this.#values[index]!];
  }

  #all(): StoredPoint[] {
    return this.#times.map((_, index) => this.#point(index));
  }

  /** Those of one time stay as they came. */
  #sort() {
    const points = this.#all().sort(([a], [b]) => a - b);
    points.forEach(([time, value], index) => {
      this.#times[index] = time;
      this.#values[index] = value;
    });
    this.#inOrder = true;
  }
}
