import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import type { TracesAnswer } from "../../../gateway/http/traces.ts";
import { fetchJson } from "../fetch_json.ts";
import { Poller } from "../poller.ts";
import { setQuery } from "../router.ts";
import type { Store } from "../store.ts";
import { ViewHeading } from "../view_heading.tsx";
import { DropPlace } from "./drop_place.tsx";
import { FrameDetails } from "./frame_details.tsx";
import { FrameTable } from "./frame_table.tsx";
import type { FrameRow } from "./frame_rows.ts";
import { stationsOf } from "./hop_stations.ts";
import { HopStrip } from "./hop_strip.tsx";
import { NoFrames, TableFoot } from "./table_foot.tsx";
import { TraceBar } from "./trace_bar.tsx";
import { framesPath, readChoice, type TraceChoice, wrongColumn } from "./trace_choice.ts";
import { TraceExports } from "./trace_exports.tsx";
import { TraceFeed } from "./trace_feed.ts";
import { TraceFilters } from "./trace_filters.tsx";

/** From request to request for the names of channels and nodes, milliseconds. */
const NAMES = 15_000;

/** Frames at every hop, and what is in them: for admins. */
export function TracesView({ store, query }: { store: Store; query: URLSearchParams }) {
  const role = store.role.value;
  return (
    <>
      <ViewHeading title="Traces" />
      {role === "admin" ? <AdminTraces store={store} query={query} /> : role
        ? (
          <p class="notice">
            Traces show all that passes, so they are for admins. This link is{" "}
            {role === "operator" ? "an" : "a"} {role}’s: open an admin’s link.
          </p>
        )
        : <p class="muted" role="status">Waiting for the gateway…</p>}
    </>
  );
}

function useNames(store: Store): TracesAnswer | undefined {
  const poller = useMemo(() =>
    new Poller(
      (abort) => fetchJson<TracesAnswer>("/traces", "names for traces", abort),
      store.asking,
    ), [store]);
  useEffect(() => poller.watch(NAMES), [poller]);
  return poller.data.value;
}

/** A feed of what is chosen, for as long as the view is there. */
function useFeed(choice: TraceChoice, file: File | undefined): TraceFeed {
  const feed = useMemo(() => new TraceFeed(), []);
  const { source } = choice;
  const path = framesPath(choice);
  const upload = source === "file" ? file : undefined;
  useEffect(() => {
    if (source === "file" && !upload) {
      feed.clear();
      return;
    }
    const how = upload ? { method: "POST", body: upload } : {};
    feed.open({ live: source === "live", open: (signal) => fetch(path, { ...how, signal }) });
    return () => feed.stop();
  }, [path, upload]);
  return feed;
}

/** The row that one looks into, and whether the table follows the newest instead. */
function useChosen(feed: TraceFeed, choice: TraceChoice, file: File | undefined) {
  const [chosen, setChosen] = useState<FrameRow | undefined>(undefined);
  const [follow, setFollow] = useState(true);
  const { source, id } = choice;
  const version = feed.version.value;
  useEffect(() => {
    setChosen(undefined);
    setFollow(source === "live");
  }, [framesPath(choice), file]);
  const stations = useMemo(() => !id ? [] : stationsOf(feed.rows.list, id), [version, id]);
  useEffect(() => {
    // Who follows a message from elsewhere looks at where it begins.
    if (feed.state.peek().kind === "ended") setChosen((now) => now ?? stations[0]?.row);
  }, [stations]);
  const choose = useCallback((row: FrameRow) => {
    setChosen(row);
    setFollow(false);
  }, []);
  return { version, stations, chosen, choose, follow: follow && source === "live", setFollow };
}

function AdminTraces({ store, query }: { store: Store; query: URLSearchParams }) {
  const choice = useMemo(() => readChoice(query), [query]);
  const [file, setFile] = useState<File | undefined>(undefined);
  const known = useNames(store);
  const feed = useFeed(choice, file);
  const look = useChosen(feed, choice, file);
  const { version, chosen, choose, follow, setFollow, stations } = look;
  const { source, id } = choice;
  const take = (file: File) => {
    setFile(file);
    setQuery({ source: "file", id: undefined, within: undefined });
  };
  const chooseId = (id: string, within: string | undefined) =>
    setQuery(source === "file" ? { id } : { id, within, source: "recent" });
  return (
    <DropPlace onFile={take}>
      <section class="box trace-controls" aria-label="What is shown">
        <TraceBar
          {...{ choice, feed, file, follow }}
          onFile={take}
          onFollow={() => setFollow(!follow)}
        />
        <TraceFilters choice={choice} known={known} {...filterProblem(choice, feed)} />
      </section>
      {stations.length > 0 && <HopStrip stations={stations} chosen={chosen} onChoose={choose} />}
      <div class="frames-box" data-short={id || undefined}>
        <FrameTable
          rows={feed.rows}
          clock={choice.clock}
          {...{ version, chosen, follow }}
          onChoose={choose}
          onOpen={() => document.querySelector<HTMLElement>(".tree")?.focus()}
          onFollow={setFollow}
        >
          <NoFrames choice={choice} feed={feed} file={file} />
        </FrameTable>
        <TableFoot choice={choice} feed={feed} />
      </div>
      {chosen && (
        <FrameDetails
          row={chosen}
          id={id}
          onId={chooseId}
          onFilter={(filter) => setQuery({ filter })}
          onLeave={() => document.querySelector<HTMLElement>(".frames")?.focus()}
        />
      )}
      <TraceExports {...{ choice, known, file }} token={store.tokenNeeded.value} />
    </DropPlace>
  );
}

/** What the gateway says of the filter, and where it is wrong. */
function filterProblem(choice: TraceChoice, feed: TraceFeed) {
  const { kind, problem } = feed.state.value;
  if (kind !== "failed" || !problem!.startsWith("filter")) return {};
  return { problem, column: wrongColumn(choice, problem!) };
}
