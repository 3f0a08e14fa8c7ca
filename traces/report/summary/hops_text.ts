/**
 * The hops of a summary as text for a terminal.
 *
 * @module
 */
import { MQTT, RADIO } from "../../files/hop_line.ts";
import type { Activity } from "./hop_activity.ts";
import { NOT_IN_FILE, stageOf, STAGES } from "./hop_ids.ts";
import { type HopLosses, hopLosses, type SessionLoss } from "./hop_losses.ts";
import type { Missing } from "./hop_missing.ts";
import type { Hole } from "./hop_sessions.ts";
import type { Hops } from "./hops.ts";
import { durationText, rateText } from "./quantities.ts";
import type { Summary } from "./summary.ts";
import { type Cell, counted, grouped, textTable } from "./text_table.ts";

/** Rows shown of each table, and ranges of numbers in a row; the JSON form has more. */
const SHOWN = 10;
const RANGES = 3;
const RADIO_IN = stageOf(RADIO, false);
const MQTT_IN = stageOf(MQTT, false);

/** Sections with their titles; none for a file without comments of hops. */
export function hopSections(summary: Summary): [string, string[]][] {
  const { hops } = summary;
  if (hops === undefined) return [];
  const kinds: [string, string, Activity[]][] = [
    ["channel", "Channels", hops.channels.rows],
    ["node", "Nodes", hops.nodes.rows],
    ["client", "Clients", hops.clients.rows],
  ];
  return [
    ["Delay from hop to hop, as the comments tell; percentiles within 1 %", delays(hops)],
    ["Losses between hops, as far as this file shows", losses(hops, summary)],
    ...kinds.flatMap(([column, kind, rows]): [string, string[]][] => {
      const sent = rows.filter(({ packets }) => packets > 0);
      return [
        [`${kind} of the hops, most packets first`, chatty(column, sent, summary)],
        [`${kind} of the hops, longest silence first`, silent(column, sent, summary)],
      ];
    }),
  ];
}

function delays(hops: Hops): string[] {
  const sorted = hops.delays.sorted();
  const rows = sorted.map((delay): Cell[] => {
    const { from, to, whole, durations, worstFrame, worstId } = delay;
    const before = from === NOT_IN_FILE ? "not in file" : STAGES[from]!;
    return [
      `${before} -> ${whole ? "... -> " : ""}${STAGES[to]}`,
      durations.count,
      ...[0.5, 0.95, 0.99].map((share) => durationText(durations.quantile(share))),
      durationText(durations.greatest),
      worstFrame,
      worstId,
    ];
  });
  if (rows.length === 0) return [];
  const lines = textTable(
    ["", "count", "median", "95 %", "99 %", "worst", "in frame", "with id"],
    rows,
  );
  if (sorted.some(({ from, to }) => from === RADIO_IN && to === MQTT_IN)) {
    lines.push("radio in -> mqtt in: only of records that made updates");
  }
  if (hops.sessions.history > 0) {
    lines.push(
      `not counted: ${counted(hops.sessions.history, "update")} that a session got from the ` +
        "history, since it joined later",
    );
  }
  return lines;
}

function losses(hops: Hops, summary: Summary): string[] {
  const lines: string[] = [];
  if (hops.lostTold > 0) {
    lines.push(
      `${counted(hops.lost, "record")} not in the file, since its reader was too slow ` +
        `(told in ${counted(hops.lostTold, "packet")}, first in frame ${hops.lostFirstFrame}): ` +
        "they may look lost here",
    );
  }
  const found = hopLosses(hops, summary);
  if (found === undefined) {
    return [...lines, "not looked for: frames that the filter left out would look lost"];
  }
  lines.push(...between(found), ...sessions(found.sessions));
  return lines.length > 0 ? lines : ["none"];
}

function between(found: HopLosses): string[] {
  const { radioNotMqtt, mqttNotRoom, mqttNotWs, mqttNotWsHad, roomNotWs, roomNotWsHad } = found;
  return [
    ...missing(radioNotMqtt, "radio record", "in no packet of mqtt"),
    ...missing(mqttNotRoom, "update", "seen in mqtt, in no packet of room"),
    ...missing(mqttNotWs, "update", "seen in mqtt, in no packet of ws", mqttNotWsHad),
    ...missing(roomNotWs, "update", "seen in room, in no packet of ws", roomNotWsHad),
  ];
}

