import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Gap } from "../../../gateway/sessions/messages.ts";
import type { ChannelModel } from "../channel_model.ts";
import { Controls } from "../controls/controls.tsx";
import { DevicePanel } from "../device/device_panel.tsx";
import { SecurityNotice } from "../device/security_notice.tsx";
import { Notice } from "../notice.tsx";
import { latestLiveness } from "../nodes/liveness_words.ts";
import { StateWord } from "../nodes/state_word.tsx";
import { ChannelPlot } from "../plot/channel_plot.tsx";
import type { Store } from "../store.ts";
import { useChannel } from "../use_channel.ts";
import { EventList } from "./event_list.tsx";
import { EventLog } from "./event_log.ts";
import { TopicTable } from "./topic_table.tsx";
import { Watchers } from "./watchers.tsx";

/** What is late by more than this moves what is there already, milliseconds. */
const PATIENCE = 3000;

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
        <Watchers model={model} />
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

/** Nothing is seen before all of it is there: what is on the page does not move. */
function ChannelParts({ store, model, query }: PartsProps) {
  const events = useMemo(() => new EventLog(model.name), [model]);
  // Who is in the room is told last: descriptions are there, and the history has the own coming.
  const joined = store.connection.value.state === "connected" && model.members.value > 0;
  useEffect(() => {
    for (const topic of model.topics.peek()) {
      const update = topic.update.peek();
      if (update) events.update(update);
    }
    model.listeners.add(events);
    return () => model.listeners.delete(events);
  }, [model, events]);
  useEffect(() => {
    if (!joined) return;
    const abort = new AbortController();
    events.load(abort.signal);
    return () => abort.abort();
  }, [events, joined]);
  const asked = useSignal(false);
  const late = useSignal(false);
  const ready = useRef(false);
  const { data, problem } = store.nodes;
  ready.current ||= late.value ||
    (asked.value && events.problem.value !== undefined &&
      (data.value ?? problem.value) !== undefined);
  useEffect(() => {
    const timer = setTimeout(() => late.value = true, PATIENCE);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="channel" data-ready={ready.current}>
      <ChannelPlot
        store={store}
        model={model}
        events={events}
        query={query}
        joined={joined}
        onAsked={() => asked.value = true}
      />
      <Controls store={store} model={model} />
      <TopicTable store={store} model={model} />
      <DevicePanel store={store} name={model.name} />
      <EventList model={model} log={events} />
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
  return <Notice onDismiss={() => model.lastGap.value = undefined}>{gapText(gap)}</Notice>;
}

function gapText({ from, to, reason }: Gap): string {
  // Of these numbers most never were any.
  if (reason === "restart") {
    return "The gateway was cut off: what it had not stored yet is lost.";
  }
  const why = reason === "slow"
    ? "came late: this connection was too slow"
    : reason === "limit"
    ? "came meanwhile are too many to be sent again"
    : reason === "disk"
    ? "are lost: the gateway could not store them"
    : "are lost: the gateway no longer had them";
  return `Updates that ${why}: up to ${to - from + 1}.`;
}
