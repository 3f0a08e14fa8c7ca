/**
 * Which pauses of a topic are silences, over which no line is drawn.
 *
 * A topic is sampled regularly when nine tenths of its intervals are at most
 * three times the median; one that is not (what is published on change) may
 * be quiet for any time. Of a regular one, a pause of more than five times
 * the median, and of more than a second, is a silence: four readings in a row
 * are missing, which loss on the radio alone seldom explains.
 *
 * @module
 */

/** Intervals without which nothing can be said. */
const FEWEST = 8;
/** Live intervals that are looked at, and after how many new ones. */
const RECENT = 32;
const AGAIN = 16;
/** Of a history's intervals so many are looked at. */
const SAMPLED = 512;

const REGULAR = 3;
const SILENT = 5;
/** Intervals up to here are never a silence, milliseconds: messages come in bursts. */
const SHORT = 1000;

/**
 * @param intervals Milliseconds; sorted by this.
 * @returns The longest pause that is no silence, milliseconds; `Infinity` when not regular.
 */
function longestPause(intervals: Float64Array): number {
  if (intervals.length < FEWEST) return Infinity;
  intervals.sort();
  const median = intervals[intervals.length >> 1]!;
  const most = intervals[Math.floor(intervals.length * 0.9)]!;
  return most > REGULAR * median ? Infinity : Math.max(SILENT * median, SHORT);
}

/** The longest pause of a history, whose points may be thinned out evenly. */
export function longestPauseOf(points: readonly (readonly [time: number, ...unknown[]])[]): number {
  const step = Math.ceil(points.length / SAMPLED);
  const intervals = new Float64Array(Math.max(0, Math.floor((points.length - 1) / (step || 1))));
  for (let i = 0; i < intervals.length; i++) {
    intervals[i] = points[i * step + 1]![0] - points[i * step]![0];
  }
  return longestPause(intervals);
}

/** Judges the pauses of one topic as its values come; follows a change of its interval. */
export class Silences {
  #recent = new Float64Array(RECENT);
  #count = 0;
  /** The longest pause that is no silence. */
  #longest = Infinity;

  /** Starts over from what a history told. */
  reset(longest: number): void {
    this.#count = 0;
    this.#longest = longest;
  }

  /** Whether the pause before a new value was a silence. */
  take(pause: number): boolean {
    const silent = pause > this.#longest;
    this.#recent[this.#count++ % RECENT] = pause;
    if (this.#count % AGAIN === 0) {
      this.#longest = longestPause(this.#recent.slice(0, Math.min(this.#count, RECENT)));
    }
    return silent;
  }
}
