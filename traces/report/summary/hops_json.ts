/**
 * The hops of a summary as JSON: units are in the names.
 *
 * @module
 */
import { type Activity, type HopClient, MAX_ROWS } from "./hop_activity.ts";
import type { HopDelay } from "./hop_delays.ts";
import { MAX_IDS, NOT_IN_FILE, stageOf, STAGES } from "./hop_ids.ts";
import { HOPS, UPLINK } from "../../files/hop_line.ts";
import { type HopLosses, hopLosses, type SessionLoss } from "./hop_losses.ts";
import type { Missing } from "./hop_missing.ts";
import { MAX_UPDATES } from "./hop_updates.ts";
import type { Hops } from "./hops.ts";
import type { Summary } from "./summary.ts";

export function hopsJson(hops: Hops, summary: Summary): Record<string, unknown> {
  const losses = hopLosses(hops, summary);
  const { firstTime, lastTime } = summary;
  const activity = (row: Activity) => activityJson(row, lastTime - firstTime, lastTime);
  return {
    packets: hops.packets,
    packetsByHop: Object.fromEntries(
      STAGES.flatMap((name, stage) => {
        const seen = hops.seen[stage]!;
        // Few gateways have an uplink.
        return seen === 0 && stage >= stageOf(UPLINK, false) ? [] : [[name, seen]];
      }),
    ),
    delays: hops.delays.sorted().map(delayJson),
    /** Of median, p95 and p99; the worst is exact. */
    percentileErrorPercent: 1,
    recordsLostBeforeFile: {
      count: hops.lost,
      packets: hops.lostTold,
      firstFrame: hops.lostTold === 0 ? null : hops.lostFirstFrame,
    },
    losses: losses === undefined ? null : lossesJson(losses),
    updatesFromHistory: hops.sessions.history,
    updatesNotFollowed: hops.sessions.others,
    idsRemembered: MAX_IDS,
    idsForgotten: hops.ids.forgotten,
    updatesRemembered: MAX_UPDATES,
    updatesForgotten: hops.updates.forgotten,
    channels: hops.channels.rows.map(activity),
    nodes: hops.nodes.rows.map(activity),
    clients: hops.clients.rows.map((row: HopClient) => ({ ...activity(row), name: row.label })),
    rowsAtMost: MAX_ROWS,
  };
}

function stageJson(stage: number) {
  if (stage === NOT_IN_FILE) return { hop: null, direction: null };
  return { hop: HOPS[stage >> 1], direction: (stage & 1) === 0 ? "in" : "out" };
}

function delayJson({ from, to, whole, durations, worstFrame, worstId }: HopDelay) {
  const us = (seconds: number) => Math.round(seconds * 1e9) / 1e3;
  return {
    from: stageJson(from),
    to: stageJson(to),
    wholeWay: whole,
    count: durations.count,
    leastMicroseconds: us(durations.least),
    medianMicroseconds: us(durations.quantile(0.5)),
    p95Microseconds: us(durations.quantile(0.95)),
    p99Microseconds: us(durations.quantile(0.99)),
    worstMicroseconds: us(durations.greatest),
    worstFrame,
    worstId,
  };
}

function lossesJson(losses: HopLosses) {
  const { sessions, mqttNotWsHad, roomNotWsHad } = losses;
  const had = (all: Missing | undefined, those: Missing) =>
    all && { ...missingJson(all), whileASessionHadTheChannel: missingJson(those) };
  return {
    radioRecordsInNoMqttPacket: missingJson(losses.radioNotMqtt) ?? null,
    mqttUpdatesInNoRoomPacket: missingJson(losses.mqttNotRoom) ?? null,
    mqttUpdatesInNoWsPacket: had(losses.mqttNotWs, mqttNotWsHad) ?? null,
    roomUpdatesInNoWsPacket: had(losses.roomNotWs, roomNotWsHad) ?? null,
    sessions: sessions.map(sessionJson),
  };
}

function missingJson(missing: Missing | undefined) {
  return missing && { count: missing.count, first: missing.first };
}

function sessionJson(loss: SessionLoss) {
  const { session, client, stream, subscription, holes, behind } = loss;
  const { channel, first, last, missing, unknown, thinned, holesNotListed } = subscription;
  return {
    session,
    client: client ?? null,
    tcpStream: stream,
    channel: channel.name,
    firstSeq: first < 0 ? null : first,
    lastSeq: last < 0 ? null : last,
    updatesMissing: missing,
    numbersSeenNowhere: unknown,
    numbersThinnedWithGap: thinned,
    updatesBehindAtEnd: behind,
    missing: holes.map(({ from, to, frame }) => ({ from, to, beforeFrame: frame })),
    missingNotListed: holesNotListed,
  };
}

function activityJson(row: Activity, span: number, end: number) {
  const { name, packets, bytes, pause, pauseEnd } = row;
  return {
    name,
    packets,
    bytes,
    packetsPerSecond: span > 0 ? packets / span : null,
    bytesPerSecond: span > 0 ? bytes / span : null,
    longestPauseSeconds: pauseEnd === 0 ? null : pause,
    longestPauseEndsAtFrame: pauseEnd === 0 ? null : pauseEnd,
    lastFrame: row.lastFrame,
    silentAtEndSeconds: Math.max(0, end - row.lastTime),
  };
}
