/**
 * A summary as text for a terminal.
 *
 * @module
 */
import { advertisingInterval } from "./ble_devices.ts";
import type { Conversation } from "../../flows/conversation.ts";
import { protocolNames } from "../../flows/stream_protocol.ts";
import { readingText, toldReadings } from "../../flows/sensor_summary.ts";
import { endpointText } from "../../flows/endpoint_text.ts";
import { hopSections } from "./hops_text.ts";
import { durationText, rateText, timeText } from "./quantities.ts";
import type { OverheadTable, Summary } from "./summary.ts";
import { overheadRows, protocolRows, roundTripRows } from "./summary_rows.ts";
import { type Cell, counted, grouped, textTable, wrapped } from "./text_table.ts";
import { FRAME_TYPES } from "./wpan_networks.ts";
import { WPAN_BROADCAST } from "../../wire/wpan_frame.ts";

/** Rows shown of each table; the JSON form has all. */
const SHOWN = 40;
const INDENT = "  ";

/** All sections that have something to say, as lines. */
export function summaryText(summary: Summary): string[] {
  const sections: [string, string[]][] = [
    ["", overview(summary)],
    ["Problems, worst first", problems(summary)],
    [conversationsTitle(summary), conversations(summary)],
    ["Overhead: bytes of headers and framing against bytes carried", overhead(summary)],
    ["Round trips", roundTrips(summary)],
    ["MQTT topics, most messages first", topics(summary)],
    ["BLE devices, most advertisements first", bleDevices(summary)],
    ["IEEE 802.15.4 networks", wpanNetworks(summary)],
    ["Sensors, with what each said last", sensors(summary)],
    ...hopSections(summary),
  ];
  const lines: string[] = [];
  for (const [title, body] of sections) {
    if (body.length === 0) continue;
    if (lines.length > 0) lines.push("");
    if (title !== "") lines.push(title);
    for (const line of body) lines.push(...wrapped(title === "" ? line : INDENT + line));
  }
  return lines;
}

function overview(summary: Summary): string[] {
  const { frames, bytes, capturedBytes, firstTime, lastTime, filter } = summary;
  const cut = capturedBytes < bytes ? `, ${grouped(capturedBytes)} of them in the file` : "";
  const lines = filter === undefined ? [] : [`only frames with: ${filter}`];
  lines.push(`${counted(frames, "frame")}, ${counted(bytes, "byte")}${cut}`);
  if (!Number.isNaN(firstTime)) {
    const span = durationText(lastTime - firstTime);
    lines.push(`${timeText(firstTime)} to ${timeText(lastTime)} (${span})`);
  }
  const protocols = protocolRows(summary).map(({ name, frames }) => `${name} ${grouped(frames)}`);
  if (protocols.length > 0) lines.push(`frames by protocol: ${protocols.join(", ")}`);
  return lines;
}

function problems(summary: Summary): string[] {
  const all = summary.problems.sorted();
  const lines = all.slice(0, SHOWN).flatMap(({ rule, count, frames, detail }) => {
    const clause = rule.clause === "" ? "" : ` (${rule.clause})`;
    const more = count > frames.length && frames.length > 1 ? ", ..." : "";
    const first = detail === undefined ? "" : `; first: ${detail}`;
    return [
      `${rule.severity}: ${rule.layer}: ${rule.text}${clause}`,
      `    ${occurrences(count, frames)}${more}${first}`,
    ];
  });
  if (summary.problems.dropped > 0) {
    lines.push(`${grouped(summary.problems.dropped)} more in frames with very many problems`);
  }
  return lines.concat(beyond(all.length));
}

function occurrences(count: number, frames: readonly number[]): string {
  const times = count === 1 ? "once" : `${grouped(count)} times`;
  return `${times}, in frame${frames.length === 1 ? "" : "s"} ${frames.join(", ")}`;
}

function conversationsTitle({ filter }: Summary): string {
  const whole = filter === undefined ? "" : ", each with all its frames";
  return `Conversations, most bytes first${whole}`;
}

/** Two lines for each: who talks, then numbers under their headings. */
function conversations(summary: Summary): string[] {
  const all = [...summary.conversations].sort((a, b) => bytesOf(b) - bytesOf(a));
  if (all.length === 0) return [];
  const shown = all.slice(0, SHOWN);
  const rows = shown.map((conversation): Cell[] => {
    const { client, traffic, firstTime, lastTime, closed } = conversation;
    const [from, to] = [traffic[client], traffic[client === 0 ? 1 : 0]];
    return [
      durationText(Math.max(0, firstTime - summary.captureStart)),
      durationText(lastTime - firstTime),
      from.frames,
      from.bytes,
      to.frames,
      to.bytes,
      closed === "" ? "open" : closed,
    ];
  });
  const [header, ...numbers] = textTable(CONVERSATION_COLUMNS, rows);
  const lines = shown.flatMap((conversation, i) => [
    conversationName(conversation),
    `    ${numbers[i]!}`,
  ]);
  return [`    ${header!}`, ...lines, ...beyond(all.length + summary.conversationsBeyond)];
}

