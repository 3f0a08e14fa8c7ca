/**
 * Brokers for tests, and how they are reached.
 *
 * @module
 */
import { Policy } from "../../gateway/access/policy.ts";
import { TokenBook } from "../../gateway/access/tokens.ts";
import type { Broker, IncomingMessage } from "../../gateway/broker/broker.ts";
import type { RecordingTaps } from "./recording_taps.ts";

/** What both brokers are made with. */
export function parts(taps: RecordingTaps, messages: IncomingMessage[]) {
  return {
    policy: new Policy(() => false),
    tokens: new TokenBook({}, []),
    limits: { packetBytes: 1 << 20, backlogBytes: 4 << 20, clients: 2 },
    counters: { droppedForSlowClients: 0, closedForBacklog: 0, tooMany: 0, refused: 0 },
    sink: (message: IncomingMessage) => messages.push(message),
    taps,
    log: () => {},
  };
}

/** `/mqtt` of a broker, as the HTTP side serves it. */
export function serveMqtt(broker: Broker, taps: RecordingTaps) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request, { remoteAddr: { hostname: peer, port } }) => {
      const { socket, response } = Deno.upgradeWebSocket(request, { protocol: "mqtt" });
      const tap = taps.connection({
        protocol: "mqtt",
        transport: "websocket",
        dialled: false,
        local: { host: "127.0.0.1", port: 0 },
        remote: { host: peer, port },
        tls: false,
        upgrade: { target: "/mqtt", requestHeaders: [], responseHeaders: [] },
      });
      socket.onopen = () => {
        broker.serveWebSocket({ socket, peer, identity: { role: "admin" }, tap });
      };
      return response;
    },
  );
  return {
    url: `ws://127.0.0.1:${server.addr.port}/mqtt`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
