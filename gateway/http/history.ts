/**
 * A room's history over HTTP: numeric topics thinned for a plot, or all rows
 * as CSV; from the store where there is one, else from memory. Where the store
 * takes nothing, memory has what it lacks.
 *
 * @module
 */
import type { Entry } from "../rooms/history.ts";
import type { Room } from "../rooms/room.ts";
import type { TopicDescription } from "../sessions/messages.ts";
import { numberOf } from "../store/number_of.ts";
import type { Store } from "../store/store.ts";
import type { SeriesAnswer } from "../store/store_messages.ts";

/** Unix milliseconds, value. */
export type Point = [number, number];

export interface Series {
  topic: string;
  unit?: string;
  /** The values are true and false, told as 1 and 0. */
  states?: true;
  points: Point[];
  /**
   * The topic's newest entry before `since`, if that is known and was a number: what held when the
   * span began. Where a named gap lies between, nothing is known.
   */
  before?: Point;
}

/** Values that are no numbers. */
export interface Words {
  topic: string;
  points: [number, unknown][];
  /** The topic's newest entry before `since`, if that is known and was no number. */
  before?: [number, unknown];
}

export interface HistoryAnswer {
  channel: string;
  epoch: string;
  seq: number;
  /** Whether everything asked for is still held. */
  complete: boolean;
  /** In the order in which the topics came to be. */
  series: Series[];
  /** Topics without numbers: their newest values, as many as points were asked for. */
  others: Words[];
}

/**
 * Thins points to about `count`, keeping the smallest and the largest of each
 * span of time, in order.
 *
 * @param points In the order of time.
 */
export function thin(points: Point[], count: number): Point[] {
  if (points.length <= count || count < 2) return points;
  const start = points[0]![0];
  const spans = Math.max(1, Math.floor(count / 2));
  const width = (points.at(-1)![0] - start) / spans || 1;
  const kept: Point[] = [];
  for (let i = 0; i < points.length;) {
    const span = Math.min(spans - 1, Math.floor((points[i]![0] - start) / width));
    let low = i;
    let high = i;
    for (; i < points.length; i++) {
      if (Math.min(spans - 1, Math.floor((points[i]![0] - start) / width)) !== span) break;
      if (points[i]![1] < points[low]![1]) low = i;
      if (points[i]![1] > points[high]![1]) high = i;
    }
    kept.push(points[Math.min(low, high)]!);
    if (low !== high) kept.push(points[Math.max(low, high)]!);
  }
  return kept;
}

/**
 * @param since, until Unix milliseconds, both inclusive.
 * @param count Points wanted per topic, about.
 */
export async function historyAnswer(
  room: Room,
  descriptions: TopicDescription[],
  since: number,
  until: number,
  count: number,
): Promise<HistoryAnswer> {
  const { seq, complete, series, others } = await seriesOf(room, since, until, count);
  const order = new Map([...room.topics.keys()].map((topic, index) => [topic, index]));
  const placed = (a: { topic: string }, b: { topic: string }) =>
    (order.get(a.topic) ?? 0) - (order.get(b.topic) ?? 0);
  const units = new Map(descriptions.map(({ topic, unit }) => [topic, unit]));
  return {
    channel: room.name,
    epoch: room.epoch,
    seq,
    complete,
    series: series.toSorted(placed).map((each) => {
      const unit = units.get(each.topic);
      return unit === undefined ? each : { ...each, unit };
    }),
    others: others.toSorted(placed),
  };
}

async function seriesOf(
  room: Room,
  since: number,
  until: number,
  count: number,
): Promise<SeriesAnswer> {
  const { store } = room;
  if (store === null) return seriesInMemory(room, since, until, count);
  if (store.state.state === "ok") return await store.series(room.name, since, until, count);
  const newer = seriesInMemory(room, since, until, count);
  const oldest = room.history.after(-1).next().value?.time ?? Infinity;
  if (oldest <= since) return newer;
  const older = await storedSeries(store, room.name, since, Math.min(until, before(oldest)), count);
  return joined(older, newer, count);
}

/** The latest time that is earlier: times have no more than three decimals. */
function before(time: number): number {
  return time - 0.0005;
}

