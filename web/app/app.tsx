import type { ReadonlySignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ChannelList } from "./channel_list.tsx";
import { ChannelView } from "./channel_view.tsx";
import { ConnectionBadge } from "./connection_badge.tsx";
import { NodesView } from "./nodes/nodes_view.tsx";
import { Notices } from "./notices.tsx";
import { NODES_HREF, type Route } from "./router.ts";
import type { Store } from "./store.ts";

/** The frame around every view: where you are, and whether what you see is live. */
export function App({ store, route }: { store: Store; route: ReadonlySignal<Route> }) {
  const current = route.value;
  const title = titleOf(current);
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <>
      <header class="bar">
        <a class="brand" href="#/">
          <img src="/icon.svg" alt="" width="28" height="28" />
          <span>Edgewire</span>
        </a>
        <nav class="links" aria-label="Views">
          <a href={NODES_HREF} aria-current={current.view === "nodes" ? "page" : undefined}>
            Nodes
          </a>
        </nav>
        <ConnectionBadge store={store} />
      </header>
      <main class="page">
        <Notices store={store} />
        <View store={store} route={current} />
      </main>
    </>
  );
}

function titleOf(route: Route): string {
  switch (route.view) {
    case "channel":
      return `${route.name} · Edgewire`;
    case "nodes":
      return "Nodes and devices · Edgewire";
    case "list":
      return "Edgewire";
  }
}

function View({ store, route }: { store: Store; route: Route }) {
  switch (route.view) {
    case "channel":
      return <ChannelView key={route.name} store={store} name={route.name} />;
    case "nodes":
      return <NodesView store={store} />;
    case "list":
      return <ChannelList store={store} />;
  }
}
