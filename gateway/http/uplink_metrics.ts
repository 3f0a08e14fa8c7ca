/**
 * What `/metrics` says of the uplink.
 *
 * @module
 */
import { now } from "../clock.ts";
import type { UplinkStatus } from "../uplink/status.ts";
import type { Metric } from "./store_metrics.ts";

/** Read at once: all are of the same moment. */
export function uplinkMetrics(status: UplinkStatus): Metric[] {
  const { backlog, dropped, down } = status;
  const oldest = backlog.oldestTime === null ? 0 : Math.max(0, now() - backlog.oldestTime) / 1000;
  return [
    [
      "Gauge",
      "uplink_connected",
      "1 while the uplink is connected",
      () => Number(status.state === "connected"),
    ],
    [
      "Counter",
      "uplink_connections_total",
      "Connections that the cloud took",
      () => status.connections,
    ],
    [
      "Gauge",
      "uplink_backlog_messages",
      "Messages that the cloud does not have",
      () => backlog.messages,
    ],
    ["Gauge", "uplink_backlog_bytes", "Their size", () => backlog.bytes],
    ["Gauge", "uplink_backlog_oldest_seconds", "Age of the oldest of them", () => oldest],
    [
      "Counter",
      "uplink_sent_total",
      "Messages that the cloud acknowledged",
      () => status.sent,
    ],
    [
      "Counter",
      "uplink_dropped_total",
      "Messages that the cloud will not get, by reason",
      () => ({ label: "reason", values: dropped }),
    ],
    [
      "Gauge",
      "uplink_live_rate",
      "Messages for the cloud that came in, per second",
      () => status.liveRate,
    ],
    [
      "Gauge",
      "uplink_drain_rate",
      "Messages that the cloud acknowledged, per second",
      () => status.drainRate,
    ],
    [
      "Gauge",
      "uplink_in_flight",
      "Messages without acknowledgement",
      () => status.inFlight,
    ],
    ["Gauge", "uplink_window", "Messages that may be without acknowledgement", () => status.window],
    [
      "Counter",
      "uplink_rules_total",
      "Uploads of rules: made, and updates left out or not fit for one",
      () => {
        const { made, leftOut: left_out, unfit } = status.rules;
        return { label: "outcome", values: { made, left_out, unfit } };
      },
    ],
    [
      "Counter",
      "uplink_down_total",
      "Messages from the cloud, by what became of them",
      () => ({ label: "outcome", values: down }),
    ],
  ];
}
