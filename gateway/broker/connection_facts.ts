/**
 * What a recorder is told of a connection when it opens.
 *
 * @module
 */
import type { ConnectionFacts, Endpoint } from "../taps.ts";

/** Host of an endpoint that is not known; its port, where that is not known either, is 0. */
const UNKNOWN_HOST = "0.0.0.0";
export const WEBSOCKET_PORTS: Record<string, number> = { "ws:": 80, "wss:": 443 };

function endpoint(address: Deno.Addr): Endpoint {
  const { hostname: host, port } = address as Deno.NetAddr;
  return { host, port };
}

/** Of MQTT over TCP or TLS. */
export function tcpFacts(conn: Deno.Conn, dialled: boolean, tls: boolean): ConnectionFacts {
  return {
    protocol: "mqtt",
    transport: "tcp",
    dialled,
    local: endpoint(conn.localAddr),
    remote: endpoint(conn.remoteAddr),
    tls,
  };
}

/**
 * Of MQTT over a WebSocket that we opened. Deno tells neither its headers nor its addresses: this is
 * what they must have been. Our own address is not known, nor the broker's where the URL has a name.
 */
export function dialledWebSocketFacts(url: URL, protocol: string): ConnectionFacts {
  const name = url.hostname.replace(/^\[|\]$/g, "");
  const isIp = name.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(name);
  const port = Number(url.port) || WEBSOCKET_PORTS[url.protocol] as number;
  const host = name === "localhost" ? "127.0.0.1" : isIp ? name : UNKNOWN_HOST;
  const upgrade: [string, string][] = [["Upgrade", "websocket"], ["Connection", "Upgrade"]];
  const chosen: [string, string][] = protocol === "" ? [] : [["Sec-WebSocket-Protocol", protocol]];
  return {
    protocol: "mqtt",
    transport: "websocket",
    dialled: true,
    local: { host: host.includes(":") ? "::" : UNKNOWN_HOST, port: 0 },
    remote: { host, port },
    tls: url.protocol === "wss:",
    upgrade: {
      target: url.pathname + url.search,
      requestHeaders: [
        ["Host", url.host],
        ...upgrade,
        ["Sec-WebSocket-Version", "13"],
        ["Sec-WebSocket-Protocol", "mqtt"],
      ],
      responseHeaders: [...upgrade, ...chosen],
    },
  };
}
