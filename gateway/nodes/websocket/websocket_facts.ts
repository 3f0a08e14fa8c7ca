/**
 * What a recorder is told of a connection to a device that is a WebSocket server.
 *
 * @module
 */
import type { ConnectionFacts, Endpoint } from "../../taps.ts";

/** A socket of Node, as far as its ends are read. */
export interface SocketEnds {
  localAddress?: string;
  localPort?: number;
  remoteAddress?: string;
  remotePort?: number;
}

/** The HTTP exchange that it began with. */
export interface Handshake {
  request: Record<string, unknown>;
  /** Names and values in turn. */
  response: readonly string[];
}

function endpoint(host: string | undefined, port: number | undefined): Endpoint {
  return { host: host ?? "0.0.0.0", port: port ?? 0 };
}

export function webSocketFacts(url: URL, ends: SocketEnds, handshake: Handshake): ConnectionFacts {
  const { request, response } = handshake;
  const responseHeaders: [string, string][] = [];
  for (let i = 0; i + 1 < response.length; i += 2) {
    responseHeaders.push([response[i]!, response[i + 1]!]);
  }
  return {
    protocol: "session",
    transport: "websocket",
    dialled: true,
    local: endpoint(ends.localAddress, ends.localPort),
    remote: endpoint(ends.remoteAddress, ends.remotePort),
    tls: url.protocol === "wss:",
    upgrade: {
      target: url.pathname + url.search,
      requestHeaders: Object.entries(request).map(([name, value]) => [name, String(value)]),
      responseHeaders,
    },
  };
}
