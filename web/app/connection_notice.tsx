import { Notice } from "./notice.tsx";
import type { Store } from "./store.ts";

function stopped(code: number, reason: string): string {
  switch (code) {
    case 4401:
      return "This gateway asks for an access token. Open the link that it printed when it started.";
    case 4403:
      return `The gateway refused this page: ${reason}.`;
    default:
      return `Not connected: ${reason}.`;
  }
}

/** What keeps values from arriving, in words. */
export function ConnectionNotice({ store }: { store: Store }) {
  const connection = store.connection.value;
  const status = store.status.value;
  if (connection.state === "stopped") {
    return (
      <Notice>
        <span role="alert">{stopped(connection.code, connection.reason)}</span>
      </Notice>
    );
  }
  if (store.lost.value !== undefined && store.channels.value) {
    return <Notice>What you see is as of the last connection: {store.lost.value}.</Notice>;
  }
  if (connection.state === "connected" && status?.broker === "disconnected") {
    return (
      <Notice>
        The gateway has lost its MQTT broker{status.reason ? `: ${status.reason}` : ""}.{" "}
        New values come when it is back.
      </Notice>
    );
  }
  if (connection.state === "connected" && status?.notStored !== undefined) {
    return <Notice>The gateway does not store its history: {status.notStored}.</Notice>;
  }
  if (connection.state === "connected" && status?.uplink === "disconnected") {
    return <Notice>The cloud is away: what is for it waits.</Notice>;
  }
  return null;
}
