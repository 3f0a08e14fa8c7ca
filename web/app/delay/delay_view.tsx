import { useEffect, useState } from "preact/hooks";
import { fetchJson } from "../fetch_json.ts";
import type { Store } from "../store.ts";
import { ViewHeading } from "../view_heading.tsx";
import { ClockLine } from "./clock_line.tsx";
import { DelayNotes } from "./delay_notes.tsx";
import type { DelayRun } from "./delay_run.ts";
import { PING_TOPIC, type WayName, WAYS } from "./delay_source.ts";
import { type Library, loadMqtt } from "./load_mqtt.ts";
import { type DelayChoice, delayChoice, RunForm } from "./run_form.tsx";
import { RunLine } from "./run_line.tsx";
import { WayCard } from "./way_card.tsx";

/** What `/api/relays` says of a topic. */
interface Place {
  topic: string;
  channel: string | null;
  relays: string[];
}

/** From one look at the run to the next, milliseconds. */
const LOOK_EVERY = 250;

/** The ways that a value can take to this page, side by side: how long each takes. */
export function DelayView({ store, query }: { store: Store; query: URLSearchParams }) {
  const choice = delayChoice(query);
  return (
    <>
      <ViewHeading title="Delay">
        <span class="muted">how long a value takes to this page, four ways at once</span>
      </ViewHeading>
      <Lab key={`${choice.source} ${choice.topic}`} store={store} choice={choice} />
    </>
  );
}

/** Where a topic belongs, asked for again when the gateway is back. */
function usePlace(store: Store, topic: string): { place?: Place; problem?: string } {
  const [answer, setAnswer] = useState<{ place?: Place; problem?: string }>({});
  const connected = store.connection.value.state === "connected";
  useEffect(() => {
    if (topic === "" || !connected) return;
    const abort = new AbortController();
    const path = `/api/relays?topic=${encodeURIComponent(topic)}`;
    fetchJson<Place>(path, `what is known of ${topic}`, abort.signal)
      .then((place) => setAnswer({ place: { ...place, topic } }))
      .catch((error) => abort.signal.aborted || setAnswer({ problem: error.message }));
    return () => abort.abort();
  }, [topic, connected]);
  return answer;
}

/** Why no run can start; `undefined` when one can. */
function obstacle(store: Store, choice: DelayChoice, place: Place | undefined): string | undefined {
  const connection = store.connection.value;
  if (connection.state !== "connected") return "Not connected to the gateway.";
  if (choice.source === "ping" && connection.role !== "admin") {
    return `Sending needs an admin's link; this is ${article(connection.role)}'s. ` +
      "A topic of a channel can be measured all the same.";
  }
  if (choice.topic === "" && choice.source === "topic") return "Choose a channel and a topic.";
  if (!place) return "Waiting for the gateway.";
  return place.channel === null ? "The messages of this topic make no updates." : undefined;
}

function article(role: string): string {
  return role === "viewer" ? "a viewer" : `an ${role}`;
}

function Lab({ store, choice }: { store: Store; choice: DelayChoice }) {
  const topic = choice.source === "ping" ? PING_TOPIC : choice.topic;
  const { place, problem } = usePlace(store, topic);
  const [run, setRun] = useState<DelayRun | undefined>(undefined);
  const [looked, look] = useState(0);
  const going = run !== undefined && run.phase !== "ended";
  useEffect(() => {
    if (!going) return;
    const timer = setInterval(() => look((count) => count + 1), LOOK_EVERY);
    return () => clearInterval(timer);
  }, [going]);
  useEffect(() => () => run?.dispose(), [run]);
  const [library, setLibrary] = useState<Library | undefined>(undefined);
  const [failed, setFailed] = useState<string | undefined>(undefined);
  useEffect(() => {
    loadMqtt().then(
      (loaded) => setLibrary(() => loaded),
      () => setFailed("The MQTT client could not be loaded. Reload the page."),
    );
  }, []);
  const blocked = failed ?? problem ?? obstacle(store, choice, library && place);
  const start = () => {
    if (!library || !place || place.channel === null) return;
    const { channel, relays: [relay] } = place;
    const changed = () => look((count) => count + 1);
    const next = new library.DelayRun(store, { ...choice, topic, channel, relay }, changed);
    setRun(next);
    next.start();
  };
  return (
    <div class="delay">
      <section class="box delay-run" aria-label="Run">
        <RunForm
          store={store}
          choice={choice}
          channel={choice.source === "topic" ? place?.channel ?? undefined : undefined}
          locked={going}
        />
        <RunLine
          run={run}
          library={library}
          blocked={blocked}
          looked={looked}
          onStart={start}
          onClear={() => going ? run.clear() : setRun(undefined)}
        />
        <ClockLine store={store} run={run} />
      </section>
      <div class="ways">
        {WAYS.map((way) => (
          <WayCard
            key={way}
            way={way}
            run={run}
            looked={looked}
            path={pathOf(way, place, choice)}
            missing={way === "relay" && place && place.relays.length === 0
              ? <NoRelay topic={topic} />
              : undefined}
          />
        ))}
      </div>
      <DelayNotes source={choice.source} />
    </div>
  );
}

function pathOf(way: WayName, place: Place | undefined, choice: DelayChoice): string {
  switch (way) {
    case "mqtt":
      return "broker, MQTT over WebSocket";
    case "relay":
      return "broker, gateway with time stamp, broker, MQTT over WebSocket";
    case "room":
      return `broker, room ${place?.channel ?? ""}, WebSocket /ws`;
    case "poll":
      return `GET /api/channels/${place?.channel ?? "…"} every ${choice.poll / 1000} s`;
  }
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
