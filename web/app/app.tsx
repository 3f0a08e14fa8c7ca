import type { ReadonlySignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ChannelList } from "./channel_list.tsx";
import { ChannelView } from "./channel_view.tsx";
import { ConnectionBadge } from "./connection_badge.tsx";
import { Notices } from "./notices.tsx";
import type { Route } from "./router.ts";
import type { Store } from "./store.ts";

/** The frame around every view: where you are, and whether what you see is live. */
export function App({ store, route }: { store: Store; route: ReadonlySignal<Route> }) {
  const current = route.value;
  const title = current.view === "channel" ? `${current.name} · Edgewire` : "Edgewire";
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
        <ConnectionBadge store={store} />
      </header>
      <main class="page">
        <Notices store={store} />
        {current.view === "channel"
          ? <ChannelView key={current.name} store={store} name={current.name} />
          : <ChannelList store={store} />}
      </main>
    </>
  );
}
