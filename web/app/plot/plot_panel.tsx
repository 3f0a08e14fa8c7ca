import { type ReadonlySignal, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Store } from "../store.ts";
import { formatNumber } from "../values/format_value.ts";
import { topicLabel } from "../values/topic_label.ts";
import type { Panel } from "./plot_data.ts";
import { theme } from "./theme.ts";
import { uplotOptions } from "./uplot_options.ts";

/** Part of the time axis that was chosen, Unix milliseconds. */
export interface Span {
  from: number;
  to: number;
}

/** What the time axis shows: the last `length` milliseconds, or what was chosen. */
export interface View {
  length: number;
  zoom: Span | undefined;
}

interface Props {
  panel: Panel;
  channel: string;
  view: ReadonlySignal<View>;
  store: Store;
  /** By line, whether its values hold until they change. */
  held: boolean[];
  onZoom(span: Span): void;
}

/** A plot and what it was made of: the panel may be another, or have more lines, before it is. */
interface Drawn {
  made: uPlot;
  panel: Panel;
  topics: string[];
  held: boolean[];
}

/** One plot with the legend above it; topics that share a unit. */
export function PlotPanel({ panel, channel, view, store, held, onZoom }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const drawn = useSignal<Drawn | undefined>(undefined);
  const row = useSignal<number | undefined>(undefined);
  const hidden = useSignal<ReadonlySet<string>>(new Set());
  const topics = panel.topics.value;
  const colors = theme.value;

  useEffect(() => {
    const made = new uPlot(
      uplotOptions(panel, topics, held, colors, box.current!.clientWidth, {
        zoom: (from, to) => onZoom({ from, to }),
        cursor: (at) => row.value = at,
      }),
      panel.table.aligned(-Infinity, held),
      box.current!,
    );
    const observer = new ResizeObserver(() => {
      const width = box.current?.clientWidth ?? 0;
      if (width > 0 && width !== made.width) made.setSize({ width, height: made.height });
    });
    observer.observe(box.current!);
    drawn.value = { made, panel, topics, held };
    return () => {
      observer.disconnect();
      made.destroy();
      drawn.value = undefined;
    };
  }, [panel, topics, colors, held.join()]);

  useSignalEffect(() => {
    if (!drawn.value) return;
    const { made, panel, topics, held } = drawn.value;
    void panel.version.value;
    void store.now.value;
    const { length, zoom } = view.value;
    const now = store.time();
    const { from, to } = zoom ?? { from: now - length, to: now };
    made.batch(() => {
      const [times, ...lines] = panel.table.aligned(Math.min(to, store.known()), held);
      made.setData([times, ...lines.slice(0, topics.length)], false);
      made.setScale("x", { min: from, max: to });
    });
  });
  useSignalEffect(() => {
    const { made, topics } = drawn.value ?? {};
    topics?.forEach((topic, i) => made?.setSeries(i + 1, { show: !hidden.value.has(topic) }));
  });

  const toggle = (topic: string) => {
    const next = new Set(hidden.value);
    if (!next.delete(topic)) next.add(topic);
    hidden.value = next;
  };
  void panel.version.value;
  return (
    <section class="panel">
      <div class="legend">
        {topics.map((topic, i) => (
          <button
            type="button"
            class="legend-item"
            aria-pressed={!hidden.value.has(topic)}
            onClick={() => toggle(topic)}
            key={topic}
          >
            <span class={`swatch swatch-${i % colors.lines.length + 1}`} aria-hidden="true" />
            <span>{topicLabel(topic, channel)}</span>
            <span class="legend-value">
              {shown(panel, panel.table.valueAt(i, row.value ?? Infinity))}
            </span>
          </button>
        ))}
      </div>
      <div
        class="plot"
        ref={box}
        role="img"
        aria-label={`Plot of ${topics.map((topic) => topicLabel(topic, channel)).join(", ")}`}
      />
    </section>
  );
}

function shown(panel: Panel, value: number | undefined): string {
  if (value === undefined) return "–";
  if (panel.states) return value ? "on" : "off";
  return panel.unit ? `${formatNumber(value)} ${panel.unit}` : formatNumber(value);
}
