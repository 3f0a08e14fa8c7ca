import uPlot from "uplot";
import { formatNumber } from "../values/format_value.ts";
import type { Theme } from "./theme.ts";
import { clockText } from "./time_text.ts";

export const FONT = "12px system-ui, sans-serif";
/** Width of the value axis in CSS pixels, equal in all panels so that times line up. */
const AXIS = 58;

/** Heights in CSS pixels: of the time axis, of a plot of numbers, of one state. */
const TIMES = 26;
const PLOT = 220;
const LANE = 26;
/** A lane is so many times as high as what is on. */
const LANE_SPACE = 1.6;
/** Letters for which the value axis has room. */
const LANE_NAME = 7;
/** So few rows have dots though they are beside each other, as the first values of all topics. */
const FEW_POINTS = 10;
/** Longest text beside the value axis, characters. */
const AXIS_NAME = 8;

/** What a plot tells its component. */
export interface PlotHooks {
  /** The person chose a span of time by dragging, Unix milliseconds. */
  zoom(from: number, to: number): void;
  /** The pointer is over this time; `undefined` when it left. */
  cursor(time: number | undefined): void;
}

/** What a plot is made of. */
export interface PlotMake {
  states: boolean;
  /** Of the lines, by which they are found. */
  topics: string[];
  /** What people call them. */
  labels: string[];
  held: boolean[];
  theme: Theme;
  /** CSS pixels. */
  width: number;
}

/** Room above and below, and some height for a value that does not move. */
function valueRange(_: uPlot, low: number | null, high: number | null): uPlot.Range.MinMax {
  if (low === null || high === null) return [0, 1];
  const span = Math.max(high - low, Math.abs(high) * 0.01, 1e-9);
  const pad = (span - (high - low)) / 2 + span * 0.12;
  return [low - pad, high + pad];
}

/** Colour of a line, which comes again after all were used. */
export function lineColor(theme: Theme, index: number): string {
  return theme.lines[index % theme.lines.length]!;
}

function lane(index: number): string {
  return `lane-${index}`;
}

/** Puts states one below the other: each has 0 to 1 in a part of the height. */
function laneScales(count: number): uPlot.Scales {
  const scales: uPlot.Scales = {};
  for (let i = 0; i < count; i++) {
    const below = (count - 1 - i) * LANE_SPACE;
    scales[lane(i)] = { range: [-below - 0.2, (count * LANE_SPACE) - below - 0.2] };
  }
  return scales;
}

/** Names of the lanes, lowest first, as their places rise. */
function laneAxis(labels: readonly string[]): Pick<uPlot.Axis, "splits" | "values" | "scale"> {
  const lanes = labels.map((label, i) => ({
    place: 0.5 - i * LANE_SPACE,
    name: label.length > LANE_NAME ? `${label.slice(0, LANE_NAME - 1)}…` : label,
  })).reverse();
  return {
    scale: lane(0),
    splits: () => lanes.map(({ place }) => place),
    values: () => lanes.map(({ name }) => name),
  };
}

/** A number as it fits beside the plot. */
function axisText(value: number): string {
  const text = formatNumber(value);
  return text.length <= AXIS_NAME ? text : Number(value.toPrecision(4)).toExponential();
}

function axes({ states, labels, theme }: PlotMake): uPlot.Axis[] {
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
      // Less where labels are hours and minutes: by the width of a minute.
      space: (_, __, from, to, width) => width * 60_000 / (to - from) < 84 ? 42 : 66,
      values: (_, times, __, ___, step) => times.map((time) => clockText(time, step)),
    },
    states ? { ...common, ...laneAxis(labels), size: AXIS, gap: 4, grid: { show: false } } : {
      ...common,
      size: AXIS,
      space: 32,
      values: (_, values) => values.map(axisText),
    },
  ];
}

/** Whether each point gets a dot: where there is room for them, or only a few. */
function showsPoints(plot: uPlot, series: number): boolean {
  const [first, last] = plot.series[0]!.idxs!;
  const [from, to] = [first, last].map((row) => plot.valToPos(plot.data[0][row]!, "x"));
  const room = (to! - from!) / plot.series[series]!.points!.space!;
  return last - first <= Math.max(FEW_POINTS, room);
}

function lines({ topics, states, held, theme }: PlotMake): uPlot.Series[] {
  return topics.map((label, i) => ({
    label,
    stroke: lineColor(theme, i),
    width: states ? 1 : 1.5,
    ...(states ? { scale: lane(i), fill: `${lineColor(theme, i)}99`, fillTo: () => 0 } : {}),
    ...(held[i]
      ? { points: { show: false }, paths: uPlot.paths.stepped!({ align: 1 }) }
      : { points: { size: 4, show: showsPoints } }),
  }));
}

/** Height that a plot gets, CSS pixels. */
export function plotHeight(states: boolean, lines: number): number {
  return states ? lines * LANE + TIMES + 10 : PLOT;
}

/** Options of one panel's plot; the time axis is set from outside. */
export function uplotOptions(make: PlotMake, hooks: PlotHooks): uPlot.Options {
  const { states, labels, width } = make;
  return {
    width,
    height: plotHeight(states, labels.length),
    ms: 1,
    padding: [10, 26, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      sync: { key: "channel", setSeries: false },
      drag: { x: true, y: false, setScale: false },
      points: states ? { show: false } : { size: 7 },
      bind: {
        // Dragging with shift or another button pans.
        mousedown: (_, __, handler) => (event) => {
          if (event.button === 0 && !event.shiftKey) handler(event);
          return null;
        },
        // It would show all that is known, which is more than is looked at.
        dblclick: () => null,
      },
    },
    scales: {
      x: { time: true, auto: false },
      ...(states ? laneScales(labels.length) : { y: { range: valueRange } }),
    },
    axes: axes(make),
    series: [{}, ...lines(make)],
    hooks: {
      setSelect: [(plot) => {
        const { left, width } = plot.select;
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        if (width > 8) hooks.zoom(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
      }],
      setCursor: [(plot) => {
        // Not when another plot's pointer moves this one's.
        if (plot.cursor.event === null) return;
        const { left } = plot.cursor;
        hooks.cursor(left === undefined || left < 0 ? undefined : plot.posToVal(left, "x"));
      }],
    },
  };
}
