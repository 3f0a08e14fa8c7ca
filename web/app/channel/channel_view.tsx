import { useEffect, useMemo } from "preact/hooks";
import type { ChannelModel } from "../channel_model.ts";
import { Controls } from "../controls/controls.tsx";
import { DevicePanel } from "../device/device_panel.tsx";
import { SecurityNotice } from "../device/security_notice.tsx";
import { latestLiveness } from "../nodes/liveness_words.ts";
import { StateWord } from "../nodes/state_word.tsx";
import { ChannelPlot } from "../plot/channel_plot.tsx";
import type { Store } from "../store.ts";
import { useChannel } from "../use_channel.ts";
import { EventList } from "./event_list.tsx";
import { EventLog } from "./event_log.ts";
import { TopicTable } from "./topic_table.tsx";
import { Watchers } from "./watchers.tsx";

interface ViewProps {
  store: Store;
  name: string;
  query: URLSearchParams;
}

/** One channel: plots, controls, its topics, and what happened in it. */
export function ChannelView({ store, name, query }: ViewProps) {
  const model = useChannel(store, name);
  const names = store.channels.value;
  const there = names?.includes(name) || model?.loaded.value;
  return (
    <>
      <div class="heading">
        <a class="back" href="#/" aria-label="All channels">‹</a>
        <h1 tabIndex={-1}>{name}</h1>
        <ChannelState store={store} name={name} model={model} />
        {model && <Watchers model={model} />}
      </div>
      {names && !there && (
        <p class="notice" role="status">
          There is no channel of this name yet. It opens here with its first message.
        </p>
      )}
      {model && <GapNotice model={model} />}
      {model && <SecurityNotice store={store} model={model} />}
      {model && there && <ChannelParts store={store} model={model} query={query} />}
    </>
  );
}

interface PartsProps {
  store: Store;
  model: ChannelModel;
  query: URLSearchParams;
}

function ChannelParts({ store, model, query }: PartsProps) {
  const events = useMemo(() => new EventLog(model.name), [model]);
  const connected = store.connection.value.state === "connected";
  useEffect(() => {
    for (const topic of model.topics.peek()) {
      const update = topic.update.peek();
      if (update) events.update(update);
    }
    model.listeners.add(events);
    return () => model.listeners.delete(events);
  }, [model, events]);
  useEffect(() => {
    if (!connected) return;
    const abort = new AbortController();
    events.load(abort.signal);
    return () => abort.abort();
  }, [events, connected]);
  return (
    <div class="channel">
      <ChannelPlot store={store} model={model} events={events} query={query} />
      <Controls store={store} model={model} />
      <TopicTable store={store} model={model} />
      <EventList model={model} log={events} />
      <DevicePanel store={store} name={model.name} />
    </div>
  );
}

interface ChannelStateProps {
  store: Store;
  name: string;
  model: ChannelModel | undefined;
}

/** Whether the device or node of the channel's name is there; nothing when there is none. */
function ChannelState({ store, name, model }: ChannelStateProps) {
  const alive = latestLiveness(store.liveness.value.get(name), model?.alive.value);
  return alive ? <StateWord alive={alive} /> : null;
}

function GapNotice({ model }: { model: ChannelModel }) {
  const gap = model.lastGap.value;
  if (!gap) return null;
  const count = gap.to - gap.from + 1;
  const why = gap.reason === "slow"
    ? "this connection was too slow for all of them"
    : "the gateway no longer had them";
  return (
    <p class="notice">
      Up to {count} {count === 1 ? "update is" : "updates are"} not shown: {why}.{" "}
      <button type="button" class="small" onClick={() => model.lastGap.value = undefined}>
        Dismiss
      </button>
    </p>
  );
}
