/**
 * The overhead table and other parts of a summary as rows, for text and JSON alike.
 *
 * @module
 */
import type { Overhead } from "./overhead.ts";
import type { OverheadTable } from "./summary.ts";

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
