import { useRef } from "preact/hooks";
import { topicLabel } from "../values/topic_label.ts";
import { Legend } from "./legend.tsx";
import { PickedPointBox } from "./picked_point.tsx";
import { pressed } from "./plot_keys.ts";
import { plotHeight } from "./uplot_options.ts";
import { type Plotted, usePlot } from "./use_plot.ts";

interface Props extends Plotted {
  onToggle(topic: string): void;
}

/** One plot with the legend above it; topics that share a unit. */
export function PlotPanel(props: Props) {
  const { panel, context, hidden } = props;
  const lines = panel.lines.value;
  const panelBox = useRef<HTMLElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const plot = usePlot(box, props).value?.plot;
  const labels = lines.map(({ topic }) => topicLabel(topic, context.channel));
  const shown = lines.filter(({ topic }) => !hidden.has(topic));
  const enter = () => panelBox.current?.querySelector<HTMLElement>(".picked button")?.focus();
  return (
    <section class="box panel" ref={panelBox}>
      <Legend {...props} />
      <div
        class="plot"
        ref={box}
        role="application"
        aria-roledescription="plot"
        aria-label={`Plot of ${labels.join(", ")}`}
        aria-describedby="plot-keys"
        tabIndex={0}
        style={{ height: `${plotHeight(panel.states, lines.length)}px` }}
        onKeyDown={(event) => {
          if (pressed(event, context, shown, enter)) event.preventDefault();
        }}
      />
      <PickedPointBox panel={panel} context={context} plot={plot} box={box} />
    </section>
  );
}
