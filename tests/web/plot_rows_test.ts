/** The rows that a plot draws. */
import assert from "node:assert/strict";
import { PlotRows } from "../../web/app/plot/plot_rows.ts";
import { PlotSeries } from "../../web/app/plot/plot_series.ts";

type Point = readonly [time: number, value: number];

function drawn(points: readonly Point[], held = false, shown = true) {
  const series = new PlotSeries();
  for (const [time, value] of points) {
    if (Number.isNaN(value)) series.breakAt(time);
    else series.add(time, value);
  }
  return { series, held, shown };
}

const WIDE = { from: 0, to: 100, until: 100, pixels: 500 };

Deno.test("series share a row per time", () => {
  const rows = new PlotRows().build(
    [drawn([[1, 10], [2, 11]]), drawn([[1.5, 19], [2, 20]])],
    WIDE,
  );
  assert.deepEqual(rows, [[1, 1.5, 2], [10, undefined, 11], [undefined, 19, 20]]);
});

Deno.test("the line comes in from before what is shown, and goes out", () => {
  const points = Array.from({ length: 200 }, (_, i): Point => [i, i]);
  const rows = new PlotRows().build([drawn(points)], { ...WIDE, from: 50.5, to: 60.5 });
  assert.deepEqual([rows[0][0], rows[0].at(-1)], [50, 61]);
});

Deno.test("held values go on as far as is known, over no break; others end", () => {
  const given = [drawn([[1, 10]], true), drawn([[1, 20]]), drawn([[1, 30], [2, NaN]], true)];
  assert.deepEqual(new PlotRows().build(given, { ...WIDE, until: 5 }), [
    [1, 2, 5],
    [10, undefined, 10],
    [20, undefined, undefined],
    [30, null, null],
  ]);
  assert.deepEqual(new PlotRows().build(given.slice(0, 1), { ...WIDE, until: 0 }), [[1], [10]]);
  const beyond = drawn([[1, 40], [200, 41]]);
  assert.deepEqual(
    new PlotRows().build([given[0]!, beyond], WIDE),
    [[1, 100, 200], [10, 10, undefined], [40, undefined, 41]],
    "to the edge, though another line goes on",
  );
});

Deno.test("hidden series cost no rows", () => {
  const rows = new PlotRows().build([drawn([[1, 10]], false, false), drawn([[2, 20]])], WIDE);
  assert.deepEqual(rows, [[2], [undefined], [20]]);
});

Deno.test("many points become the extremes of each pixel, breaks and last states kept", () => {
  const wave = Array.from({ length: 10_000 }, (_, i): Point => {
    if (i === 7000) return [i / 100, NaN];
    return [i / 100, i === 1234 ? 99 : i === 8765 ? -99 : Math.sin(i)];
  });
  // On, off and on again within each pixel: what it is at the end counts.
  const flicker = Array.from({ length: 10_000 }, (_, i): Point => [i / 100 + 0.003, i % 2 ^ 1]);
  flicker.push([99.996, 1]);
  const plot = new PlotRows();
  const [times, line, state] = plot.build(
    [drawn(wave), drawn(flicker, true)],
    { ...WIDE, pixels: 100 },
  );
  assert.ok(times.length <= 100 * 2 * 4 + 2, `${times.length} rows`);
  const values = [...line!] as (number | null | undefined)[];
  assert.ok(Math.abs(times[values.indexOf(99)]! - 12.34) < 1, "within a pixel of where it was");
  assert.ok(Math.abs(times[values.indexOf(-99)]! - 87.65) < 1);
  assert.equal(values.filter((value) => value === null).length, 1);
  assert.equal([...state!].findLast((value) => value !== undefined), 1);
  for (let i = 1; i < times.length; i++) assert.ok(times[i]! >= times[i - 1]!);
});

Deno.test("slices stand still while time moves on", () => {
  const points = Array.from({ length: 10_000 }, (_, i): Point => [i / 50, Math.sin(i * i)]);
  const plot = new PlotRows();
  const shown = (from: number) => {
    const [times, values] = plot.build([drawn(points)], {
      from,
      to: from + 100,
      until: 0,
      pixels: 100,
    });
    return [...times].map((time, i) => `${time} ${values![i]}`).filter((_, i) => {
      return times[i]! > 40 && times[i]! < 90;
    });
  };
  assert.deepEqual(shown(10.3), shown(17.9));
});
