/**
 * What `/metrics` says of devices that are WebSocket servers.
 *
 * @module
 */
import type { WebSocketStatus } from "../nodes/websocket/websocket_devices.ts";
import type { Metric } from "./store_metrics.ts";

export function webSocketMetrics(
  { connected, connections, received, sent }: WebSocketStatus,
): Metric[] {
  return [
    [
      "Gauge",
      "websocket_devices_connected",
      "Devices that are WebSocket servers and that we are connected to",
      () => connected,
    ],
    [
      "Counter",
      "websocket_device_connections_total",
      "Connections to them that stood",
      () => connections,
    ],
    [
      "Counter",
      "websocket_device_messages_total",
      "Messages from them and to them",
      () => ({ label: "way", values: { in: received, out: sent } }),
    ],
  ];
}
