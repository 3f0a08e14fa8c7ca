/**
 * A summary as one JSON object, with everything the text form shortens. Times are seconds (Unix
 * time where they are points in time), sizes are bytes.
 *
 * @module
 */
import { readingName } from "../../sensors/measure.ts";
import { protocolNames } from "../../flows/stream_protocol.ts";
import { endpointText } from "../../flows/endpoint_text.ts";
import type { Conversation } from "../../flows/conversation.ts";
import { advertisingInterval } from "./ble_devices.ts";
import type { Durations } from "./durations.ts";
import { hopsJson } from "./hops_json.ts";
import type { Levels } from "./levels.ts";
import type { Summary } from "./summary.ts";
import { overheadRows, protocolRows, roundTripRows } from "./summary_rows.ts";
import { FRAME_TYPES } from "./wpan_networks.ts";

export function summaryJson(summary: Summary): Record<string, unknown> {
  return {
    filter: summary.filter ?? null,
    frames: summary.frames,
    bytes: summary.bytes,
    capturedBytes: summary.capturedBytes,
    firstTime: finite(summary.firstTime),
    lastTime: finite(summary.lastTime),
    protocols: Object.fromEntries(protocolRows(summary).map(({ name, frames }) => [name, frames])),
    problems: summary.problems.sorted().map(({ rule, count, frames, detail }) => ({
      ...rule,
      count,
      frames,
      first: detail ?? null,
    })),
    conversations: summary.conversations.map(conversation),
    conversationsNotListed: summary.conversationsBeyond,
    overhead: Object.fromEntries(
      overheadRows(summary.overhead).map(({ key, overhead }) => [key, {
        count: overhead.count,
        header: overhead.header,
        mean: overhead.mean,
        least: overhead.least,
        greatest: overhead.greatest,
        payload: overhead.payload,
      }]),
    ),
    roundTrips: Object.fromEntries(
      roundTripRows(summary).map(({ kind, durations }) => [kind, roundTrip(durations)]),
    ),
    topics: summary.topics.counts.map((topic) => ({
      ...topic,
      perSecond: finite(topic.messages / (summary.lastTime - summary.firstTime)),
    })),
    messagesOnFurtherTopics: summary.topics.others,
    bleDevices: summary.bleDevices.sorted().map(({ eventStart: _, ...device }) => ({
      ...device,
      interval: finite(advertisingInterval(device)),
      shortest: finite(device.shortest),
      rssi: levels(device.rssi),
    })),
    sensors: summary.sensors.sorted().map(({ readings, ...sensor }) => ({
      ...sensor,
      readings: readings.map((reading) => ({
        name: readingName(reading),
        value: reading.value,
        unit: reading.measure.unit,
      })),
    })),
    wpanNetworks: summary.wpanNetworks.sorted().map(({ devices, types, channels, ...network }) => ({
      ...network,
      types: Object.fromEntries(FRAME_TYPES.map((name, type) => [name, types[type]])),
      channels: [...channels],
      lqi: levels(network.lqi),
      devices: [...devices.values()].map((device) => ({ ...device, rss: levels(device.rss) })),
    })),
    ...(summary.hops === undefined ? {} : { hops: hopsJson(summary.hops, summary) }),
  };
}

function levels({ count, least, greatest, mean }: Levels) {
  return count === 0 ? null : { count, least, mean, greatest };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function conversation(of: Conversation) {
  const { transport, index, client, protocol, firstTime, lastTime, traffic, closed } = of;
  const server = client === 0 ? 1 : 0;
  return {
    transport,
    stream: index,
    client: endpointText(of, client),
    server: endpointText(of, server),
    protocol: protocol === undefined ? null : protocolNames(protocol),
    firstFrame: of.firstFrame,
    lastFrame: of.lastFrame,
    firstTime,
    lastTime,
    fromClient: { ...traffic[client] },
    fromServer: { ...traffic[server] },
    end: closed === "" ? null : closed,
  };
}

function roundTrip(durations: Durations) {
  return {
    count: durations.count,
    least: durations.least,
    median: durations.quantile(0.5),
    p95: durations.quantile(0.95),
    p99: durations.quantile(0.99),
    greatest: durations.greatest,
  };
}
