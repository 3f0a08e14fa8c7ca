/** Points of one topic: order, bounds, what thinning keeps. */
import assert from "node:assert/strict";
import { MAX_POINTS, PlotSeries } from "../../web/app/plot/plot_series.ts";

function pointsOf(series: PlotSeries): [number, number][] {
  return Array.from({ length: series.length }, (_, i) => [series.time(i), series.value(i)]);
}

Deno.test("points are kept in the order of their times, one for each", () => {
  const series = new PlotSeries();
  for (const [time, value] of [[1, 10], [3, 30], [2, 20], [3, 31], [2, 21]] as const) {
    series.add(time, value);
  }
  assert.deepEqual(pointsOf(series), [[1, 10], [2, 21], [3, 31]]);
  assert.equal(series.lastTime, 3);
  assert.equal(series.from(2), 1);
  assert.equal(series.from(2.5), 2);
  assert.equal(series.until(2.5), 1);
  assert.equal(series.until(0), -1);
});

Deno.test("a break has no value, and is passed over in search of one", () => {
  const series = new PlotSeries();
  series.breakAt(0);
  assert.equal(series.length, 0, "there is nothing to break");
  series.add(1, 10);
  series.breakAt(2);
  series.add(9, 90);
  assert.deepEqual(pointsOf(series), [[1, 10], [2, NaN], [9, 90]]);
  assert.equal(series.lastValue(5), 10);
  assert.equal(series.nearest(2.1), 0);
  assert.equal(series.nearest(8), 2);
  assert.equal(new PlotSeries().nearest(1), -1);
  assert.equal(new PlotSeries().lastValue(1), undefined);
});

Deno.test("a day at 1 Hz and more stays bounded, with extremes, order, breaks and the end", () => {
  const series = new PlotSeries();
  const count = 518_400;
  for (let i = 0; i < count; i++) {
    series.add(i, i === 5000 ? 1e6 : i === 400_000 ? -1e6 : Math.sin(i));
    if (i === 10_000) series.breakAt(i + 0.5);
  }
  assert.ok(series.length <= MAX_POINTS && series.length > 4096, `${series.length}`);
  const points = pointsOf(series);
  assert.deepEqual(points.find(([, value]) => value === 1e6), [5000, 1e6]);
  assert.deepEqual(points.find(([, value]) => value === -1e6), [400_000, -1e6]);
  assert.ok(points.some(([, value]) => Number.isNaN(value)));
  assert.deepEqual(points.at(-1), [count - 1, Math.sin(count - 1)]);
  for (let i = 1; i < points.length; i++) assert.ok(points[i]![0] > points[i - 1]![0]);
});

Deno.test("a point from long before leaves the others as fine as they were", () => {
  const series = new PlotSeries();
  series.add(-1e9, 1);
  series.breakAt(-5e8);
  for (let i = 0; i < MAX_POINTS; i++) series.add(i, i);
  const points = pointsOf(series);
  assert.deepEqual(points.slice(0, 3), [[-1e9, 1], [-5e8, NaN], [0, 0]]);
  const widest = points.slice(3).map(([time], i) => time - points[i + 2]![0]);
  assert.ok(Math.max(...widest) <= 10, `${Math.max(...widest)}`);
});

Deno.test("late points find their place in a full series", () => {
  const series = new PlotSeries();
  for (let i = 0; i < MAX_POINTS; i++) series.add(i * 2, i);
  series.add(1001, 1e6);
  const points = pointsOf(series);
  assert.deepEqual(points.find(([, value]) => value === 1e6), [1001, 1e6]);
  for (let i = 1; i < points.length; i++) assert.ok(points[i]![0] > points[i - 1]![0]);
});

Deno.test("dropBefore keeps the point from which the line comes in", () => {
  const series = new PlotSeries();
  for (let i = 0; i < 1000; i++) series.add(i, i);
  series.dropBefore(600);
  assert.equal(series.time(0), 599);
  assert.equal(series.lastValue(2000), 999);
  series.add(1000, 7);
  assert.equal(series.lastValue(2000), 7);
});