const CONVERSATION_COLUMNS = [
  "starts after",
  "lasts",
  "frames ->",
  "bytes ->",
  "frames <-",
  "bytes <-",
  "end",
];

function bytesOf({ traffic }: Conversation): number {
  return traffic[0].bytes + traffic[1].bytes;
}

function conversationName(conversation: Conversation): string {
  const { client, transport, index, protocol } = conversation;
  const from = endpointText(conversation, client);
  const to = endpointText(conversation, client === 0 ? 1 : 0);
  const carries = protocolNames(protocol);
  return `${transport} ${index}  ${from} -> ${to}${carries === "-" ? "" : `  ${carries}`}`;
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
  return [...textTable(header, rows), ...comparison(summary.overhead)];
}

/** What one exchange over HTTP adds, against one frame of WebSocket. */
function comparison(table: OverheadTable): string[] {
  const { httpRequest, httpResponse, webSocketFromClient, webSocketFromServer } = table;
  const lines: string[] = [];
  const http = httpRequest.mean + httpResponse.mean;
  if (http > 0) {
    const parts = `${httpRequest.mean.toFixed(1)} + ${httpResponse.mean.toFixed(1)}`;
    lines.push(`HTTP: ${parts} = ${http.toFixed(1)} header bytes per request and response`);
  }
  const sides = [webSocketFromClient, webSocketFromServer].filter(({ count }) => count > 0);
  if (sides.length > 0) {
    const total = (key: "count" | "header") => sides.reduce((sum, side) => sum + side[key], 0);
    const framing = total("header") / total("count");
    const least = Math.min(...sides.map((side) => side.least));
    const greatest = Math.max(...sides.map((side) => side.greatest));
    const ratio = http > 0 ? `, 1/${Math.round(http / framing)} of that` : "";
    lines.push(
      `WebSocket: ${framing.toFixed(1)} header bytes per frame (${least} to ${greatest})${ratio}`,
    );
  }
  return lines;
}

/** The share of headers in all bytes. */
function percent(header: number, payload: number): string {
  return header + payload === 0 ? "-" : `${(100 * header / (header + payload)).toFixed(1)} %`;
}

function roundTrips(summary: Summary): string[] {
  const rows = roundTripRows(summary).map(({ kind, durations }): Cell[] => [
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
  const rows = all.slice(0, SHOWN).map(({ topic, messages, bytes }): Cell[] => [
    JSON.stringify(topic).slice(1, -1),
    messages,
    rateText(messages, summary.lastTime - summary.firstTime),
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
      Number.isFinite(device.shortest) ? durationText(device.shortest) : "-",
      String(device.rssi),
    ];
  });
  const header = ["address", "type", "frames", "events", "interval", "shortest", "RSSI dBm"];
  const lines = textTable(header, rows);
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
      `${name}: ${counted(frames, "frame")} (${kinds.join(", ")}), ${grouped(secured)} secured, ` +
      `${grouped(bad)} with wrong check sequence${on}${link}`,
      ...senders.slice(0, SHOWN).map(({ address, frames, rss }) =>
        `    ${address}  ${counted(frames, "frame")}  RSS dBm ${rss}`
      ),
      ...beyond(senders.length).map((line) => `    ${line}`),
    ];
  });
  return lines.concat(beyond(all.length));
}

function sensors(summary: Summary): string[] {
  const all = summary.sensors.sorted();
  const shown = all.slice(0, SHOWN);
  const header = ["device", "format", "packets", "closed"];
  const rows = shown.map((
    { device, format, packets, closed },
  ) => [device, format, packets, closed]);
  if (rows.length === 0) return [];
  const [head, ...lines] = textTable(header, rows);
  return [
    head!,
    ...shown.flatMap(({ readings }, i) => {
      const told = toldReadings(readings).map(readingText);
      return told.length === 0 ? [lines[i]!] : [lines[i]!, `    ${told.join(", ")}`];
    }),
    ...beyond(all.length),
  ];
}

function beyond(count: number): string[] {
  return count > SHOWN ? [`and ${grouped(count - SHOWN)} more; --format json lists all`] : [];
}
