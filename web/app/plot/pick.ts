import type uPlot from "uplot";
import type { PickedPoint } from "./plot_context.ts";
import type { Line } from "./plot_data.ts";
import type { Span } from "./time_view.ts";

/** A click so near to a point means it, CSS pixels. */
const NEAR = 32;
/** Points at so many pixels to each side are looked at beside the nearest in time. */
const BESIDE = 8;

function point(line: Line, index: number): PickedPoint {
  return { line, time: line.series.time(index), value: line.series.value(index) };
}

/**
 * The point nearest to a place of a plot.
 *
 * @param lines Those that are shown.
 * @param left, top CSS pixels within the plot.
 */
export function pickAt(
  lines: readonly Line[],
  plot: uPlot,
  left: number,
  top: number,
): PickedPoint | undefined {
  let best: PickedPoint | undefined;
  let distance = NEAR;
  const time = plot.posToVal(left, "x");
  for (const line of lines) {
    const { series } = line;
    const nearest = series.nearest(time);
    if (nearest < 0) continue;
    const first = Math.min(nearest, series.from(plot.posToVal(left - BESIDE, "x")));
    const end = Math.max(nearest + 1, series.from(plot.posToVal(left + BESIDE, "x")));
    for (let index = first; index < end; index++) {
      if (Number.isNaN(series.value(index))) continue;
      const picked = point(line, index);
      const at = placeOf(plot, picked);
      // The line is as good to click on as its point, where points are far apart.
      const away = line.panel.states
        ? Math.max(0, Math.abs(at.top - top) - 8)
        : Math.hypot((at.left - left) / 4, at.top - top);
      if (away < distance) [best, distance] = [picked, away];
    }
  }
  return best;
}

/** Where a point is drawn, CSS pixels within the plot. */
export function placeOf(plot: uPlot, { line, time, value }: PickedPoint) {
  const series = plot.series.find(({ label }) => label === line.topic);
  return {
    left: plot.valToPos(time, "x"),
    top: plot.valToPos(value, series?.scale ?? "y"),
  };
}

/**
 * The point that a key leads to.
 *
 * @param by Points along the line; 0: stay at its time.
 * @param next Lines further down.
 */
export function stepFrom(
  picked: PickedPoint | undefined,
  lines: readonly Line[],
  { from, to }: Span,
  by: -1 | 0 | 1,
  next: -1 | 0 | 1 = 0,
): PickedPoint | undefined {
  const known = picked ? lines.indexOf(picked.line) : -1;
  const line = lines[known < 0 ? 0 : (known + next + lines.length) % lines.length];
  if (!line) return undefined;
  const { series } = line;
  if (known < 0 || !picked) {
    const last = series.nearest(to);
    return last < 0 ? undefined : point(line, last);
  }
  let index = series.nearest(picked.time) + by;
  while (index >= 0 && index < series.length && Number.isNaN(series.value(index))) index += by;
  const inside = index >= 0 && index < series.length && series.time(index) >= from &&
    series.time(index) <= to;
  return inside ? point(line, index) : picked;
}
