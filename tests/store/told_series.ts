/**
 * What thinned series must say, and a day of values of which that is so.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { StoredPoint } from "../../gateway/store/store_messages.ts";
import type { Store } from "../../gateway/store/store.ts";
import { ChannelWriter, StoreFolder } from "./store_fixture.ts";

export const room = "devices/desk";
/** Not at the beginning of any bucket. */
export const START = 1_795_000_003_217.25;
export const DAY = 86_400_000;

/** Numbers from 0 to 1, the same for each seed. */
export function random(seed: number) {
  return () => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    return seed / 0x7fff_ffff;
  };
}

/**
 * What a thinned series must say: within the span only points that were there, about as many as
 * asked for, with the extremes of every stretch that is long enough.
 */
export function assertTells(
  points: StoredPoint[],
  all: StoredPoint[],
  since: number,
  until: number,
  count: number,
) {
  const within = all.filter(([time]) => time >= since && time <= until);
  const there = new Set(within.map(String));
  for (const point of points) assert.ok(there.has(String(point)), `${point} was there`);
  assert.ok(points.every(([time], i) => i === 0 || points[i - 1]![0] <= time), "in order");
  assert.ok(points.length <= count + 2, `${points.length} of ${count}`);
  const spans = Math.floor(count / 8);
  const width = (until - since) / spans;
  for (let span = 1; span < spans - 1; span++) {
    const from = since + span * width;
    const inside = ([time]: StoredPoint) => time >= from && time < from + width;
    // A point's own width more on both sides: stretches do not begin where spans do.
    const margin = width / 3;
    const near = ([time]: StoredPoint) => time >= from - margin && time < from + width + margin;
    const values = within.filter(inside).map(([, value]) => value);
    if (values.length === 0) continue;
    const told = points.filter(near).map(([, value]) => value);
    assert.ok(Math.max(...told) >= Math.max(...values), `maximum of stretch ${span}`);
    assert.ok(Math.min(...told) <= Math.min(...values), `minimum of stretch ${span}`);
  }
}

/** Appends in commits of a size. */
export async function fill(store: Store, writer: ChannelWriter, rows: [string, number, number][]) {
  for (const [i, [topic, time, value]] of rows.entries()) {
    writer.append(topic, `${value}`, time);
    if (i % 5000 === 4999) await store.synced();
  }
  await store.synced();
}

/** A value each second of a day: any span keeps its extremes. @param topicCount that have values */
export async function dayKeepsExtremes(topicCount: number) {
  await using folder = new StoreFolder();
  let store = await folder.open();
  const writer = new ChannelWriter(store, room);
  const next = random(11);
  const topics = Array.from({ length: topicCount }, (_, i) => `${room}/t${i}`);
  const points = new Map<string, StoredPoint[]>(topics.map((topic) => [topic, []]));
  const rows: [string, number, number][] = [];
  for (let second = 0; second < 86_400; second++) {
    for (const [i, topic] of topics.entries()) {
      const time = START + second * 1000 + i;
      const spike = next() < 1e-4 ? 1000 * (next() - 0.5) : 0;
      const value = Math.round((20 + Math.sin(second / 3000 + i) * 5 + next() + spike) * 100) / 100;
      points.get(topic)!.push([time, value]);
      rows.push([topic, time, value]);
    }
  }
  await fill(store, writer, rows);
  await store.close();
  store = await folder.open();
  for (
    const [since, until, count] of [[START, START + DAY, 500], [
      START + DAY / 7,
      START + DAY / 2,
      2000,
    ]] as const
  ) {
    const { series, complete } = await store.series(room, since, until, count);
    assert.deepEqual([series.length, complete], [topicCount, true]);
    for (const { topic, points: told } of series) {
      assert.ok(told.length >= count * 0.9, `${told.length} of ${count}`);
      assertTells(told, points.get(topic)!, since, until, count);
    }
  }
}
