import assert from "node:assert/strict";
import { MAX_ROWS, PlotTable } from "../../web/app/plot/plot_table.ts";

Deno.test("columns share a row per time", () => {
  const table = new PlotTable();
  const a = table.addColumn();
  table.add(a, 1, 10);
  const b = table.addColumn();
  table.add(b, 2, 20);
  table.add(a, 2, 11);
  table.add(b, 1.5, 19);
  assert.deepEqual(table.aligned(9, [false, false]), [
    [1, 1.5, 2],
    [10, undefined, 11],
    [undefined, 19, 20],
  ]);
  assert.equal(table.valueAt(a, 1), 10);
  assert.equal(table.valueAt(b, 0), undefined);
});

Deno.test("held columns go on to the end, others don't", () => {
  const table = new PlotTable();
  const [a, b] = [table.addColumn(), table.addColumn()];
  table.add(a, 1, 10);
  table.add(b, 1, 20);
  assert.deepEqual(table.aligned(5, [true, false]), [[1, 5], [10, 10], [20, undefined]]);
  assert.deepEqual(table.aligned(0, [true, false]), [[1], [10], [20]]);
});

Deno.test("a break parts the line", () => {
  const table = new PlotTable();
  const a = table.addColumn();
  table.breakAfter(0);
  assert.equal(table.rows, 0);
  table.add(a, 1, 10);
  table.breakAfter(1);
  table.add(a, 9, 12);
  assert.deepEqual(table.aligned(9, [true])[1], [10, null, 12]);
  assert.equal(table.valueAt(a, 1), undefined);
});

Deno.test("stays bounded, and keeps extremes, order and breaks", () => {
  const table = new PlotTable();
  const [a, b] = [table.addColumn(), table.addColumn()];
  for (let i = 0; i < MAX_ROWS * 3; i++) {
    table.add(a, i, i === 5000 ? 1e6 : i === 20_000 ? -1e6 : Math.sin(i));
    table.add(b, i + 0.5, 1);
    if (i === 10_000) table.breakAfter(i + 0.5);
    assert(table.rows <= MAX_ROWS);
  }
  const [times, column] = table.aligned(0, []);
  const values = [...column!] as (number | null | undefined)[];
  assert.equal(Math.max(...values.filter((v) => typeof v === "number")), 1e6);
  assert.equal(Math.min(...values.filter((v) => typeof v === "number")), -1e6);
  assert(values.includes(null));
  const spike = times[values.indexOf(1e6)]!;
  assert(Math.abs(spike - 5000) < MAX_ROWS * 3 / 1000, `${spike}`);
  for (let i = 1; i < times.length; i++) assert(times[i]! > times[i - 1]!);
});

Deno.test("dropBefore keeps the row from which the line comes in", () => {
  const table = new PlotTable();
  const a = table.addColumn();
  for (let i = 0; i < 1000; i++) table.add(a, i, i);
  table.dropBefore(600);
  assert.equal(table.aligned(0, [])[0][0], 599);
});
