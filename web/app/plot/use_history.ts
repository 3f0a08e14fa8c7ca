import { useEffect, useRef, useState } from "preact/hooks";
import type { Update } from "../../../gateway/sessions/messages.ts";
import type { EventLog } from "../channel/event_log.ts";
import type { ChannelModel } from "../channel_model.ts";
import type { Store } from "../store.ts";
import { switchState } from "../values/switch_state.ts";
import { fetchHistory } from "./fetch_history.ts";
import type { PlotData } from "./plot_data.ts";
import type { View } from "./time_view.ts";

/** Points per topic and width of the plot that are asked for; two of them share a wide pixel. */
const POINTS = 1500;
/** Of a span that stands still, so much more is loaded on each side, for moving along. */
const MARGIN = 0.5;
/** How often what no window shows any more is freed, milliseconds. */
const TRIM = 5000;
/** Updates that were left out are loaded when none have been for so long, milliseconds. */
const CALM = 1000;

interface Sources {
  store: Store;
  model: ChannelModel;
  data: PlotData;
  events: EventLog;
  joined: boolean;
}

/** Last values that hold until the next: settings and states. */
function holding(model: ChannelModel): Update[] {
  return model.topics.peek().flatMap((topic) => {
    const update = topic.update.peek();
    if (!update) return [];
    return topic.held || switchState(update.value) !== undefined ? [update] : [];
  });
}

function rangeOf({ length, span }: View, now: number) {
  if (!span) return { since: now - length, points: POINTS };
  const margin = (span.to - span.from) * MARGIN;
  return {
    since: span.from - margin,
    until: span.to + margin,
    points: Math.round(POINTS * (1 + 2 * MARGIN)),
  };
}

/**
 * Feeds the plot: live at once, and the history of each time that is chosen.
 * A reconnect resumes and needs no new history, which may hold less than is shown.
 *
 * @param report Gets why there is no history.
 */
export function useHistory(
  { store, model, data, events, joined }: Sources,
  view: View,
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

  const missed = data.missed.value;
  const [again, setAgain] = useState(0);
  useEffect(() => {
    const timer = setTimeout(() => setAgain(missed), CALM);
    return () => clearTimeout(timer);
  }, [missed]);

  const { length, span } = view;
  const key = `${again} ${span ? `${span.from} ${span.to}` : length}`;
  const loaded = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (!joined || loaded.current === key) return;
    const abort = new AbortController();
    const range = rangeOf(view, store.time());
    data.expectHistory(range.until ?? Infinity);
    fetchHistory(model.name, range, abort.signal)
      .then((history) => {
        if (abort.signal.aborted) return;
        const connection = store.connection.peek();
        const epoch = connection.state === "connected" ? connection.epoch : undefined;
        for (const { topic, points } of history.others ?? []) {
          for (const [time, value] of points) events.update({ topic, time, value });
        }
        data.load(history, { epoch, known: holding(model), lost: events.lost() });
        loaded.current = key;
        report(undefined);
      })
      .catch((error) => {
        if (!abort.signal.aborted) report(`Live values only. ${error.message}`);
      });
    return () => abort.abort();
  }, [model, data, key, joined]);
  useEffect(() => {
    if (span) return;
    const trim = setInterval(() => data.dropBefore(store.time() - length * 1.2), TRIM);
    return () => clearInterval(trim);
  }, [data, length, span === undefined]);
}
