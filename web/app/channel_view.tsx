import type { ChannelModel } from "./channel_model.ts";
import { Controls } from "./controls/controls.tsx";
import { DevicePanel } from "./device/device_panel.tsx";
import { SecurityNotice } from "./device/security_notice.tsx";
import { latestLiveness } from "./nodes/liveness_words.ts";
import { StateWord } from "./nodes/state_word.tsx";
import { ChannelPlot } from "./plot/channel_plot.tsx";
import type { Store } from "./store.ts";
import { TopicTable } from "./topic_table.tsx";
import { useChannel } from "./use_channel.ts";

/** One channel: plots, controls and the table of its topics. */
export function ChannelView({ store, name }: { store: Store; name: string }) {
  const model = useChannel(store, name);
  const names = store.channels.value;
  const missing = names !== undefined && !names.includes(name) && !model?.loaded.value;
  return (
    <>
      <div class="heading">
        <a class="back" href="#/" aria-label="All channels">‹</a>
        <h1>{name}</h1>
        <ChannelState store={store} name={name} model={model} />
        {model && <Watching model={model} />}
      </div>
      {missing && (
        <p class="notice" role="status">
          There is no channel of this name yet. It opens here with its first message.
        </p>
      )}
      {model && <GapNotice model={model} />}
      {model && <SecurityNotice store={store} model={model} />}
      {model && (
        <div class="channel">
          <ChannelPlot store={store} model={model} />
          <Controls store={store} model={model} />
          <TopicTable store={store} model={model} />
          <DevicePanel store={store} name={name} />
        </div>
      )}
    </>
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

function Watching({ model }: { model: ChannelModel }) {
  const count = model.members.value;
  return count > 1 ? <span class="muted">{count} watching</span> : null;
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
