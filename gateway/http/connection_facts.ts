/**
 * What is known of a WebSocket when it is asked for: for the recorder.
 *
 * @module
 */
import { isLoopback } from "../access/peer.ts";
import type { ConnectionFacts, Endpoint } from "../taps.ts";

/** Who asks, and where: what `Deno.serve` tells of a request. */
export interface RequestEnds {
  peer: string;
  peerPort: number;
  /** Where the gateway listens. */
  local: Endpoint;
}

const IP_ADDRESS = /^(?:\d+\.\d+\.\d+\.\d+|\[[0-9a-f:.]+\])$/i;
const ANY_ADDRESS = new Set(["0.0.0.0", "::"]);

/** Deno does not tell the address that a request came to, where the gateway listens on all. */
function localAddress({ peer, local }: RequestEnds, url: URL): string {
  if (!ANY_ADDRESS.has(local.host)) return local.host;
  if (IP_ADDRESS.test(url.hostname)) return url.hostname.replace(/^\[|\]$/g, "");
  return isLoopback(peer) ? peer : local.host;
}

/**
 * Has to be called before the upgrade: then the request's headers are gone.
 *
 * @returns what makes the facts when the answer is there
 */
export function connectionFacts(
  request: Request,
  ends: RequestEnds,
  protocol: ConnectionFacts["protocol"],
): (response: Response) => ConnectionFacts {
  const url = new URL(request.url);
  const requestHeaders = [...request.headers];
  return (response) => ({
    protocol,
    transport: "websocket",
    dialled: false,
    local: { host: localAddress(ends, url), port: ends.local.port },
    remote: { host: ends.peer, port: ends.peerPort },
    tls: url.protocol === "https:",
    upgrade: {
      target: url.pathname + url.search,
      requestHeaders,
      responseHeaders: [...response.headers],
    },
  });
}
