/**
 * What is known of a WebSocket when it is asked for: for the recorder.
 *
 * @module
 */
import { isLoopback } from "../access/peer.ts";
import { cutText } from "../recorder/cut_text.ts";
import type { ConnectionFacts, Endpoint } from "../taps.ts";
import { isOwnAddress } from "./own_addresses.ts";

/** Who asks, and where: what `Deno.serve` tells of a request. */
export interface RequestEnds {
  peer: string;
  peerPort: number;
  /** Where the gateway listens. */
  local: Endpoint;
  /** Settles when the answer was given, or could not be. */
  completed: () => Promise<void>;
}

/**
 * Headers of requests that are kept; others are left out. Anybody may ask for a WebSocket, and what
 * was asked is kept as long as the recorder has events of it: so all of them together stay within
 * some 4 KB.
 */
const KEPT_HEADERS = new Set([
  "authorization",
  "connection",
  "cookie",
  "forwarded",
  "host",
  "origin",
  "sec-websocket-extensions",
  "sec-websocket-key",
  "sec-websocket-protocol",
  "sec-websocket-version",
  "upgrade",
  "user-agent",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
]);
/** Longest value that is kept of a header, and longest path with query; characters. */
const VALUE_LENGTH = 256;
const TARGET_LENGTH = 1024;

const ANY_ADDRESS = new Set(["0.0.0.0", "::"]);

/**
 * Deno does not tell the address that a request came to, where the gateway listens on all. The Host
 * header is anybody's claim, but an address of this machine in it is as good as known.
 */
function localAddress({ peer, local }: RequestEnds, url: URL): string {
  if (!ANY_ADDRESS.has(local.host)) return local.host;
  if (isLoopback(peer)) return peer;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return isOwnAddress(host) ? host : local.host;
}

/** The request's headers, as far as they are kept. */
function keptHeaders(headers: Headers): [string, string][] {
  const kept: [string, string][] = [];
  for (const [name, value] of headers) {
    if (KEPT_HEADERS.has(name)) kept.push([name, cutText(value, VALUE_LENGTH)]);
  }
  return kept;
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
  const requestHeaders = keptHeaders(request.headers);
  return (response) => ({
    protocol,
    transport: "websocket",
    dialled: false,
    local: { host: localAddress(ends, url), port: ends.local.port },
    remote: { host: ends.peer, port: ends.peerPort },
    tls: url.protocol === "https:",
    upgrade: {
      target: cutText(url.pathname + url.search, TARGET_LENGTH),
      requestHeaders,
      responseHeaders: [...response.headers],
    },
  });
}
