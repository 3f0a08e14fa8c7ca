/**
 * What tshark can't find out by itself, taken from our own decoding: which conversations carry MQTT
 * or WebSocket where neither port nor upgrade says so.
 *
 * @module
 */
import type { FieldTable, OracleHints } from "./tshark_run.ts";

/** Fields that `hintsFrom` needs. */
export const HINT_FIELDS = [
  "frame.protocols",
  "tcp.stream",
  "tcp.srcport",
  "tcp.dstport",
  "tcp.flags",
] as const;

interface Stream {
  serverPort: string;
  clientPort: string;
  /** What rides directly on TCP, on TLS, and on WebSocket. */
  tcp: Set<string>;
  tls: Set<string>;
  webSocket: Set<string>;
}

const MQTT_PORT = "1883";
const MQTTS_PORT = "8883";
const SYN_ACK = 0x12;

export function hintsFrom(
  own: FieldTable,
  fields: readonly string[],
  preferences: readonly string[],
): OracleHints {
  const streams = streamsOf(own, fields);
  const decodeAs = new Set<string>();
  for (const stream of streams) {
    const say = (table: "tcp" | "tls", protocol: string) => {
      const conflict = streams.some((other) =>
        other !== stream && other.serverPort === stream.serverPort && !other[table].has(protocol)
      );
      const port = conflict ? stream.clientPort : stream.serverPort;
      if (port !== (table === "tcp" ? MQTT_PORT : MQTTS_PORT)) {
        decodeAs.add(`${table}.port==${port},${protocol}`);
      }
    };
    if (stream.tcp.has("mqtt")) say("tcp", "mqtt");
    if (stream.tcp.has("websocket")) say("tcp", "websocket");
    if (stream.tls.has("mqtt")) say("tls", "mqtt");
  }
  const mqttOverWebSocket = streams.some(({ webSocket }) => webSocket.has("mqtt"));
  return { decodeAs: [...decodeAs], mqttOverWebSocket, preferences };
}

function streamsOf(own: FieldTable, fields: readonly string[]): Stream[] {
  const [protocols, number, source, destination, flags] = HINT_FIELDS.map((name) =>
    fields.indexOf(name)
  ) as [number, number, number, number, number];
  const streams = new Map<string, Stream>();
  for (const frame of own.frames) {
    const value = (column: number) => frame[column]?.[0] ?? "";
    if (value(number) === "") continue;
    let stream = streams.get(value(number));
    if (stream === undefined) {
      const answers = (Number(value(flags)) & SYN_ACK) === SYN_ACK;
      const ports = [value(source), value(destination)];
      const [clientPort, serverPort] = answers ? ports.toReversed() : ports;
      stream = {
        ...{ clientPort: clientPort!, serverPort: serverPort! },
        ...{ tcp: new Set(), tls: new Set(), webSocket: new Set() },
      };
      streams.set(value(number), stream);
    }
    note(stream, value(protocols).split(":"));
  }
  return [...streams.values()];
}

/** `http:websocket` is how Wireshark names WebSocket behind an upgrade. */
function note(stream: Stream, layers: readonly string[]): void {
  for (let i = 1; i < layers.length; i++) {
    const below = layers[i - 1]!;
    if (below === "tcp") stream.tcp.add(layers[i]!);
    if (below === "tls") stream.tls.add(layers[i]!);
    if (below === "websocket") stream.webSocket.add(layers[i]!);
  }
}
