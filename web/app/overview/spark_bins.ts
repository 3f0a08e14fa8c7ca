/** The longest that a sparkline shows, milliseconds. */
export const HOUR = 3_600_000;

/** What it shows: the shortest of these that all there is fits in, milliseconds. */
const WINDOWS = [5 * 60_000, 15 * 60_000, HOUR] as const;
const BINS = 120;
const BIN = HOUR / BINS;
/** A hole is wider than this many usual distances, and than this, milliseconds. */
const HOLE_TIMES = 4;
const HOLE = 150_000;

/** A time, Unix milliseconds, and its value. */
type Point = readonly [time: number, value: number];

interface Bin {
  /** Which half minute since 1970. */
  number: number;
  low: Point;
  high: Point;
  last: Point;
}

/** Lines in a box, as `d` of SVG paths. */
export interface SparkPaths {
  line: string;
  /** The same, closed at the bottom of the box. */
  area: string;
  /** Smallest and largest value shown; `undefined` when there is none. */
  range: readonly [low: number, high: number] | undefined;
  /** What is shown, milliseconds. */
  window: number;
  /** Whether there is no second value to compare with. */
  single: boolean;
}

/**
 * An hour of one topic, thinned to smallest, largest and last value of each half minute, so that what it
 * takes is bounded and no peak is lost. Taking in a point twice changes nothing.
 */
export class SparkBins {
  readonly #bins: (Bin | undefined)[] = [];
  /** The newest of what has left the bins. */
  #before: Point | undefined;
  #newest = -Infinity;

  add(time: number, value: number): void {
    const point: Point = [time, value];
    const number = Math.floor(time / BIN);
    // One more than are shown: the oldest is cut by the window.
    const place = number % (BINS + 1);
    const bin = this.#bins[place];
    this.#newest = Math.max(this.#newest, time);
    if (number < Math.floor(this.#newest / BIN) - BINS) {
      this.#keepBefore(point);
    } else if (bin?.number === number) {
      if (value < bin.low[1]) bin.low = point;
      if (value > bin.high[1]) bin.high = point;
      if (time > bin.last[0]) bin.last = point;
    } else {
      if (bin) this.#keepBefore(bin.last);
      this.#bins[place] = { number, low: point, high: point, last: point };
    }
  }

  #keepBefore(point: Point): void {
    if (!this.#before || point[0] > this.#before[0]) this.#before = point;
  }

  /** In the order of time. */
  #points(from: number, until: number): Point[] {
    const all = new Set<Point>();
    for (const bin of this.#bins) {
      for (const point of bin ? [bin.low, bin.high, bin.last] : []) {
        if (point[0] >= from && point[0] <= until) all.add(point);
        else if (point[0] < from) this.#keepBefore(point);
      }
    }
    return [...all].sort((a, b) => a[0] - b[0]);
  }

  /**
   * Draws the hour before `until`, or what there is of it.
   *
   * @param held Whether a value holds until the next one: then there are no holes.
   */
  paths(until: number, width: number, height: number, held: boolean): SparkPaths {
    const points = this.#points(until - HOUR, until + BIN);
    const before = held ? this.#before : undefined;
    const oldest = before ? before[0] : points[0]?.[0] ?? until;
    const window = WINDOWS.find((each) => oldest >= until - each) ?? HOUR;
    const from = until - window;
    if (before) points.unshift([from, before[1]]);
    const single = points.length < 2;
    if (points.length === 0) return { line: "", area: "", range: undefined, window, single };
    if (held) points.push([until, points.at(-1)![1]]);
    const values = points.map(([, value]) => value);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const x = (time: number) => round(Math.min(width, (time - from) / window * width));
    const y = (value: number) =>
      round(high === low ? height / 2 : height - 1 - (value - low) / (high - low) * (height - 2));
    let [line, area] = ["", ""];
    for (const part of held ? [points] : split(points)) {
      const start = x(part[0]![0]);
      const rest = part.slice(1).map(([time, value]) =>
        held ? `H${x(time)}V${y(value)}` : `L${x(time)} ${y(value)}`
      ).join("");
      // What has no length is a dot where line ends are round.
      const drawn = `${start} ${y(part[0]![1])}${rest || "h0"}`;
      line += `M${drawn}`;
      area += `M${start} ${height}L${drawn}V${height}Z`;
    }
    return { line, area, range: [low, high], window, single };
  }
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

/** Cuts where it was silent for much longer than usual. */
function split(points: Point[]): Point[][] {
  const distances = points.slice(1).map(([time], index) => time - points[index]![0])
    .sort((a, b) => a - b);
  const usual = distances[distances.length >> 1] ?? 0;
  const hole = Math.max(HOLE, HOLE_TIMES * usual);
  const parts: Point[][] = [];
  let last = -Infinity;
  for (const point of points) {
    if (point[0] - last > hole) parts.push([]);
    parts.at(-1)!.push(point);
    last = point[0];
  }
  return parts;
}
