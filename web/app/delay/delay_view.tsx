import { useEffect, useState } from "preact/hooks";
import { fetchJson } from "../fetch_json.ts";
import type { Store } from "../store.ts";
import { ViewHeading } from "../view_heading.tsx";
import { DelayNotes } from "./delay_notes.tsx";
import type { DelayRun, RunSettings } from "./delay_run.ts";
import { PING_TOPIC, type WayName, WAYS } from "./delay_source.ts";
import { type Library, loadMqtt } from "./load_mqtt.ts";
import { type DelayChoice, delayChoice, RunForm } from "./run_form.tsx";
import { RunFacts } from "./run_facts.tsx";
import { RunLine } from "./run_line.tsx";
import { WayCard } from "./way_card.tsx";

/** What `/api/relays` says of a topic, or why nothing. */
interface Place {
  topic: string;
  channel?: string | null;
  relays?: string[];
  problem?: string;
}

/** From one look at the run to the next, milliseconds. */
const LOOK_EVERY = 250;

/** The last run, there still when one comes back from another view. */
const lastRuns = new WeakMap<Store, DelayRun>();

/** Where a topic belongs, asked for again when the gateway is back. */
function usePlace(store: Store, topic: string): Place | undefined {
  const [place, setPlace] = useState<Place | undefined>(undefined);
  const connected = store.connection.value.state === "connected";
  useEffect(() => {
    if (topic === "" || !connected) return;
    const abort = new AbortController();
    const path = `/api/relays?topic=${encodeURIComponent(topic)}`;
    fetchJson<Omit<Place, "topic">>(path, `what is known of ${topic}`, abort.signal)
      .catch((error) => ({ problem: error.message }))
      .then((answer) => abort.signal.aborted || setPlace({ ...answer, topic }));
    return () => abort.abort();
  }, [topic, connected]);
  return place?.topic === topic ? place : undefined;
}

/** Why no run can start; `undefined` when one can. */
function obstacle(store: Store, choice: DelayChoice, place: Place | undefined): string | undefined {
  const connection = store.connection.value;
  if (place?.problem) return place.problem;
  if (connection.state !== "connected") return "Not connected to the gateway.";
  if (choice.source === "ping" && connection.role !== "admin") {
    return "Only an admin's link sends. A topic of a channel can be measured all the same.";
  }
  if (choice.topic === "" && choice.source === "topic") return "Choose a channel and a topic.";
  if (!place) return "Waiting for the gateway.";
  return place.channel === null ? "The messages of this topic make no updates." : undefined;
}

/** The ways that a value can take to this page, side by side: how long each takes. */
export function DelayView({ store, query }: { store: Store; query: URLSearchParams }) {
  const choice = delayChoice(query);
  const { source } = choice;
  const topic = source === "ping" ? PING_TOPIC : choice.topic;
  const place = usePlace(store, topic);
  const [run, setRun] = useState(lastRuns.get(store));
  const [looked, look] = useState(0);
  const changed = () => look((count) => count + 1);
  const going = run !== undefined && run.phase !== "ended";
  useEffect(() => {
    if (!going) return;
    const timer = setInterval(changed, LOOK_EVERY);
    return () => clearInterval(timer);
  }, [going]);
  useEffect(() => () => void run?.stop(), [run, source, topic]);
  const [library, setLibrary] = useState<Library | undefined>(undefined);
  const [failed, setFailed] = useState<string | undefined>(undefined);
  useEffect(() => {
    loadMqtt().then(
      setLibrary,
      () => setFailed("The MQTT client could not be loaded. Reload the page."),
    );
  }, []);
  const blocked = failed ?? obstacle(store, choice, library && place);
  const wanted = { ...choice, topic, channel: place?.channel ?? "", relay: place?.relays?.[0] };
  const show = (next: DelayRun | undefined) => {
    if (next) lastRuns.set(store, next);
    else lastRuns.delete(store);
    setRun(next);
  };
  const start = () => {
    const next = new library!.DelayRun(store, wanted, changed);
    show(next);
    next.start();
  };
  // What is on the page is the run, also when something else is chosen by now.
  const shown = run?.settings ?? wanted;
  const noRelay = (run !== undefined || place?.relays !== undefined) && shown.relay === undefined;
  return (
    <>
      <ViewHeading title="Delay">
        <span class="muted">how long a value takes to this page, four ways at once</span>
      </ViewHeading>
      <div class="tables delay">
        <section class="box delay-run" aria-label="Run">
          <RunForm
            store={store}
            choice={choice}
            channel={place?.channel ?? undefined}
            locked={going}
          />
          <RunLine
            run={run}
            blocked={blocked}
            onStart={start}
            onClear={() => going ? run.clear() : show(undefined)}
          />
          <RunFacts store={store} run={run} settings={shown} looked={looked} />
        </section>
        <div class="ways">
          {WAYS.map((way) => (
            <WayCard
              key={way}
              way={way}
              run={run}
              looked={looked}
              path={pathsOf(shown)[way]}
              missing={way === "relay" && noRelay ? <NoRelay topic={shown.topic} /> : undefined}
            />
          ))}
        </div>
        <DelayNotes source={shown.source} />
      </div>
    </>
  );
}

function pathsOf({ channel, poll }: RunSettings): Record<WayName, string> {
  return {
    mqtt: "broker, MQTT over WebSocket",
    relay: "broker, gateway with time stamp, broker, MQTT over WebSocket",
    room: `broker, room ${channel}, WebSocket /ws`,
    poll: `GET /api/channels/${channel || "…"} about every ${poll / 1000} s`,
  };
}

function NoRelay({ topic }: { topic: string }) {
  const line = `relays:\n  - { filter: ${JSON.stringify(topic)}, to: ${
    JSON.stringify(`stamped/${topic}`)
  } }`;
  return (
    <div class="no-relay">
      <p>No relay republishes this topic. These lines of the configuration file would:</p>
      <pre class="line" tabIndex={0}><code>{line}</code></pre>
    </div>
  );
}
