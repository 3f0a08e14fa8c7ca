import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ConnectionState } from "../client/client.ts";
import { viewHref } from "./router.ts";
import type { Store } from "./store.ts";

/** How often what counts in seconds is looked at, milliseconds. */
const LOOK = 250;

interface Said {
  state: ConnectionState["state"] | "stale";
  text: string;
  /** What comes next. */
  next?: string;
}

function said({ client }: Store, connection: ConnectionState): Said {
  switch (connection.state) {
    case "connected": {
      const { silence } = client;
      if (silence === undefined) return { state: "connected", text: "Connected" };
      return { state: "stale", text: "Stale", next: `silent for ${Math.floor(silence / 1000)} s` };
    }
    case "connecting":
      return connection.attempt === 0
        ? { state: "connecting", text: "Connecting…" }
        : { state: "connecting", text: "Reconnecting…" };
    case "waiting": {
      const left = Math.ceil((connection.retryAt - Date.now()) / 1000);
      return { state: "waiting", text: "Reconnecting", next: left > 0 ? `in ${left} s` : "…" };
    }
    case "stopped":
      return { state: "stopped", text: "Stopped" };
  }
}

/** What the connection does now, in words; always on the page. */
export function ConnectionBadge({ store }: { store: Store }) {
  const connection = store.connection.value;
  const shown = useSignal(said(store, connection));
  useEffect(() => {
    const look = () => {
      const now = said(store, connection);
      const { state, text, next } = shown.peek();
      if (now.state !== state || now.text !== text || now.next !== next) shown.value = now;
    };
    look();
    const timer = setInterval(look, LOOK);
    return () => clearInterval(timer);
  }, [store, connection]);
  const { state, text, next } = shown.value;
  return (
    <div class="badge" data-state={state}>
      <a
        class="badge-state"
        href={viewHref("health")}
        title={"reason" in connection ? connection.reason : "How the gateway fares"}
      >
        <span class="badge-dot" aria-hidden="true" />
        <span role="status">{text}</span>
      </a>
      {state === "connected" && connection.state === "connected" && (
        <span class="muted badge-role">{connection.role}</span>
      )}
      {next && <span class="muted badge-next">{next}</span>}
      {state === "waiting" && (
        <button
          type="button"
          class="small"
          onClick={() => store.client.retryNow()}
        >
          Try now
        </button>
      )}
    </div>
  );
}
