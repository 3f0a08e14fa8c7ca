import { useComputed } from "@preact/signals";
import { topicLabel } from "../values/topic_label.ts";
import { type PlotContext, plotValue } from "./plot_context.ts";
import type { Line, Panel } from "./plot_data.ts";
import { theme } from "./theme.ts";
import { lineColor } from "./uplot_options.ts";
import type { Plotted } from "./use_plot.ts";

/** A value is told for a cursor that is at most so many widths of the plot away from it. */
const NEAR = 0.02;

interface LegendProps extends Plotted {
  onToggle(topic: string): void;
}

/** Lines by colour and name, each with its value at the cursor, else its last one. */
export function Legend({ panel, held, hidden, context, onToggle }: LegendProps) {
  return (
    <div class="legend" role="group" aria-label="Lines shown">
      {panel.lines.value.map((line, i) => (
        <button
          type="button"
          class="small legend-item"
          aria-pressed={!hidden.has(line.topic)}
          onClick={() => onToggle(line.topic)}
          key={line.topic}
        >
          <span class="swatch" style={{ background: lineColor(theme.value, i) }} />
          <span>{topicLabel(line.topic, context.channel)}</span>
          <LegendValue panel={panel} line={line} held={held[i]!} context={context} />
        </button>
      ))}
    </div>
  );
}

interface ValueProps {
  panel: Panel;
  line: Line;
  held: boolean;
  context: PlotContext;
}

/** Changes its text alone, however often values come. */
function LegendValue({ panel, line, held, context }: ValueProps) {
  const text = useComputed(() => {
    void panel.version.value;
    const at = context.cursor.value?.time;
    const { from, to } = context.time.span.value;
    if (at === undefined) return plotValue(panel, line.series.lastValue(to));
    return plotValue(panel, valueAt(line, at, held, (to - from) * NEAR));
  });
  return <span class="legend-value">{text}</span>;
}

/** Value that a line shows at a time; `undefined` where it has none. */
function valueAt({ series }: Line, time: number, held: boolean, near: number) {
  if (held) {
    const index = series.until(time);
    const value = index < 0 ? NaN : series.value(index);
    return Number.isNaN(value) ? undefined : value;
  }
  const index = series.nearest(time);
  if (index < 0) return undefined;
  const away = Math.abs(series.time(index) - time);
  return away <= near || isWithin(series, time) ? series.value(index) : undefined;
}

/** Whether a line is drawn at a time, between two points. */
function isWithin(series: Line["series"], time: number): boolean {
  const after = series.from(time);
  if (after <= 0 || after >= series.length) return false;
  return !Number.isNaN(series.value(after)) && !Number.isNaN(series.value(after - 1));
}
