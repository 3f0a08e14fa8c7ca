import { computed } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { DeviceInfo } from "../../../gateway/nodes/answers.ts";
import { Poller } from "../poller.ts";
import { setQuery } from "../router.ts";
import type { Store } from "../store.ts";
import { ViewHeading } from "../view_heading.tsx";
import { type Filter, filterChannels, readFilter, searchText } from "./channel_filter.ts";
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
/** Tiles shown before anything is known. */
const SKELETONS = 12;

/** All channels as tiles. */
export function Overview({ store, query }: { store: Store; query: URLSearchParams }) {
  useEffect(() => store.nodes.watch(STATES_PERIOD), [store]);
  const channels = store.channels.value;
  if (channels?.length === 0) return <EmptyState mqtt={store.mqtt.value} />;
  if (channels) return <Channels store={store} channels={channels} query={query} />;
  if (store.connection.value.state === "stopped") return null;
  return (
    <>
      <ViewHeading title="Channels">
        <span class="muted" role="status">Waiting for the gateway…</span>
      </ViewHeading>
      <div class="filter-bar" />
      <ul class="tiles" aria-hidden="true">
        {Array.from({ length: SKELETONS }, (_, index) => <li key={index} class="tile blank" />)}
      </ul>
    </>
  );
}

interface ChannelsProps {
  store: Store;
  channels: string[];
  query: URLSearchParams;
}

function Channels({ store, channels, query }: ChannelsProps) {
  const text = query.get("q") ?? "";
  const filter = readFilter(query);
  const index = useTopicIndex(store, filter.words.length > 0);
  const known = index.data.value;
  const liveness = store.liveness.value;
  const devices = useDevices(store).value;
  const { names, counts } = filterChannels(
    channels,
    filter,
    (name) => liveness.get(name)?.state,
    (name) => `${name.toLowerCase()}\n${known?.texts.get(name) ?? ""}\n${devices.get(name) ?? ""}`,
  );
  const shown = useSame(names);
  const list = useMemo(
    () => (
      <ul class="tiles">{shown.map((name) => <Tile key={name} store={store} name={name} />)}</ul>
    ),
    [store, shown],
  );
  return (
    <>
      <ViewHeading title="Channels">
        <span class="muted" role="status">
          {shown.length === channels.length
            ? channels.length
            : `${shown.length} of ${channels.length}`}
        </span>
        <Limited store={store} />
      </ViewHeading>
      <FilterBar text={text} filter={filter} counts={counts} />
      {filter.words.length > 0 && <SearchProblem index={index} />}
      {shown.length > 0
        ? list
        : <NothingFound text={text} filter={filter} waits={!known && !index.problem.value} />}
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

/** The array before as long as it holds the same. */
function useSame(names: string[]): string[] {
  const before = useRef(names);
  const same = before.current.length === names.length &&
    before.current.every((name, index) => name === names[index]);
  return same ? before.current : before.current = names;
}

/** What the gateway's limit means for this page, where it is met. */
function Limited({ store }: { store: Store }) {
  if (!tileSupply(store).pool.overflowed.value) return null;
  return (
    <span class="muted limited">
      The gateway lets a page follow {store.maxChannels.value}{" "}
      channels at once; the others are read every {PERIOD / 1000} s.
    </span>
  );
}

function SearchProblem({ index }: { index: Poller<TopicIndex> }) {
  const problem = index.problem.value;
  const left = index.data.value?.left ?? 0;
  if (problem) return <p class="notice" role="status">{problem}. Only names are searched.</p>;
  if (left === 0) return null;
  return (
    <p class="notice" role="status">
      {left.toLocaleString("en")} topics are not searched: there are too many.
    </p>
  );
}

interface NothingFoundProps {
  text: string;
  filter: Filter;
  /** Whether names of topics are still to come. */
  waits: boolean;
}

function NothingFound({ text, filter, waits }: NothingFoundProps) {
  const words = text.trim();
  if (words !== "" && waits) return <p class="muted" role="status">Searching…</p>;
  return (
    <div class="nothing">
      <p>
        No channel {words !== "" && <>matches “{words}”</>}
        {words !== "" && filter.state !== "" && " and "}
        {filter.state !== "" && `is ${filter.state}`}.
      </p>
      <button type="button" onClick={() => setQuery({ q: "", state: "" })}>Clear the filter</button>
    </div>
  );
}