/** "2 updates seen in room, in no packet of ws: desk 7 (frame 12), desk 8 (frame 13)". */
function missing(of: Missing | undefined, unit: string, where: string, had?: Missing): string[] {
  if (of === undefined || of.count === 0) return [];
  const names = (those: Missing) => {
    const shown = those.first.slice(0, RANGES);
    const more = those.count > shown.length ? ", ..." : "";
    return shown.map(({ name, frame }) => `${name} (frame ${frame})`).join(", ") + more;
  };
  const lines = [`${counted(of.count, unit)} ${where}: ${names(of)}`];
  if (had === undefined) return lines;
  lines.push(
    had.count === 0
      ? "    none of them while a session had their channel"
      : `    ${grouped(had.count)} of them while a session had their channel: ${names(had)}`,
  );
  return lines;
}

function sessions(all: readonly SessionLoss[]): string[] {
  if (all.length === 0) return [];
  const rows = all.slice(0, SHOWN).map((
    { session, client, subscription, holes, behind },
  ): Cell[] => [
    shown(client === undefined ? session : `${client} ${session}`),
    shown(subscription.channel.name),
    subscription.missing,
    subscription.thinned,
    subscription.unknown,
    behind,
    ranges(holes),
    holes.length === 0 ? "-" : Math.min(...holes.map(({ frame }) => frame)),
  ]);
  const header = [
    "ws session",
    "channel",
    "missing",
    "gap told",
    "unknown",
    "behind",
    "numbers",
    "at frame",
  ];
  const lines = textTable(header, rows);
  lines.push(
    "missing: updates that other hops had; gap told: thinned, and the session was told;",
    "unknown: numbers in no other packet (events of a room have some);",
    "behind: newer than the last it got, at the end of the file",
  );
  return lines.concat(beyond(all.length));
}

function ranges(holes: readonly Hole[]): string {
  if (holes.length === 0) return "-";
  const shown = holes.slice(0, RANGES).map(({ from, to }) => from === to ? from : `${from}-${to}`);
  return shown.join(",") + (holes.length > RANGES ? ",..." : "");
}

function chatty(column: string, rows: readonly Activity[], summary: Summary): string[] {
  if (rows.length === 0) return [];
  const { firstTime, lastTime } = summary;
  const shown = [...rows].sort((a, b) => b.packets - a.packets).slice(0, SHOWN);
  const cells = shown.map((row): Cell[] => [
    nameOf(row),
    row.packets,
    rateText(row.packets, lastTime - firstTime),
    row.bytes,
    rateText(row.bytes, lastTime - firstTime),
  ]);
  const lines = textTable([column, "packets", "per second", "bytes", "bytes per second"], cells);
  return lines.concat(beyond(rows.length));
}

function silent(column: string, rows: readonly Activity[], { lastTime }: Summary): string[] {
  if (rows.length === 0) return [];
  const shown = [...rows].sort((a, b) => b.silence(lastTime) - a.silence(lastTime));
  const cells = shown.slice(0, SHOWN).map((row): Cell[] => [
    nameOf(row),
    row.pauseEnd === 0 ? "-" : durationText(row.pause),
    row.pauseEnd === 0 ? "-" : row.pauseEnd,
    durationText(Math.max(0, lastTime - row.lastTime)),
    row.lastFrame,
  ]);
  const header = [column, "longest pause", "until frame", "silent at the end", "last frame"];
  return [...textTable(header, cells), ...beyond(rows.length)];
}

/** Clients have addresses that are known at the end only. */
function nameOf(row: Activity & { readonly label?: string }): string {
  return shown(row.label ?? row.name);
}

/** What strangers chose, on one line. */
function shown(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function beyond(count: number): string[] {
  return count > SHOWN ? [`and ${grouped(count - SHOWN)} more; --format json lists all`] : [];
}
