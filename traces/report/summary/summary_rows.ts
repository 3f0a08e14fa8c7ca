/**
 * The overhead table and other parts of a summary as rows, for text and JSON alike.
 *
 * @module
 */
import type { RoundTrip } from "../../flows/observer.ts";
import { allFields } from "../../wire/field.ts";
import type { Durations } from "./durations.ts";
import type { Overhead } from "./overhead.ts";
import type { OverheadTable, Summary } from "./summary.ts";

/** What each row of the overhead table counts, in the order shown. */
const ROWS: readonly (readonly [keyof OverheadTable, string])[] = [
  ["httpRequest", "HTTP request"],
  ["httpResponse", "HTTP response"],
  ["webSocketFromClient", "WebSocket frame from client"],
  ["webSocketFromServer", "WebSocket frame from server"],
  ["mqttPublish", "MQTT PUBLISH"],
  ["mqttControl", "MQTT other packets"],
  ["tlsRecord", "TLS record"],
  ["tcpSegment", "TCP segment (link, IP, TCP)"],
  ["udpDatagram", "UDP datagram (link, IP, UDP)"],
];

/** A row with at least one unit in it. */
export interface OverheadRow {
  readonly key: keyof OverheadTable;
  readonly name: string;
  readonly overhead: Overhead;
}

export function overheadRows(table: OverheadTable): OverheadRow[] {
  return ROWS
    .map(([key, name]) => ({ key, name, overhead: table[key] }))
    .filter(({ overhead }) => overhead.count > 0);
}

/** Protocols and how many frames hold them, most frames first. */
export function protocolRows({ protocolFrames }: Summary): { name: string; frames: number }[] {
  return allFields()
    .filter(({ id, type, name }) =>
      // Between a link layer and what it carries: no protocol, and always there.
      type === "protocol" && name !== "ethertype" && protocolFrames[id]! > 0
    )
    .map(({ id, name }) => ({ name, frames: protocolFrames[id]! }))
    .sort((a, b) => b.frames - a.frames);
}

/** From the bottom of the stack up. */
const ROUND_TRIPS: readonly RoundTrip[] = [
  "tcp handshake",
  "tcp ack",
  "http request",
  "websocket ping",
  "mqtt connect",
  "mqtt subscribe",
  "mqtt qos 1",
  "mqtt qos 2",
  "mqtt ping",
  "command",
];

/** Those that were seen. */
export function roundTripRows(
  { roundTrips }: Summary,
): { kind: RoundTrip; durations: Durations }[] {
  return ROUND_TRIPS.flatMap((kind) => {
    const durations = roundTrips.get(kind);
    return durations === undefined ? [] : [{ kind, durations }];
  });
}
