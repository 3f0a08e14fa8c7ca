/**
 * `/metrics` in the Prometheus text format. Everything is counted elsewhere,
 * in plain numbers; here it is read when somebody asks.
 *
 * @module
 */
import type { Registry } from "prom-client";
import type { BrokerCounters, BrokerState } from "../broker/broker.ts";
import type { Commands } from "../rooms/commands.ts";
import type { Rooms } from "../rooms/rooms.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { DeliveryHistogram } from "./delivery_histogram.ts";
import type { EventLoopDelay } from "./event_loop.ts";

export interface MetricSources {
  rooms: Rooms;
  sessions: Sessions;
  commands: Commands;
  brokerState: () => BrokerState;
  brokerCounters: BrokerCounters;
  /** Relay publishes that failed. */
  relayFailures: () => number;
  delivery: DeliveryHistogram;
  eventLoop: EventLoopDelay;
}

/** A value, or values by one label. */
type Reading = number | { label: string; values: Record<string, number> };

type Kind = "Counter" | "Gauge";

function readings(sources: MetricSources): [Kind, string, string, () => Reading][] {
  const { rooms, sessions, commands, brokerCounters } = sources;
  const { counters } = rooms;
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
    ["Counter", "sessions_closed_total", "WebSocket sessions ended, by close code", () => ({
      label: "code",
      values: sessions.counters.closed,
    })],
    ["Counter", "commands_total", "Commands ended, by how", () => ({
      label: "stage",
      values: commands.ended,
    })],
    ["Gauge", "commands_pending", "Commands under way", () => commands.pending],
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

function registerDelivery(registry: Registry, delivery: DeliveryHistogram) {
  const name = "edgewire_delivery_seconds";
  const help = "From a message's arrival by MQTT to its sending by WebSocket";
  const get = () => {
    const { buckets, sum, count } = delivery.read();
    const values = [
      ...buckets.map(({ le, count }) => ({
        labels: { le },
        value: count,
        metricName: `${name}_bucket`,
      })),
      { labels: {}, value: sum, metricName: `${name}_sum` },
      { labels: {}, value: count, metricName: `${name}_count` },
    ];
    return Promise.resolve({ name, help, type: "histogram", values, aggregator: "sum" });
  };
  registry.registerMetric({ name, get } as never);
}

/** Reads all metrics; the library is loaded when it is first asked for. */
export class Metrics {
  readonly #sources: MetricSources;
  #registry: Promise<Registry> | undefined;

  constructor(sources: MetricSources) {
    this.#sources = sources;
  }

  async text(): Promise<{ text: string; contentType: string }> {
    const registry = await (this.#registry ??= this.#register());
    return { text: await registry.metrics(), contentType: registry.contentType };
  }

  async #register(): Promise<Registry> {
    const { default: prom } = await import("prom-client");
    const registry = new prom.Registry();
    for (const [kind, name, help, read] of readings(this.#sources)) {
      const first = read();
      const labelNames = typeof first === "number" ? [] : [first.label];
      new prom[kind]({
        name: `edgewire_${name}`,
        help,
        labelNames,
        registers: [registry],
        collect() {
          const reading = read();
          this.reset();
          const set = (labels: Record<string, string>, value: number) =>
            kind === "Counter"
              ? (this as unknown as { inc(l: object, v: number): void }).inc(labels, value)
              : (this as unknown as { set(l: object, v: number): void }).set(labels, value);
          if (typeof reading === "number") set({}, reading);
          else {
            for (const [key, value] of Object.entries(reading.values)) {
              set({ [reading.label]: key }, value);
            }
          }
        },
      });
    }
    registerDelivery(registry, this.#sources.delivery);
    return registry;
  }
}
