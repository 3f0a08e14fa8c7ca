/**
 * A room's history over HTTP: numeric topics thinned for a plot, or all rows
 * as CSV.
 *
 * @module
 */
import type { Entry } from "../rooms/history.ts";
import { numberOf } from "../rooms/payload.ts";
import type { Room } from "../rooms/room.ts";
import type { TopicDescription } from "../sessions/messages.ts";

/** Unix milliseconds, value. */
export type Point = [number, number];

export interface Series {
  topic: string;
  unit?: string;
  /** The values are true and false, told as 1 and 0. */
  states?: true;
  points: Point[];
}

export interface HistoryAnswer {
  channel: string;
  epoch: string;
  seq: number;
  /** Whether everything asked for is still held. */
  complete: boolean;
  series: Series[];
  /** Topics without numbers: their newest values, as many as points were asked for. */
  others: { topic: string; points: [number, unknown][] }[];
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
export function historyAnswer(
  room: Room,
  descriptions: TopicDescription[],
  since: number,
  until: number,
  count: number,
): HistoryAnswer {
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
  const units = new Map(descriptions.map(({ topic, unit }) => [topic, unit]));
  return {
    channel: room.name,
    epoch: room.epoch,
    seq: room.seq,
    complete: isHeld(room, since),
    series: [...numbers].map(([topic, points]) => {
      const unit = units.get(topic);
      return {
        topic,
        ...(unit === undefined ? {} : { unit }),
        ...(states.has(topic) ? { states: true as const } : {}),
        points: thin(points, count),
      };
    }),
    others: [...others].map(([topic, points]) => ({ topic, points: points.slice(-count) })),
  };
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

/** RFC 4180 section 2: fields with commas, quotes or line breaks are quoted. */
function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows of `time,seq,topic,value,id`, every update of the span, a chunk at a time. */
export function* historyCsv(room: Room, since: number, until: number): Generator<string> {
  let chunk = "time,seq,topic,value,id\r\n";
  for (const { time, seq, topic, json, id } of room.history.between(since, until)) {
    if (topic === null) continue;
    chunk += `${time},${seq},${csvField(topic.topic)},${csvField(json)},${id}\r\n`;
    if (chunk.length < 1 << 16) continue;
    yield chunk;
    chunk = "";
  }
  yield chunk;
}
