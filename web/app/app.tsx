import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ChannelView } from "./channel/channel_view.tsx";
import { ConnectionBadge } from "./connection_badge.tsx";
import { DelayView } from "./delay/delay_view.tsx";
import { HealthView } from "./health/health_view.tsx";
import { NodesView } from "./nodes/nodes_view.tsx";
import { ConnectionNotice } from "./connection_notice.tsx";
import { Overview } from "./overview/overview.tsx";
import { type Route, viewHref, type ViewName } from "./router.ts";
import type { Store } from "./store.ts";
import { TracesView } from "./traces/traces_view.tsx";

type LinkedView = Exclude<ViewName, "channel">;

const TITLES: Record<LinkedView, string> = {
  overview: "Overview",
  nodes: "Nodes",
  delay: "Delay",
  traces: "Traces",
  health: "Health",
};
const VIEWS = Object.keys(TITLES) as LinkedView[];

/** The frame around every view: where you are, and whether what you see is live. */
export function App({ store, route }: { store: Store; route: ReadonlySignal<Route> }) {
  const current = route.value;
  const place = current.view === "channel" ? `channel ${current.name}` : current.view;
  useEffect(() => {
    document.title = `${
      current.view === "channel" ? current.name : TITLES[current.view]
    } · Edgewire`;
  }, [place]);
  const first = useRef(true);
  useEffect(() => {
    // Who uses a screen reader hears where a link led.
    if (!first.current) document.querySelector<HTMLElement>("main h1")?.focus();
    first.current = false;
  }, [place]);
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>To the content</a>
      <header class="bar">
        <a class="brand" href={viewHref("overview")}>
          <img src="/icon.svg" alt="" width="28" height="28" />
          <span>Edgewire</span>
        </a>
        <nav class="links" aria-label="Views">
          {VIEWS.map((view) => (
            <a
              key={view}
              href={viewHref(view)}
              aria-current={current.view === view ? "page" : undefined}
            >
              {TITLES[view]}
            </a>
          ))}
        </nav>
        <ConnectionBadge store={store} />
      </header>
      <main class="page" id="main" tabIndex={-1} data-view={current.view}>
        <ConnectionNotice store={store} />
        <View store={store} route={current} />
      </main>
    </>
  );
}

/** The address is the view's, so it must not become that of the target. */
function skip(event: Event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function View({ store, route }: { store: Store; route: Route }) {
  switch (route.view) {
    case "channel":
      return <ChannelView key={route.name} store={store} name={route.name} query={route.query} />;
    case "nodes":
      return <NodesView store={store} query={route.query} />;
    case "delay":
      return <DelayView store={store} query={route.query} />;
    case "traces":
      return <TracesView store={store} query={route.query} />;
    case "health":
      return <HealthView store={store} />;
    case "overview":
      return <Overview store={store} query={route.query} />;
  }
}
