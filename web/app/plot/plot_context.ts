import type { Signal } from "@preact/signals";
import type uPlot from "uplot";
import type { Store } from "../store.ts";
import { formatNumber } from "../values/format_value.ts";
import type { Line, Panel } from "./plot_data.ts";
import type { TimeState } from "./time_state.ts";

/** A point that the person chose. */
export interface PickedPoint {
  line: Line;
  time: number;
  value: number;
}

/** What the panels of a channel share. */
export interface PlotContext {
  store: Store;
  channel: string;
  time: TimeState;
  /** Time under the pointer, and the panel that it is in. */
  cursor: Signal<{ panel: Panel; time: number } | undefined>;
  picked: Signal<PickedPoint | undefined>;
  /** Plots on the page, as a picture needs them. */
  drawn: Map<Panel, uPlot>;
}

/** A value with its unit, as legends show it. */
export function plotValue(panel: Panel, value: number | undefined): string {
  if (value === undefined) return "–";
  if (panel.states) return value ? "on" : "off";
  return panel.unit ? `${formatNumber(value)} ${panel.unit}` : formatNumber(value);
}
