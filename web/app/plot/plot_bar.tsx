import { useComputed } from "@preact/signals";
import { exportPng } from "./export_png.ts";
import { historyPath } from "./fetch_history.ts";
import type { PlotContext } from "./plot_context.ts";
import type { Panel } from "./plot_data.ts";
import { clockText, spanText } from "./time_text.ts";
import { panned, WINDOWS, zoomed } from "./time_view.ts";

interface Props {
  context: PlotContext;
  panels: readonly Panel[];
  hidden: ReadonlySet<string>;
  problem: string | undefined;
}

/** Chooses the time that is shown, and takes it away as a file. */
export function PlotBar({ context, panels, hidden, problem }: Props) {
  const { time } = context;
  const { length, span } = time.view.value;
  const step = (label: string, sign: string, act: () => void) => (
    <button type="button" class="small" aria-label={label} title={label} onClick={act}>
      {sign}
    </button>
  );
  return (
    <div class="plot-bar">
      <fieldset class="segments">
        <legend class="hidden">Time shown</legend>
        {WINDOWS.map((each) => (
          <label key={each.length}>
            <input
              type="radio"
              name="window"
              checked={!span && length === each.length}
              onChange={() => time.live(each.length)}
            />
            <span>{each.label}</span>
          </label>
        ))}
      </fieldset>
      <button
        type="button"
        class="small follow"
        aria-pressed={!span}
        onClick={() => span ? time.live() : time.show(time.span.peek())}
      >
        {span ? "Live" : "Pause"}
      </button>
      <div class="steps" role="group" aria-label="Move">
        {step("Earlier", "‹", () => time.move(panned(time.span.peek(), -0.5), "pan"))}
        {step("Later", "›", () => time.move(panned(time.span.peek(), 0.5), "pan"))}
        {step("Zoom in", "+", () => time.move(zoomed(time.span.peek(), 0.5), "zoom"))}
        {step("Zoom out", "−", () => time.move(zoomed(time.span.peek(), 2), "zoom"))}
      </div>
      <div class="steps" role="group" aria-label="Export">
        <a
          class="as-button"
          href={csvPath(context)}
          download
          title="Every value of the time shown"
          onClick={(event) => event.currentTarget.href = csvPath(context)}
        >
          CSV
        </a>
        <button
          type="button"
          class="small"
          title="The plots as they are now, as a picture"
          onClick={() => exportPng(context, panels, hidden)}
        >
          PNG
        </button>
      </div>
      <CursorTime context={context} />
      {problem && <span class="muted" role="status">{problem}</span>}
    </div>
  );
}

function csvPath({ channel, time }: PlotContext): string {
  const { from, to } = time.span.peek();
  return historyPath(channel, { since: from, until: to, format: "csv" });
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
