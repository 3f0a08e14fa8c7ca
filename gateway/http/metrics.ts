/**
 * `/metrics` in the Prometheus text format. Everything is counted elsewhere,
 * in plain numbers; here it is read when somebody asks.
 *
 * @module
 */
import type { BrokerCounters, BrokerState } from "../broker/broker.ts";
import { clusterMetrics } from "./cluster_metrics.ts";
import type { BrokerCan } from "../broker/capabilities.ts";
import type { ClusterStatus } from "../cluster/cluster.ts";
import type { Commands } from "../rooms/commands.ts";
import type { Nodes } from "../nodes/nodes.ts";
import type { HomeAssistantCounters } from "../nodes/out/home_assistant.ts";
import type { ReadingsOut } from "../nodes/out/readings_out.ts";
import type { Rooms } from "../rooms/rooms.ts";
import type { Recorder } from "../recorder/recorder.ts";
import type { TraceStreams } from "../recorder/trace_streams.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Store } from "../store/store.ts";
import type { HistogramReading } from "../histogram.ts";
import type { DeliveryHistogram } from "./delivery_histogram.ts";
import type { EventLoopDelay } from "./event_loop.ts";
import { type Metric, storeMetrics } from "./store_metrics.ts";
import { uplinkMetrics } from "./uplink_metrics.ts";
import type { UplinkStatus } from "../uplink/status.ts";
import { webSocketMetrics } from "./websocket_metrics.ts";
import type { WebSocketStatus } from "../nodes/websocket/websocket_devices.ts";

export interface MetricSources {
  /** `null`: no uplink is configured. */
  uplink: () => UplinkStatus | null;
  /** `null`: no such devices are configured. */
  webSocketDevices: () => WebSocketStatus | null;
  rooms: Rooms;
  store: Store | null;
  nodes: Nodes;
  readings: ReadingsOut;
  sessions: Sessions;
  commands: Commands;
  brokerState: () => BrokerState;
  /** What an external broker can; undefined: it is our own. */
  brokerCan: () => BrokerCan | undefined;
  cluster: () => ClusterStatus | null;
  brokerCounters: BrokerCounters;
  /** Relay publishes that failed. */
  relayFailures: () => number;
  delivery: DeliveryHistogram;
  eventLoop: EventLoopDelay;
  traces: TraceStreams;
  recorder: Recorder;
}

function readings(sources: MetricSources): Metric[] {
  const { rooms, nodes, sessions, commands, brokerCounters, traces } = sources;
  const { counters } = rooms;
  const { monitor, sensors } = nodes;
  const queued = () => [...rooms.all()].reduce((sum, room) => sum + room.history.bytes, 0);
  return [
    ["Counter", "messages_in_total", "MQTT messages taken in, by QoS", () => ({
      label: "qos",
      values: { 0: counters.messagesIn[0], 1: counters.messagesIn[1], 2: counters.messagesIn[2] },
    })],
    [
      "Counter",
      "payload_bytes_in_total",
      "MQTT payload bytes taken in",
      () => counters.payloadBytesIn,
    ],
    ["Counter", "updates_total", "Updates made in rooms", () => counters.updates],
    ["Counter", "frames_out_total", "WebSocket frames sent", () => sessions.counters.framesOut],
    [
      "Counter",
      "bytes_out_total",
      "WebSocket payload bytes sent",
      () => sessions.counters.bytesOut,
    ],
    [
      "Counter",
      "client_messages_total",
      "Messages from WebSocket clients",
      () => sessions.counters.messagesIn,
    ],
    [
      "Counter",
      "client_errors_total",
      "Messages refused with an error",
      () => sessions.counters.errors,
    ],
    ["Counter", "gaps_total", "Gaps told to clients, by reason", () => ({
      label: "reason",
      values: sessions.counters.gaps,
    })],
    [
      "Counter",
      "gap_entries_total",
      "Sequence numbers that gaps named",
      () => sessions.counters.gapRange,
    ],
    ["Counter", "dropped_total", "Messages not taken or not passed on, by cause", () => ({
      label: "cause",
      values: {
        unchanged_retained: counters.unchanged,
        over_limit: counters.overLimit,
        slow_mqtt_client: brokerCounters.droppedForSlowClients,
        not_allowed: brokerCounters.refused,
        relay_failed: sources.relayFailures(),
      },
    })],
    [
      "Counter",
      "mqtt_closed_for_backlog_total",
      "MQTT clients closed at the backlog bound",
      () => brokerCounters.closedForBacklog,
    ],
    [
      "Counter",
      "mqtt_refused_total",
      "MQTT connections closed because there were too many",
      () => brokerCounters.tooMany,
    ],
    ["Counter", "sessions_closed_total", "WebSocket sessions ended, by close code", () => ({
      label: "code",
      values: sessions.counters.closed,
    })],
    ["Counter", "commands_total", "Commands ended, by how", () => ({
      label: "stage",
      values: commands.ended,
    })],
    ["Gauge", "commands_pending", "Commands under way", () => commands.pending],
    ["Counter", "radio_frames_total", "Radio frames taken in, by what became of them", () => {
      const { frames: taken, damaged, malformed, dropped } = nodes.totals();
      return {
        label: "outcome",
        values: { taken, damaged, malformed, dropped_by_node: dropped },
      };
    }],
    ["Counter", "radio_batches_total", "Batches that did not come in time, late, or twice", () => {
      const { missed, late, repeated } = nodes.totals();
      return { label: "kind", values: { missed, late, repeated } };
    }],
    ["Counter", "packets_total", "Packets of devices, by what became of them", () => ({
      label: "outcome",
      values: {
        accepted: sensors.counters.accepted,
        duplicate: sensors.counters.duplicates,
        superseded: sensors.counters.superseded,
        stranger: sensors.counters.strangers,
        no_key: sensors.counters.noKey,
      },
    })],
    ["Counter", "security_findings_total", "Suspicious packets, by kind", () => ({
      label: "kind",
      values: sensors.counters.findings,
    })],
    ["Counter", "readings_out_total", "Readings published by MQTT, by what became of them", () => ({
      label: "outcome",
      values: sources.readings.counters,
    })],
    [
      "Counter",
      "home_assistant_total",
      "Devices announced to Home Assistant and withdrawn",
      () => ({
        label: "what",
        values: announcements(sources.readings.announcements),
      }),
    ],
    ["Gauge", "nodes", "Nodes, by whether they live", () => ({
      label: "state",
      values: monitor.counts().node,
    })],
    ["Gauge", "devices", "Devices, by whether they live", () => ({
      label: "state",
      values: monitor.counts().device,
    })],
    ["Counter", "stalls_total", "Times that this process stood still", () => monitor.stalls],
    [
      "Counter",
      "stalled_seconds_total",
      "Time for which this process stood still",
      () => monitor.stalledMs / 1000,
    ],
    ["Gauge", "sessions", "WebSocket sessions", () => sessions.size],
    ["Gauge", "sessions_lagging", "WebSocket sessions that are behind", () => sessions.lagging],
    ["Gauge", "queue_bytes", "Bytes queued for WebSocket clients", () => sessions.queuedBytes()],
    ["Gauge", "rooms", "Channels", () => rooms.size],
    ["Gauge", "history_bytes", "Memory that histories take, about", queued],
    [
      "Gauge",
      "broker_connected",
      "1 while the MQTT side works",
      () => Number(sources.brokerState().connected),
    ],
    ["Gauge", "trace_readers", "Traces being read", () => traces.readers],
    ["Counter", "trace_packets_total", "Packets in traces", () => traces.counters.packets],
    [
      "Counter",
      "trace_lost_total",
      "Records that readers of traces were too slow for",
      () => traces.counters.lost,
    ],
    [
      "Gauge",
      "trace_ring_bytes",
      "Memory of the ring that traces are read from",
      () => sources.recorder.ring?.capacity ?? 0,
    ],
    [
      "Gauge",
      "event_loop_delay_seconds",
      "Longest delay since the last scrape",
      () => sources.eventLoop.takeMax() / 1000,
    ],
    [
      "Gauge",
      "resident_memory_bytes",
      "Resident memory of the process",
      () => Deno.memoryUsage().rss,
    ],
  ];
}

