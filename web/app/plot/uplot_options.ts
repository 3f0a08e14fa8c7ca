import uPlot from "uplot";
import { formatNumber } from "../values/format_value.ts";
import type { Panel } from "./plot_data.ts";
import type { Theme } from "./theme.ts";

const FONT = "12px system-ui, sans-serif";
/** Width of the value axis in CSS pixels, equal in all panels so that times line up. */
const AXIS = 58;

/** Heights in CSS pixels: of the time axis, of a plot of numbers, of one state. */
const TIMES = 26;
const PLOT = 220;
const LANE = 30;

/** What a plot tells its component. */
export interface PlotHooks {
  /** The person chose a span of time by dragging, Unix milliseconds. */
  zoom(from: number, to: number): void;
  /** The pointer is over this row of the table; `undefined` when it left. */
  cursor(row: number | undefined): void;
}

function clock(time: number, seconds: boolean): string {
  const date = new Date(time);
  const two = (n: number) => String(n).padStart(2, "0");
  const minutes = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return seconds ? `${minutes}:${two(date.getSeconds())}` : minutes;
}

/** Room above and below, and some height for a value that does not move. */
function valueRange(_: uPlot, low: number | null, high: number | null): uPlot.Range.MinMax {
  if (low === null || high === null) return [0, 1];
  const span = Math.max(high - low, Math.abs(high) * 0.01, 1e-9);
  const pad = (span - (high - low)) / 2 + span * 0.12;
  return [low - pad, high + pad];
}

function color(theme: Theme, index: number): string {
  return theme.lines[index % theme.lines.length]!;
}

function lane(index: number): string {
  return `lane-${index}`;
}

/** Puts states one below the other: each has 0 to 1 in a part of the height. */
function laneScales(count: number): uPlot.Scales {
  const scales: uPlot.Scales = {};
  for (let i = 0; i < count; i++) {
    const below = (count - 1 - i) * 1.5;
    scales[lane(i)] = { range: [-below - 0.1, count * 1.5 - below - 0.1] };
  }
  return scales;
}

function axes(panel: Panel, theme: Theme): uPlot.Axis[] {
  const common = {
    stroke: theme.text,
    font: FONT,
    grid: { stroke: theme.grid, width: 1 },
    ticks: { show: false },
  };
  return [
    {
      ...common,
      size: TIMES,
      gap: 4,
      space: 72,
      values: (_, times, __, ___, step) => times.map((time) => clock(time, step < 60_000)),
    },
    panel.states ? { ...common, scale: lane(0), size: AXIS, splits: () => [], values: () => [] } : {
      ...common,
      size: AXIS,
      space: 32,
      values: (_, values) => values.map((value) => formatNumber(value)),
    },
  ];
}

/** Options of one panel's plot; the time axis is set from outside. */
export function uplotOptions(
  panel: Panel,
  topics: string[],
  held: boolean[],
  theme: Theme,
  width: number,
  hooks: PlotHooks,
): uPlot.Options {
  return {
    width,
    height: panel.states ? topics.length * LANE + TIMES + 10 : PLOT,
    ms: 1,
    padding: [10, 26, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      sync: { key: "channel", setSeries: false },
      drag: { x: true, y: false, setScale: false },
      points: { size: 7 },
    },
    scales: {
      x: { time: true, auto: false },
      ...(panel.states ? laneScales(topics.length) : { y: { range: valueRange } }),
    },
    axes: axes(panel, theme),
    series: [
      {},
      ...topics.map((label, i): uPlot.Series => ({
        label,
        stroke: color(theme, i),
        width: 1.75,
        ...(panel.states ? { scale: lane(i), fill: `${color(theme, i)}33`, fillTo: () => 0 } : {}),
        ...(held[i]
          ? { points: { show: false }, paths: uPlot.paths.stepped!({ align: 1 }) }
          : { points: { size: 4 } }),
      })),
    ],
    hooks: {
      setSelect: [(plot) => {
        const { left, width } = plot.select;
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        if (width > 8) hooks.zoom(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
      }],
      setCursor: [(plot) => hooks.cursor(plot.cursor.idx ?? undefined)],
    },
  };
}
