import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ConnectionState } from "../client/client.ts";
import type { Store } from "./store.ts";

/** Whole seconds until a time of this machine, counted down. */
function useSecondsUntil(time: number | undefined): number {
  const seconds = useSignal(0);
  useEffect(() => {
    if (time === undefined) return;
    const count = () => seconds.value = Math.max(0, Math.ceil((time - Date.now()) / 1000));
    count();
    const timer = setInterval(count, 250);
    return () => clearInterval(timer);
  }, [time]);
  return seconds.value;
}

const WORDS: Record<ConnectionState["state"], string> = {
  connected: "Connected",
  connecting: "Connecting…",
  waiting: "Disconnected",
  stopped: "Stopped",
};

/** What the connection does now, in words; always on the page. */
export function ConnectionBadge({ store }: { store: Store }) {
  const connection = store.connection.value;
  const seconds = useSecondsUntil(
    connection.state === "waiting" ? connection.retryAt : undefined,
  );
  return (
    <div class="badge" data-state={connection.state}>
      <span class="badge-dot" aria-hidden="true" />
      <span role="status" title={"reason" in connection ? connection.reason : undefined}>
        {WORDS[connection.state]}
      </span>
      {connection.state === "connected" && <span class="muted">{connection.role}</span>}
      {connection.state === "waiting" && (
        <>
          <span class="muted badge-next">{seconds > 0 ? `next try in ${seconds} s` : "…"}</span>
          <button type="button" class="small" onClick={() => store.client.retryNow()}>
            Try now
          </button>
        </>
      )}
    </div>
  );
}
