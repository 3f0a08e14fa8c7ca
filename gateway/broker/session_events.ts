/**
 * How sessions of the embedded broker begin and end.
 *
 * @module
 */
import type { Aedes, Client } from "aedes";
import { insidesOf, streamOf } from "./aedes_insides.ts";
import type { SessionEnd, SessionEvent } from "./broker.ts";
import { KeepaliveError } from "./connection_watch.ts";

/** Whether the connection broke, rather than being closed by us. */
function isLoss(error: Error): boolean {
  return Object.values(Deno.errors).some((kind) => error instanceof kind);
}

/** Notes how the session of a client ends that has failed. */
export function noteFailure(client: Client, error: Error) {
  const stream = streamOf(client);
  if (error instanceof KeepaliveError) stream.ending ??= "keepalive";
  else if (!isLoss(error)) stream.ending ??= "closed for an error";
}

/**
 * Tells of each session of a broker.
 *
 * @param isClosing Whether the broker itself ends
 */
export function tellSessions(
  aedes: Aedes,
  tell: (event: SessionEvent) => void,
  isClosing: () => boolean,
) {
  const endOf = (client: Client): SessionEnd => {
    if (insidesOf(client)._disconnected) return "disconnect";
    return streamOf(client).ending ?? (isClosing() ? "shutdown" : "connection lost");
  };
  aedes.on("client", (client) => {
    const keepalive = streamOf(client).keepaliveMs / 1000;
    tell({ client: client.id, state: "open", keepalive });
  });
  aedes.on("ping", (_packet, { id }) => tell({ client: id, state: "alive" }));
  aedes.on("clientDisconnect", (client) => {
    tell({ client: client.id, state: "closed", how: endOf(client) });
  });
}