async function storedSeries(
  store: Store,
  channel: string,
  since: number,
  until: number,
  count: number,
): Promise<SeriesAnswer> {
  try {
    return await store.series(channel, since, until, count);
  } catch {
    // The store says why in its state.
    return { series: [], others: [], complete: false, seq: 0 };
  }
}

/** Two spans of time as one; what was before is the older one's to say. */
function joined(older: SeriesAnswer, newer: SeriesAnswer, count: number): SeriesAnswer {
  const series = new Map(older.series.map((each) => [each.topic, each]));
  for (const { topic, points, states } of newer.series) {
    const known = series.get(topic);
    series.set(topic, {
      topic,
      ...known,
      ...(states === undefined ? {} : { states }),
      points: thin([...known?.points ?? [], ...points], count),
    });
  }
  const others = new Map(older.others.map((each) => [each.topic, each]));
  for (const { topic, points } of newer.others) {
    const known = others.get(topic);
    const all = [...known?.points ?? [], ...points];
    others.set(topic, { topic, ...known, points: all.slice(-count) });
  }
  return {
    series: [...series.values()],
    others: [...others.values()],
    complete: older.complete,
    seq: newer.seq,
  };
}

function seriesInMemory(room: Room, since: number, until: number, count: number): SeriesAnswer {
  const numbers = new Map<string, Point[]>();
  const others = new Map<string, [number, unknown][]>();
  const states = new Set<string>();
  for (const entry of room.history.between(since, until)) {
    if (entry.topic === null) continue;
    const value = JSON.parse(entry.json);
    const number = numberOf(value);
    const topic = entry.topic.topic;
    if (typeof value === "boolean") states.add(topic);
    if (number !== null) append(numbers, topic, [entry.time, number]);
    else append(others, topic, [entry.time, value]);
  }
  const before = {
    numbers: new Map<string, Point>(),
    others: new Map<string, [number, unknown]>(),
  };
  for (const [topic, { time, json }] of newestBefore(room, since)) {
    const value = JSON.parse(json);
    const number = numberOf(value);
    if (typeof value === "boolean") states.add(topic);
    if (number !== null) before.numbers.set(topic, [time, number]);
    else before.others.set(topic, [time, value]);
  }
  return {
    seq: room.seq,
    complete: isHeld(room, since),
    series: withBefore(numbers, before.numbers).map(({ topic, points, ...rest }) => ({
      topic,
      ...(states.has(topic) ? { states: true as const } : {}),
      points: thin(points, count),
      ...rest,
    })),
    others: withBefore(others, before.others).map((each) => ({
      ...each,
      points: each.points.slice(-count),
    })),
  };
}

/** Of each topic the newest entry before a time, if that is known. */
function newestBefore({ history, store, topics }: Room, since: number): Map<string, Entry> {
  const newest = new Map<string, Entry>();
  const take = (entry: Entry | null) => {
    if (entry === null || entry.topic === null || entry.time >= since) return;
    const { topic } = entry.topic;
    if (entry.time >= (newest.get(topic)?.time ?? -Infinity)) newest.set(topic, entry);
  };
  // One that came from a store may be older than a gap.
  if (store === null) { for (const { last } of topics.values()) take(last); }
  for (const entry of history.after(-1)) take(entry);
  return newest;
}

/** Topics with points, and those of which only what was before is known. */
function withBefore<T>(
  points: Map<string, T[]>,
  before: Map<string, T>,
): { topic: string; points: T[]; before?: T }[] {
  return [...new Set([...points.keys(), ...before.keys()])].map((topic) => {
    const known = before.get(topic);
    const all = points.get(topic) ?? [];
    return known === undefined ? { topic, points: all } : { topic, points: all, before: known };
  });
}

/** Whether nothing behind `since` has been forgotten. */
function isHeld({ history, seq }: Room, since: number): boolean {
  const oldest: Entry | undefined = history.after(-1).next().value;
  return oldest === undefined ? seq === 0 : oldest.seq === 1 || oldest.time < since;
}

function append<T>(lists: Map<string, T[]>, key: string, item: T) {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
