import { computed, useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Value } from "../../../gateway/sessions/messages.ts";
import type { ChannelModel, TopicModel } from "../channel_model.ts";
import { type Alive, causeWords, latestLiveness, stateWord } from "../nodes/liveness_words.ts";
import { StateWord } from "../nodes/state_word.tsx";
import { channelHref } from "../router.ts";
import type { Store } from "../store.ts";
import { formatAge, formatAgo } from "../values/format_age.ts";
import { formatNumber, formatValue } from "../values/format_value.ts";
import { numericValue } from "../values/numeric_value.ts";
import { topicLabel } from "../values/topic_label.ts";
import { HOUR, type SparkPaths } from "./spark_bins.ts";
import { Sparkline } from "./sparkline.tsx";
import { tileSupply } from "./tile_supply.ts";
import { type TileTopics, tileTopics } from "./tile_topics.ts";
import { useNear } from "./use_near.ts";

/** One channel. Away from the screen it is a name in a box of the same size. */
export function Tile({ store, name }: { store: Store; name: string }) {
  const ref = useRef<HTMLLIElement>(null);
  const near = useNear(ref);
  return (
    <li class="tile" ref={ref}>
      <h2>
        <a href={channelHref(name)} title={name}>{name}</a>
      </h2>
      {near && <TileBody store={store} name={name} />}
    </li>
  );
}

function TileBody({ store, name }: { store: Store; name: string }) {
  const { pool } = tileSupply(store);
  const [model, setModel] = useState<ChannelModel>();
  useEffect(() => pool.want(name, setModel), [pool, name]);
  const alive = useAlive(store, name, model);
  return (
    <>
      {model && <Members model={model} />}
      <p class="tile-state">
        {alive && <StateWord alive={alive} />}
        {model && <Age store={store} model={model} />}
      </p>
      {model && <Readings store={store} model={model} cause={alive && causeWords(alive)} />}
    </>
  );
}

/** What is known last of the device or node of this name; a new object only for new words. */
function useAlive(store: Store, name: string, model: ChannelModel | undefined): Alive | undefined {
  const { alive, words } = useMemo(() => {
    const alive = computed(() =>
      latestLiveness(store.liveness.value.get(name), model?.alive.value)
    );
    const words = computed(() => alive.value && stateWord(alive.value) + causeWords(alive.value));
    return { alive, words };
  }, [store, name, model]);
  const told = model?.alive.value;
  useEffect(() => {
    if (told && told.since > (store.liveness.peek().get(name)?.since ?? 0)) {
      tileSupply(store).refreshStates();
    }
  }, [told]);
  return words.value === undefined ? undefined : alive.peek();
}

/** Others who have the channel open; this page may still be among them for a moment. */
function Members({ model }: { model: ChannelModel }) {
  const mine = model.people.value.filter(({ member }) => model.isMine(member));
  const count = model.members.value - mine.length;
  return count > 0 ? <span class="tile-members">{count} watching</span> : null;
}

function Age({ store, model }: { store: Store; model: ChannelModel }) {
  const text = useMemo(() =>
    computed(() => {
      let last = 0;
      for (const { update } of model.topics.value) last = Math.max(last, update.value?.time ?? 0);
      return last === 0 ? "" : formatAgo(store.now.value - last);
    }), [store, model]);
  return <span class="age">{text}</span>;
}

/** Which topics to show; changes only when topics get their first value. */
function useTopics(model: ChannelModel): TileTopics {
  const chosen = useMemo(() => {
    const known = computed(() =>
      model.topics.value.reduce((sum, { update }) => sum + (update.value ? 1 : 0), 0)
    );
    return computed(() => {
      void known.value;
      return tileTopics(model.topics.value);
    });
  }, [model]);
  return chosen.value;
}

interface ReadingProps {
  topic: TopicModel;
  channel: string;
  format?: (value: Value) => string;
}

interface ReadingsProps {
  store: Store;
  model: ChannelModel;
  /** Why it is not online; "" or `undefined` when it is. */
  cause: string | undefined;
}

function Readings({ store, model, cause }: ReadingsProps) {
  const { main, beside, more } = useTopics(model);
  const drawn = useSignal<SparkPaths | undefined>(undefined);
  const range = useComputed(() => rangeText(drawn.value));
  if (!main) return model.loaded.value ? <p class="tile-foot">No values yet</p> : null;
  const numeric = numericValue(main.update.peek()?.value) !== undefined;
  return (
    <>
      <dl class="tile-main" data-text={numeric ? undefined : ""}>
        <Reading topic={main} channel={model.name} />
      </dl>
      <Sparkline
        store={store}
        requests={tileSupply(store).requests}
        model={model}
        topic={main}
        onDrawn={(paths) => drawn.value = numeric ? paths : undefined}
      />
      <dl class="tile-beside">
        {beside.map((topic) => (
          <Reading key={topic.topic} topic={topic} channel={model.name} format={formatShort} />
        ))}
      </dl>
      <p class="tile-foot">
        {cause ? <span class="tile-cause">{cause}</span> : (
          <>
            <span>{range}</span>
            {more > 0 && <span>and {more} more {more === 1 ? "value" : "values"}</span>}
          </>
        )}
      </p>
    </>
  );
}

/** "Last hour: 20.1 to 21.4"; "" where there is nothing. */
function rangeText(paths: SparkPaths | undefined): string {
  if (!paths?.range) return "";
  const [low, high] = paths.range;
  const span = paths.window === HOUR ? "hour" : formatAge(paths.window);
  const said = paths.single
    ? "one value so far"
    : low === high
    ? "unchanged"
    : `${formatNumber(low)} to ${formatNumber(high)}`;
  return `Last ${span}: ${said}`;
}

/** Digits enough for a small value; whole numbers keep theirs. */
function formatShort(value: Value): string {
  const number = numericValue(value);
  if (number === undefined || Number.isInteger(number)) return formatValue(value);
  return formatNumber(Number(number.toPrecision(5)));
}

/** Value and unit are signals: a new one changes a text, and renders nothing. */
function Reading({ topic, channel, format = formatValue }: ReadingProps) {
  const { value, unit, width } = useMemo(() => {
    const value = computed(() => format(topic.update.value?.value));
    const unit = computed(() => topic.unit ?? "");
    // Of the value in digits; the unit is half as large.
    const width = computed(() => `--n:${value.value.length + unit.value.length / 2 + 0.5}`);
    return { value, unit, width };
  }, [topic]);
  return (
    <div>
      <dt>{topicLabel(topic.topic, channel)}</dt>
      <dd style={width}>
        <span class="value">{value}</span> <span class="unit">{unit}</span>
      </dd>
    </div>
  );
}
