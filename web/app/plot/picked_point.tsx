import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type uPlot from "uplot";
import { showBytes, updateAt } from "../channel/show_bytes.ts";
import { topicLabel } from "../values/topic_label.ts";
import { placeOf } from "./pick.ts";
import { type PlotContext, plotValue } from "./plot_context.ts";
import type { Panel } from "./plot_data.ts";
import { clockText } from "./time_text.ts";

/** Width that it has in plot.css, CSS pixels; it stays within the panel. */
const WIDTH = 252;

interface Props {
  panel: Panel;
  context: PlotContext;
  plot: uPlot | undefined;
  box: { current: HTMLDivElement | null };
}

/** The point that was chosen, and for admins the way to its bytes. */
export function PickedPointBox({ panel, context, plot, box }: Props) {
  const problem = useSignal<string | undefined>(undefined);
  const picked = context.picked.value;
  const here = plot && picked?.line.panel === panel ? picked : undefined;
  useEffect(() => {
    problem.value = undefined;
  }, [here]);
  if (!here || !plot) return null;
  void context.time.span.value;
  const close = () => {
    context.picked.value = undefined;
    box.current?.focus();
  };
  const show = async () => {
    problem.value = await showBytes(updateAt(context.channel, here.line.topic, here.time));
  };
  const { left, top } = placeOf(plot, here);
  const within = left >= 0 && left <= plot.over.clientWidth;
  const { offsetLeft, offsetTop, clientWidth } = box.current!;
  const rightmost = offsetLeft + clientWidth - WIDTH - 4;
  const x = offsetLeft + plot.over.offsetLeft + left;
  const y = offsetTop + plot.over.offsetTop + top;
  return (
    <>
      {within && <span class="picked-mark" style={place(x, y)} aria-hidden="true" />}
      <div
        class="box picked"
        style={place(Math.max(4, Math.min(x - WIDTH / 2, rightmost)), y + 12)}
        onKeyDown={(event) => event.key === "Escape" && close()}
      >
        <p role="status">
          <strong>{plotValue(panel, here.value)}</strong>{" "}
          {topicLabel(here.line.topic, context.channel)}
          <span class="below">{clockText(here.time, 1)}</span>
        </p>
        <div class="steps">
          {context.store.role.value === "admin" && (
            <button type="button" class="small" onClick={show}>Show its bytes</button>
          )}
          <button type="button" class="small" onClick={close}>Close</button>
        </div>
        {problem.value && <p class="muted" role="status">{problem.value}</p>}
      </div>
    </>
  );
}

function place(left: number, top: number) {
  return { left: `${left}px`, top: `${top}px` };
}
