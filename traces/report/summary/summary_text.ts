/**
 * A summary as text for a terminal.
 *
 * @module
 */
import { advertisingInterval } from "./ble_devices.ts";
import { allFields } from "../../wire/field.ts";
import { protocolNames } from "../../flows/stream_protocol.ts";
import { endpointText } from "../../flows/endpoint_text.ts";
import { durationText, rateText, timeText } from "./quantities.ts";
import type { Summary } from "./summary.ts";
import { overheadRows } from "./summary_rows.ts";
import { type Cell, grouped, textTable } from "./text_table.ts";
import { FRAME_TYPES } from "./wpan_networks.ts";
import { WPAN_BROADCAST } from "../../wire/wpan_frame.ts";

/** Rows shown of each table; the JSON form has all. */
const SHOWN = 40;

/** All sections that have something to say, as lines. */
export function summaryText(summary: Summary): string[] {
  const sections: [string, string[]][] = [
    ["", overview(summary)],
    ["Problems, worst first", problems(summary)],
    ["Conversations, most bytes first", conversations(summary)],
    ["Overhead: bytes of headers and framing against bytes carried", overhead(summary)],
    ["Round trips", roundTrips(summary)],
    ["MQTT topics, most messages first", topics(summary)],
    ["BLE devices, most advertisements first", bleDevices(summary)],
    ["IEEE 802.15.4 networks", wpanNetworks(summary)],
  ];
  const lines: string[] = [];
  for (const [title, body] of sections) {
    if (body.length === 0) continue;
    if (lines.length > 0) lines.push("");
    if (title !== "") lines.push(title);
    lines.push(...body.map((line) => title === "" ? line : `  ${line}`));
  }
  return lines;
}

function overview(summary: Summary): string[] {
  const { frames, bytes, capturedBytes, firstTime, lastTime } = summary;
  const cut = capturedBytes < bytes ? `, ${grouped(capturedBytes)} of them in the file` : "";
  const lines = [`${grouped(frames)} frames, ${grouped(bytes)} bytes${cut}`];
  if (!Number.isNaN(firstTime)) {
    const span = durationText(lastTime - firstTime);
    lines.push(`${timeText(firstTime)} to ${timeText(lastTime)} (${span})`);
  }
  const protocols = allFields()
    .filter(({ id, type }) => type === "protocol" && summary.protocolFrames[id]! > 0)
    .map(({ id, name }) => `${name} ${grouped(summary.protocolFrames[id]!)}`);
  if (protocols.length > 0) lines.push(`frames by protocol: ${protocols.join(", ")}`);
  return lines;
}

function problems(summary: Summary): string[] {
  const all = summary.problems.sorted();
  const lines = all.slice(0, SHOWN).flatMap(({ rule, count, frames, detail }) => {
    const clause = rule.clause === "" ? "" : ` (${rule.clause})`;
    const more = count > frames.length ? ", ..." : "";
    const first = detail === undefined ? "" : `; first: ${detail}`;
    return [
      `${rule.severity}: ${rule.layer}: ${rule.text}${clause}`,
      `    ${grouped(count)} times, frames ${frames.join(", ")}${more}${first}`,
    ];
  });
  if (summary.problems.dropped > 0) {
    lines.push(`${grouped(summary.problems.dropped)} more in frames with very many problems`);
  }
  return lines.concat(beyond(all.length));
}

function conversations(summary: Summary): string[] {
  const all = [...summary.conversations].sort((a, b) =>
    b.traffic[0].bytes + b.traffic[1].bytes - a.traffic[0].bytes - a.traffic[1].bytes
  );
  if (all.length === 0) return [];
  const rows = all.slice(0, SHOWN).map((conversation): Cell[] => {
    const { client, traffic, transport, index, firstTime, lastTime } = conversation;
    const server = client === 0 ? 1 : 0;
    const [from, to] = [traffic[client], traffic[server]];
    return [
      `${transport} ${index}`,
      endpointText(conversation, client),
      endpointText(conversation, server),
      protocolNames(conversation.protocol),
      from.frames,
      from.bytes,
      to.frames,
      to.bytes,
      durationText(lastTime - firstTime),
      conversation.closed === "" ? "open" : conversation.closed,
    ];
  });
  const header = [
    "stream",
    "client",
    "server",
    "protocol",
    "frames ->",
    "bytes ->",
    "frames <-",
    "bytes <-",
    "time",
    "end",
  ];
  return textTable(header, rows).concat(beyond(all.length + summary.conversationsBeyond));
}

