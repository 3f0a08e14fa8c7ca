import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo } from "preact/hooks";
import type { EventLog } from "../channel/event_log.ts";
import type { ChannelModel } from "../channel_model.ts";
import { setQuery } from "../router.ts";
import type { Store } from "../store.ts";
import { PlotBar } from "./plot_bar.tsx";
import type { PlotContext } from "./plot_context.ts";
import { PlotData } from "./plot_data.ts";
import { PlotPanel } from "./plot_panel.tsx";
import { TimeState } from "./time_state.ts";
import { Notice } from "../notice.tsx";
import { useHistory } from "./use_history.ts";

/** Stands between topics in the address: no topic's name can have it (MQTT 3.1.1, 4.7.1). */
const BETWEEN = "#";

interface Props {
  store: Store;
  model: ChannelModel;
  events: EventLog;
  query: URLSearchParams;
  /** Whether the history can be asked for. */
  joined: boolean;
  /** Called when a history was asked for, whether there is one or not. */
  onAsked(): void;
}

/** The numeric topics of a channel over time: history, then live. */
export function ChannelPlot({ store, model, events, query, joined, onAsked }: Props) {
  const problem = useSignal<string | undefined>(undefined);
  const cursor = useSignal<PlotContext["cursor"]["value"]>(undefined);
  const picked = useSignal<PlotContext["picked"]["value"]>(undefined);
  const data = useMemo(() => new PlotData((topic) => model.find(topic)), [model]);
  const time = useMemo(() => new TimeState(query, () => store.time()), [model]);
  const context = useMemo<PlotContext>(
    () => ({ store, channel: model.name, time, cursor, picked, drawn: new Map() }),
    [model],
  );
  useLayoutEffect(() => time.follow(query), [time, query]);
  data.flushed = () => time.advance();
  useSignalEffect(() => {
    void store.now.value;
    time.advance();
  });
  useEffect(() => () => time.dispose(), [time]);
  useHistory({ store, model, data, events, joined }, time.settled.value, (text) => {
    problem.value = text;
    onAsked();
  });

  const hide = query.get("hide");
  const hidden = useMemo<ReadonlySet<string>>(() => new Set(hide?.split(BETWEEN)), [hide]);
  const toggle = (topic: string) => {
    const next = new Set(hidden);
    if (!next.delete(topic)) next.add(topic);
    setQuery({ hide: [...next].join(BETWEEN) });
  };
  // What is described later may be held.
  void model.described.value;
  const panels = data.panels.value;
  return (
    <section class="plots" aria-label="Plots">
      <PlotBar context={context} panels={panels} hidden={hidden} />
      {problem.value && <Notice>{problem.value}</Notice>}
      <p id="plot-keys" class="hidden">
        Left and right move in time, plus and minus zoom, Home follows the present. With Shift,
        arrows choose a point; Enter leads to its actions.
      </p>
      {panels.map((panel) => (
        <PlotPanel
          key={panel.key}
          panel={panel}
          context={context}
          held={panel.lines.value.map(({ topic }) => panel.states || !!model.find(topic)?.held)}
          hidden={hidden}
          onToggle={toggle}
        />
      ))}
      {panels.length === 0 && model.loaded.value && <p class="muted">No numbers to plot yet.</p>}
    </section>
  );
}
