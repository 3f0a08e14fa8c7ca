import { computed } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { DeviceInfo } from "../../../gateway/nodes/answers.ts";
import { Notice } from "../notice.tsx";
import { Poller } from "../poller.ts";
import { setQuery } from "../router.ts";
import type { Store } from "../store.ts";
import { ViewHeading } from "../view_heading.tsx";
import { filterChannels, readFilter, searchText } from "./channel_filter.ts";
import { EmptyState } from "./empty_state.tsx";
import { FilterBar } from "./filter_bar.tsx";
import { PERIOD } from "./polled_channel.ts";
import { Tile } from "./tile.tsx";
import { tileSupply } from "./tile_supply.ts";
import { loadTopicIndex, type TopicIndex } from "./topic_index.ts";

/** From request to request for the states, milliseconds; events of tiles tell sooner. */
const STATES_PERIOD = 5000;
/** The same for names of topics, while something is searched. */
const NAMES_PERIOD = 15_000;

/** All channels as tiles. */
export function Overview({ store, query }: { store: Store; query: URLSearchParams }) {
  useEffect(() => store.nodes.watch(STATES_PERIOD), [store]);
  const channels = store.channels.value;
  if (channels?.length === 0) return <EmptyState store={store} />;
  if (channels) return <Channels store={store} channels={channels} query={query} />;
  if (store.connection.value.state === "stopped") return null;
  return (
    <ViewHeading title="Channels">
      <span class="muted" role="status">Waiting for the gateway…</span>
    </ViewHeading>
  );
}

interface ChannelsProps {
  store: Store;
  channels: string[];
  query: URLSearchParams;
}

function Channels({ store, channels, query }: ChannelsProps) {
  const filter = readFilter(query);
  const searching = filter.words.length > 0;
  const index = useTopicIndex(store, searching);
  const known = index.data.value;
  const liveness = store.liveness.value;
  const told = store.nodes.data.value !== undefined;
  const devices = useDevices(store).value;
  const { names, counts } = filterChannels(
    channels,
    filter,
    (name) => liveness.get(name)?.state ?? (told ? "unknown" : undefined),
    (name) => `${name.toLowerCase()}\n${known?.texts.get(name) ?? ""}\n${devices.get(name) ?? ""}`,
  );
  // Rendered anew for other names alone: with hundreds of tiles each time counts.
  const list = useMemo(
    () => (
      <ul class="tiles">{names.map((name) => <Tile key={name} store={store} name={name} />)}</ul>
    ),
    [store, names.join("\n")],
  );
  return (
    <>
      <ViewHeading title="Channels">
        <span class="muted" role="status">
          {names.length < channels.length && `${names.length} of `}
          {channels.length}
        </span>
        <Limited store={store} />
      </ViewHeading>
      <FilterBar text={query.get("q") ?? ""} filter={filter} counts={counts} />
      {searching && <SearchProblem index={index} />}
      {names.length > 0
        ? list
        : <NothingFound waits={searching && !known && !index.problem.value} />}
    </>
  );
}

/** Asks for the names of topics while something is searched. */
function useTopicIndex(store: Store, searching: boolean): Poller<TopicIndex> {
  const index = useMemo(() => new Poller(loadTopicIndex, store.asking), [store]);
  useEffect(() => searching ? index.watch(NAMES_PERIOD) : undefined, [index, searching]);
  return index;
}

/** What devices can be found by, by their names. */
function useDevices(store: Store) {
  return useMemo(() =>
    computed(() => {
      const text = ({ model, localName, address, formats }: DeviceInfo) =>
        searchText([model, localName, address, ...formats]);
      const devices = store.nodes.data.value?.devices ?? [];
      return new Map(devices.map((device) => [device.name, text(device)]));
    }), [store]);
}

/** What the gateway's limit means for this page, where it is met. */
function Limited({ store }: { store: Store }) {
  if (!tileSupply(store).pool.overflowed.value) return null;
  return (
    <span class="limited">
      The gateway lets a page follow {store.maxChannels.value}{" "}
      channels at once; the others are read every {PERIOD / 1000} s.
    </span>
  );
}

/** What the search could not look into; nothing when it was all. */
function SearchProblem({ index }: { index: Poller<TopicIndex> }) {
  const left = index.data.value?.left;
  const text = index.problem.value
    ? `${index.problem.value}. Only names are searched.`
    : left && `${left.toLocaleString("en")} topics are not searched: there are too many.`;
  return text ? <Notice>{text}</Notice> : null;
}

/** @param waits Whether names of topics are still to come. */
function NothingFound({ waits }: { waits: boolean }) {
  if (waits) return <p class="muted" role="status">Searching…</p>;
  return (
    <div class="nothing">
      <p>No channel matches.</p>
      <button type="button" onClick={() => setQuery({ q: "", state: "" })}>Clear the filter</button>
    </div>
  );
}
