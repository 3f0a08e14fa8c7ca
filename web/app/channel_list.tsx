import { computed } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ChannelModel, TopicModel } from "./channel_model.ts";
import { EmptyState } from "./empty_state.tsx";
import { latestLiveness, stateWord } from "./nodes/liveness_words.ts";
import { StateWord } from "./nodes/state_word.tsx";
import { channelHref } from "./router.ts";
import type { Store } from "./store.ts";
import { useChannel } from "./use_channel.ts";
import { formatAge } from "./values/format_age.ts";
import { formatValue } from "./values/format_value.ts";
import { numericValue } from "./values/numeric_value.ts";
import { topicLabel } from "./values/topic_label.ts";

/** Values that a card shows before it only counts the rest. */
const SHOWN = 4;

/** From request to request for the states of the cards, milliseconds; events tell sooner. */
const STATES = 15_000;

interface CardStateProps {
  store: Store;
  name: string;
  model: ChannelModel | undefined;
}

/** All channels, each with its last values. */
export function ChannelList({ store }: { store: Store }) {
  useEffect(() => store.nodes.watch(STATES), [store]);
  const channels = store.channels.value;
  if (!channels) {
    return store.connection.value.state === "stopped"
      ? null
      : <p class="muted" role="status">Waiting for the gateway…</p>;
  }
  if (channels.length === 0) return <EmptyState mqtt={store.mqtt.value} />;
  return (
    <>
      <div class="heading">
        <h1>Channels</h1>
        <span class="muted">{channels.length}</span>
      </div>
      <ul class="cards">
        {channels.map((name) => (
          <li key={name}>
            <ChannelCard store={store} name={name} />
          </li>
        ))}
      </ul>
    </>
  );
}

/** Subscribes while it is on the screen or near. */
function ChannelCard({ store, name }: { store: Store; name: string }) {
  const ref = useRef<HTMLAnchorElement>(null);
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => setVisible(entries.at(-1)!.isIntersecting),
      { rootMargin: "200px" },
    );
    observer.observe(ref.current!);
    return () => observer.disconnect();
  }, []);
  const model = useChannel(store, name, visible);
  return (
    <a class="card" href={channelHref(name)} ref={ref}>
      <div class="card-head">
        <h2>{name}</h2>
        <CardState store={store} name={name} model={model} />
        {model && <LastSeen store={store} model={model} />}
      </div>
      {model && <Readings model={model} />}
    </a>
  );
}

/** A word when the device or node of this name is not online; drawn anew only when it changes. */
function CardState({ store, name, model }: CardStateProps) {
  const word = useMemo(() => {
    const alive = computed(() =>
      latestLiveness(store.liveness.value.get(name), model?.alive.value)
    );
    return { alive, changed: computed(() => alive.value && stateWord(alive.value)) };
  }, [store, name, model]);
  const alive = word.changed.value === undefined ? undefined : word.alive.peek();
  return !alive || alive.state === "online" ? null : <StateWord alive={alive} />;
}

function LastSeen({ store, model }: { store: Store; model: ChannelModel }) {
  const times = model.topics.value.map((topic) => topic.update.value?.time ?? 0);
  const last = Math.max(0, ...times);
  if (last === 0) return null;
  return <span class="age">{formatAge(store.now.value - last)}</span>;
}

function Readings({ model }: { model: ChannelModel }) {
  const known = model.topics.value.filter((topic) => topic.update.value !== undefined)
    .sort((a, b) => rank(a) - rank(b));
  const measured = known.filter((topic) => !topic.diagnostic);
  const shown = (measured.length > 0 ? measured : known).slice(0, SHOWN);
  const more = known.length - shown.length;
  return (
    <>
      <dl class="readings">
        {shown.map((topic) => <Reading key={topic.topic} topic={topic} channel={model.name} />)}
      </dl>
      {known.length === 0 && model.loaded.value && <p class="muted">No values yet</p>}
      {more > 0 && <p class="muted card-more">and {more} more</p>}
    </>
  );
}

/** What a card is looked at for, in this order; then other numbers, then the rest. */
const WANTED = ["temperature", "humidity", "co2", "pressure", "illuminance", "power", "energy"];

function rank({ topic, update }: TopicModel): number {
  if (numericValue(update.value?.value) === undefined) return WANTED.length + 1;
  const place = WANTED.indexOf(topic.slice(topic.lastIndexOf("/") + 1));
  return place < 0 ? WANTED.length : place;
}

function Reading({ topic, channel }: { topic: TopicModel; channel: string }) {
  return (
    <div class="reading">
      <dt>{topicLabel(topic.topic, channel)}</dt>
      <dd>
        <span class="value">{formatValue(topic.update.value?.value)}</span>
        {topic.unit && <span class="unit">{topic.unit}</span>}
      </dd>
    </div>
  );
}