function overhead(summary: Summary): string[] {
  const rows = overheadRows(summary.overhead).map(({ name, overhead }): Cell[] => [
    name,
    overhead.count,
    overhead.header,
    overhead.mean,
    overhead.least,
    overhead.greatest,
    overhead.payload,
    percent(overhead.header, overhead.payload),
  ]);
  if (rows.length === 0) return [];
  const header = ["", "count", "header bytes", "mean", "least", "greatest", "carried", "share"];
  return textTable(header, rows);
}

/** The share of headers in all bytes. */
function percent(header: number, payload: number): string {
  return header + payload === 0 ? "-" : `${(100 * header / (header + payload)).toFixed(1)} %`;
}

function roundTrips(summary: Summary): string[] {
  const rows = [...summary.roundTrips].map(([kind, durations]): Cell[] => [
    kind,
    durations.count,
    ...[durations.least, 0.5, 0.95, 0.99, durations.greatest].map((value, column) =>
      durationText(column === 0 || column === 4 ? value : durations.quantile(value))
    ),
  ]);
  if (rows.length === 0) return [];
  return textTable(["", "count", "least", "median", "95 %", "99 %", "greatest"], rows);
}

function topics(summary: Summary): string[] {
  const all = [...summary.topics.counts].sort((a, b) => b.messages - a.messages);
  if (all.length === 0) return [];
  const rows = all.slice(0, SHOWN).map(({ topic, messages, bytes, first, last }): Cell[] => [
    JSON.stringify(topic).slice(1, -1),
    messages,
    rateText(messages, last - first),
    bytes,
    bytes / messages,
  ]);
  const lines = textTable(["topic", "messages", "per second", "payload", "mean"], rows);
  if (summary.topics.others > 0) {
    lines.push(`${grouped(summary.topics.others)} messages on further topics`);
  }
  return lines.concat(beyond(all.length));
}

function bleDevices(summary: Summary): string[] {
  const all = summary.bleDevices.sorted();
  if (all.length === 0) return [];
  const rows = all.slice(0, SHOWN).map((device): Cell[] => {
    const interval = advertisingInterval(device);
    return [
      device.address,
      device.random ? "random" : "public",
      device.frames,
      device.events,
      Number.isNaN(interval) ? "-" : durationText(interval),
      String(device.rssi),
    ];
  });
  const lines = textTable(["address", "type", "frames", "events", "interval", "RSSI dBm"], rows);
  return lines.concat(beyond(all.length));
}

function wpanNetworks(summary: Summary): string[] {
  const all = summary.wpanNetworks.sorted();
  const lines = all.slice(0, SHOWN).flatMap((network) => {
    const { pan, frames, types, bad, secured, channels, lqi, devices } = network;
    const kinds = FRAME_TYPES.flatMap((name, type) =>
      types[type]! > 0 ? [`${grouped(types[type]!)} ${name}`] : []
    );
    const name = pan === WPAN_BROADCAST
      ? "no PAN id"
      : `PAN 0x${pan.toString(16).padStart(4, "0")}`;
    const on = channels.size > 0 ? `, channel ${[...channels].sort((a, b) => a - b)}` : "";
    const link = lqi.count > 0 ? `, LQI ${lqi}` : "";
    const senders = [...devices.values()].sort((a, b) => b.frames - a.frames);
    return [
      `${name}: ${grouped(frames)} frames (${kinds.join(", ")}), ${grouped(secured)} secured, ` +
      `${grouped(bad)} with wrong check sequence${on}${link}`,
      ...senders.slice(0, SHOWN).map(({ address, frames, rss }) =>
        `    ${address}  ${grouped(frames)} frames  RSS dBm ${rss}`
      ),
      ...beyond(senders.length).map((line) => `    ${line}`),
    ];
  });
  return lines.concat(beyond(all.length));
}

function beyond(count: number): string[] {
  return count > SHOWN ? [`and ${grouped(count - SHOWN)} more; --format json lists all`] : [];
}
