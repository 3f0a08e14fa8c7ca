import { useComputed } from "@preact/signals";
import { Segments } from "../segments.tsx";
import { exportPng } from "./export_png.ts";
import { historyPath } from "./fetch_history.ts";
import type { PlotContext } from "./plot_context.ts";
import type { Panel } from "./plot_data.ts";
import { clockText, spanText } from "./time_text.ts";
import { WINDOWS } from "./time_view.ts";

interface Props {
  context: PlotContext;
  panels: readonly Panel[];
  hidden: ReadonlySet<string>;
}

/** Chooses the time that is shown, and takes it away as a file. */
export function PlotBar({ context, panels, hidden }: Props) {
  const { time, channel } = context;
  const { length, span } = time.view.value;
  const step = (label: string, sign: string, act: () => void) => (
    <button type="button" class="small" aria-label={label} title={label} onClick={act}>
      {sign}
    </button>
  );
  return (
    <div class="plot-bar">
      <Segments
        legend="Time shown"
        options={WINDOWS}
        value={span ? 0 : length}
        onChoose={(each) => time.live(each)}
      />
      <button
        type="button"
        class="small follow"
        aria-pressed={!span}
        onClick={() => span ? time.live() : time.show(time.span.peek())}
      >
        {span ? "Live" : "Pause"}
      </button>
      <div class="steps" role="group" aria-label="Move">
        {step("Earlier", "‹", () => time.pan(-0.5))}
        {step("Later", "›", () => time.pan(0.5))}
        {step("Zoom in", "+", () => time.zoom(0.5))}
        {step("Zoom out", "−", () => time.zoom(2))}
      </div>
      <div class="steps" role="group" aria-label="Export">
        {step("Download every value of the time shown as CSV", "CSV", () => {
          const { from, to } = time.span.peek();
          const href = historyPath(channel, { since: from, until: to, format: "csv" });
          Object.assign(document.createElement("a"), { href, download: "" }).click();
        })}
        {step(
          "Download a picture of the plots as PNG",
          "PNG",
          () => exportPng(context, panels, hidden),
        )}
      </div>
      <CursorTime context={context} />
    </div>
  );
}

/** What time is under the pointer, else which is shown. */
function CursorTime({ context }: { context: PlotContext }) {
  const { time, store, cursor } = context;
  const text = useComputed(() => {
    const { length, span } = time.view.value;
    const at = cursor.value?.time;
    if (at !== undefined) return clockText(at, (span ? span.to - span.from : length) / 1000);
    return span ? spanText(span, store.now.value) : "";
  });
  return <span class="plot-time">{text}</span>;
}