function announcements({ announced, withdrawn, failed, overLimit }: HomeAssistantCounters) {
  return { announced, withdrawn, failed, over_limit: overLimit };
}

/** As OpenTelemetry's data model numbers them. */
const HISTOGRAM = 0;
const GAUGE = 2;
const SUM = 3;

/** One metric in OpenTelemetry's data model, as far as the serializer reads it. */
function metricData(
  name: string,
  description: string,
  dataPointType: number,
  values: { attributes: Record<string, string>; value: unknown }[],
) {
  const time = [0, 0];
  return {
    descriptor: { name: `edgewire_${name}`, description, unit: "" },
    dataPointType,
    isMonotonic: dataPointType === SUM,
    dataPoints: values.map((value) => ({ ...value, startTime: time, endTime: time })),
  };
}

function plainMetric([kind, name, help, read]: Metric) {
  const reading = read();
  const values = typeof reading === "number"
    ? [{ attributes: {}, value: reading }]
    : Object.entries(reading.values).map(([key, value]) => ({
      attributes: { [reading.label]: key },
      value,
    }));
  return metricData(name, help, kind === "Counter" ? SUM : GAUGE, values);
}

function histogramMetric(name: string, help: string, value: HistogramReading) {
  return metricData(name, help, HISTOGRAM, [{ attributes: {}, value }]);
}

function histograms({ delivery, store }: MetricSources) {
  const help = "From a message's arrival by MQTT to its sending by WebSocket";
  const metrics = [histogramMetric("delivery_seconds", help, delivery.read())];
  if (store === null) return metrics;
  const commits = "How long commits to the history on disk took";
  return [...metrics, histogramMetric("store_commit_seconds", commits, store.stats().commitTimes)];
}

/** Prometheus text format 0.0.4. */
const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Reads all metrics; the library that writes them is loaded when it is first asked for. */
export class Metrics {
  readonly #sources: MetricSources;

  constructor(sources: MetricSources) {
    this.#sources = sources;
  }

  async text(): Promise<{ text: string; contentType: string }> {
    const { PrometheusSerializer } = await import("@opentelemetry/exporter-prometheus");
    const serializer = new PrometheusSerializer("", false, undefined, true, true);
    const { store } = this.#sources;
    const uplink = this.#sources.uplink();
    const webSockets = this.#sources.webSocketDevices();
    const metrics = [
      ...readings(this.#sources).map(plainMetric),
      ...(store === null ? [] : storeMetrics(store)).map(plainMetric),
      ...(uplink === null ? [] : uplinkMetrics(uplink)).map(plainMetric),
      ...(webSockets === null ? [] : webSocketMetrics(webSockets)).map(plainMetric),
      ...clusterMetrics(this.#sources).map(plainMetric),
      ...histograms(this.#sources),
    ];
    const scopeMetrics = [{ scope: { name: "edgewire" }, metrics }];
    const text = serializer.serialize({ resource: { attributes: {} }, scopeMetrics } as never);
    return { text, contentType: CONTENT_TYPE };
  }
}
