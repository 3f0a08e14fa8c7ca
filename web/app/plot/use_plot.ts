import { type ReadonlySignal, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import uPlot from "uplot";
import { topicLabel } from "../values/topic_label.ts";
import { addGestures } from "./gestures.ts";
import { pickAt } from "./pick.ts";
import type { PlotContext } from "./plot_context.ts";
import type { Line, Panel } from "./plot_data.ts";
import { PlotRows } from "./plot_rows.ts";
import { type Theme, theme } from "./theme.ts";
import type { Span } from "./time_view.ts";
import { uplotOptions } from "./uplot_options.ts";

/** What a plot shows. */
export interface Plotted {
  panel: Panel;
  context: PlotContext;
  /** By line, whether its values hold until they change. */
  held: boolean[];
  /** Topics whose lines are not drawn. */
  hidden: ReadonlySet<string>;
}

/** A plot and what it was made of: the panel may have more lines before it is made anew. */
interface Drawn {
  plot: uPlot;
  lines: readonly Line[];
  held: boolean[];
  /** What is drawn now. */
  last?: { version: number; span: Span; hidden: ReadonlySet<string> };
}

/** Keeps a plot in an element, drawn anew when that can be seen. */
export function usePlot(
  element: { current: HTMLDivElement | null },
  { panel, context, held, hidden }: Plotted,
): ReadonlySignal<Drawn | undefined> {
  const lines = panel.lines.value;
  const colors = theme.value;
  const drawn = useSignal<Drawn | undefined>(undefined);
  const visible = useSignal(true);
  const hides = useSignal(hidden);
  hides.value = hidden;
  const rows = useMemo(() => new PlotRows(), []);
  useEffect(() => {
    const box = element.current!;
    const plot = makePlot(box, panel, lines, held, colors, context);
    const shown = () => lines.filter(({ topic }) => !hides.peek().has(topic));
    plot.over.addEventListener("click", (event) => {
      if (event.shiftKey) return;
      const { left, top } = plot.over.getBoundingClientRect();
      context.picked.value = pickAt(shown(), plot, event.clientX - left, event.clientY - top);
    });
    const ungesture = addGestures(plot.over, context.time);
    const unwatch = watch(box, plot, (seen) => visible.value = seen);
    context.drawn.set(panel, plot);
    drawn.value = { plot, lines, held };
    return () => {
      unwatch();
      ungesture();
      context.drawn.delete(panel);
      plot.destroy();
      drawn.value = undefined;
    };
  }, [panel, lines, colors, held.join()]);
  useSignalEffect(() => {
    if (!drawn.value) return;
    if (visible.value) void [context.time.tick.value, context.time.span.value];
    // Out of sight each second is enough: pictures show it too.
    else void context.store.now.value;
    draw(drawn.value, rows, context, panel.version.peek(), hides.value);
  });
  return drawn;
}

function makePlot(
  box: HTMLElement,
  panel: Panel,
  lines: readonly Line[],
  held: boolean[],
  colors: Theme,
  { time, cursor, channel }: PlotContext,
): uPlot {
  const topics = lines.map(({ topic }) => topic);
  const options = uplotOptions({
    states: panel.states,
    topics,
    labels: topics.map((topic) => topicLabel(topic, channel)),
    held,
    theme: colors,
    width: box.clientWidth,
  }, {
    zoom: (from, to) => time.show({ from, to }),
    cursor: (at) => {
      if (at !== undefined) cursor.value = { panel, time: at };
      else if (cursor.peek()?.panel === panel) cursor.value = undefined;
    },
  });
  return new uPlot(options, [[], ...topics.map(() => [])], box);
}

/** Follows the width of the box, and whether it is in sight. */
function watch(box: HTMLElement, plot: uPlot, seen: (visible: boolean) => void): () => void {
  const size = new ResizeObserver(() => {
    const width = box.clientWidth;
    if (width > 0 && width !== plot.width) plot.setSize({ width, height: plot.height });
  });
  const sight = new IntersectionObserver((entries) => seen(entries.at(-1)!.isIntersecting), {
    rootMargin: "100px",
  });
  size.observe(box);
  sight.observe(box);
  return () => {
    size.disconnect();
    sight.disconnect();
  };
}

function draw(
  drawn: Drawn,
  rows: PlotRows,
  { store, time }: PlotContext,
  version: number,
  hidden: ReadonlySet<string>,
): void {
  const { plot, lines, held, last } = drawn;
  const span = time.span.peek();
  if (last?.version === version && last.span === span && last.hidden === hidden) return;
  drawn.last = { version, span, hidden };
  const { from, to } = span;
  const shown = lines.map(({ topic }) => !hidden.has(topic));
  const series = lines.map(({ series }, i) => ({ series, held: held[i]!, shown: shown[i]! }));
  const pixels = Math.max(100, plot.bbox.width);
  plot.batch(() => {
    plot.setData(rows.build(series, { from, to, until: store.known(), pixels }), false);
    // Of a time with a fraction uPlot makes ticks a millisecond before the second.
    plot.setScale("x", { min: Math.round(from), max: Math.round(to) });
    shown.forEach((show, i) => {
      if (plot.series[i + 1]!.show !== show) plot.setSeries(i + 1, { show });
    });
  });
}
