import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Update } from "../../../gateway/sessions/messages.ts";
import type { ChannelModel } from "../channel_model.ts";
import type { Store } from "../store.ts";
import { switchState } from "../values/switch_state.ts";
import { fetchHistory } from "./fetch_history.ts";
import { PlotData } from "./plot_data.ts";
import { PlotPanel, type Span } from "./plot_panel.tsx";

const MINUTE = 60_000;
const WINDOWS = [
  { label: "1 min", length: MINUTE },
  { label: "5 min", length: 5 * MINUTE },
  { label: "15 min", length: 15 * MINUTE },
  { label: "1 h", length: 60 * MINUTE },
  { label: "6 h", length: 360 * MINUTE },
];
/** Points per topic that are asked for; about the pixels of a wide plot. */
const POINTS = 1200;

/** The numeric topics of a channel over time: history, then live. */
export function ChannelPlot({ store, model }: { store: Store; model: ChannelModel }) {
  const length = useSignal(5 * MINUTE);
  const zoom = useSignal<Span | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const data = useMemo(() => {
    const unitOf = (topic: string) =>
      model.topics.peek().find((each) => each.topic === topic)?.description.peek()?.unit;
    return new PlotData(unitOf);
  }, [model]);
  const view = useComputed(() => ({ length: length.value, zoom: zoom.value }));
  useHistory(store, model, data, length.value, (text) => problem.value = text);

  return (
    <section class="plots" aria-label="Plots">
      <div class="plot-bar">
        <fieldset class="segments">
          <legend class="hidden">Time shown</legend>
          {WINDOWS.map((each) => (
            <label key={each.length}>
              <input
                type="radio"
                name="window"
                checked={length.value === each.length}
                onChange={() => {
                  length.value = each.length;
                  zoom.value = undefined;
                }}
              />
              <span>{each.label}</span>
            </label>
          ))}
        </fieldset>
        {zoom.value && (
          <button type="button" class="small" onClick={() => zoom.value = undefined}>
            Back to live
          </button>
        )}
        {problem.value && <span class="muted">{problem.value}</span>}
      </div>
      {data.panels.value.map((panel) => (
        <PlotPanel
          key={`${panel.states} ${panel.unit}`}
          panel={panel}
          channel={model.name}
          view={view}
          store={store}
          held={panel.topics.value.map((topic) => panel.states || isHeld(model, topic))}
          onZoom={(chosen) => zoom.value = chosen}
        />
      ))}
      {data.panels.value.length === 0 && model.loaded.value && (
        <p class="muted panel">No numbers to plot yet.</p>
      )}
    </section>
  );
}

function isHeld(model: ChannelModel, topic: string): boolean {
  return model.described.value.some((each) => each.topic === topic && each.held);
}

/** Last values that hold until the next: settings and states. */
function holding(model: ChannelModel): Update[] {
  return model.topics.peek().flatMap((topic) => {
    const update = topic.update.peek();
    if (!update) return [];
    return topic.held || switchState(update.value) !== undefined ? [update] : [];
  });
}

/**
 * Feeds the plot: live at once, and the history of each window that is chosen.
 * A reconnect resumes and needs no new history, which may hold less than is shown.
 */
function useHistory(
  store: Store,
  model: ChannelModel,
  data: PlotData,
  length: number,
  report: (problem: string | undefined) => void,
) {
  useEffect(() => {
    for (const topic of model.topics.peek()) {
      const update = topic.update.peek();
      if (update) data.update(update);
    }
    model.listeners.add(data);
    return () => model.listeners.delete(data);
  }, [model, data]);

  const connected = store.connection.value.state === "connected";
  const loaded = useRef<number | undefined>(undefined);
  useEffect(() => {
    if (!connected || loaded.current === length) return;
    const abort = new AbortController();
    data.expectHistory();
    fetchHistory(model.name, store.time() - length, POINTS, abort.signal)
      .then((history) => {
        const connection = store.connection.peek();
        data.load(
          history,
          connection.state === "connected" ? connection.epoch : undefined,
          holding(model),
        );
        loaded.current = length;
        report(undefined);
      })
      .catch((error) => {
        if (!abort.signal.aborted) report(`Live values only. ${error.message}`);
      });
    return () => abort.abort();
  }, [model, data, length, connected]);
  useEffect(() => {
    const trim = setInterval(() => data.dropBefore(store.time() - length * 1.2), 5000);
    return () => clearInterval(trim);
  }, [data, length]);
}
