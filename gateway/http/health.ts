/**
 * How the gateway fares: `/healthz` for machines that watch it, `/api/health` for the page.
 *
 * @module
 */
import type { Hono } from "hono";
import { statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Broker } from "../broker/broker.ts";
import { now } from "../clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Config } from "../config/schema.ts";
import type { Rooms } from "../rooms/rooms.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Store } from "../store/store.ts";
import type { UplinkStatus } from "../uplink/status.ts";
import type { EventLoopDelay } from "./event_loop.ts";
import type { DiskHistory, HealthAnswer } from "./health_answer.ts";
import type { Env } from "./route.ts";
import type { TraceParts } from "./traces.ts";

export interface HealthParts {
  config: Config;
  broker: Broker;
  cluster: Cluster;
  rooms: Rooms;
  store: Store | null;
  /** `null`: no uplink is configured. */
  uplink: () => UplinkStatus | null;
  sessions: Sessions;
  eventLoop: EventLoopDelay;
  traces: TraceParts;
}

/** Adds the routes; who may ask is decided before. */
export function addHealth(app: Hono<Env>, parts: HealthParts): void {
  const run = crypto.randomUUID();
  app.get("/healthz", (c) => {
    const { connected, reason } = parts.broker.state;
    const broker = { connected, ...(reason === undefined ? {} : { reason }) };
    const history = parts.store === null
      ? { kept: "memory" }
      : { kept: "disk", ...parts.store.state };
    const status = statusOf(parts);
    return c.json({ status, broker, history }, status === "ok" ? 200 : 503);
  });
  app.get("/api/health", async (c) => {
    const answer: HealthAnswer = {
      status: statusOf(parts),
      time: now(),
      epoch: parts.rooms.epoch,
      run,
      // The clock may have been set since the start.
      uptime: performance.now() / 1000,
      versions: { edgewire: parts.traces.version, deno: Deno.version.deno, v8: Deno.version.v8 },
      platform: `${Deno.build.os} ${Deno.build.arch}`,
      process: processHealth(parts.eventLoop.cpu.share),
      eventLoop: parts.eventLoop.lastMinute(),
      broker: brokerHealth(parts),
      cluster: parts.cluster.status(),
      uplink: parts.uplink() ?? { state: "off" },
      history: historyHealth(parts),
      recorder: parts.traces.recentBytes > 0
        ? { bytes: parts.traces.recentBytes, seconds: parts.config.trace.recentSeconds }
        : null,
      traceReaders: parts.traces.streams.readers,
      clients: {
        sessions: parts.sessions.size,
        lagging: parts.sessions.lagging,
        queuedBytes: parts.sessions.queuedBytes(),
      },
      ...await diskHealth(parts.config.dataDir),
    };
    return c.json(answer, 200, { "cache-control": "no-store" });
  });
}

function statusOf({ broker, store }: HealthParts): HealthAnswer["status"] {
  return broker.state.connected && (store?.state.state ?? "ok") === "ok" ? "ok" : "failing";
}

function processHealth(cpuShare: number): HealthAnswer["process"] {
  const { rss, heapUsed, heapTotal } = Deno.memoryUsage();
  return { cpuShare, resident: rss, heapUsed, heapTotal };
}

function brokerHealth({ config, broker, rooms }: HealthParts): HealthAnswer["broker"] {
  const { connected, reason } = broker.state;
  const { can } = broker;
  const url = broker.url ?? config.broker.url;
  return {
    kind: url === undefined ? "embedded" : "external",
    connected,
    messages: rooms.counters.messagesIn.reduce((sum, count) => sum + count, 0),
    ...(reason === undefined ? {} : { reason }),
    ...(url === undefined ? {} : { address: withoutCredentials(new URL(url)) }),
    ...(can === undefined ? {} : { can }),
  };
}

/** What may be shown of a broker's address. */
function withoutCredentials(url: URL): string {
  const { protocol, hostname, port, pathname } = url;
  return `${protocol}//${hostname}${port && `:${port}`}${pathname === "/" ? "" : pathname}`;
}

function historyHealth({ config, rooms, store }: HealthParts): HealthAnswer["history"] {
  let bytes = 0;
  for (const room of rooms.all()) bytes += room.history.bytes;
  return {
    kept: store === null ? "memory" : "disk",
    channels: rooms.size,
    updates: rooms.counters.updates,
    bytes,
    limitBytes: config.history.totalBytes,
    ageSeconds: config.history.ageSeconds,
    ...(store === null ? {} : { disk: diskHistory(store) }),
  };
}

function diskHistory(store: Store): DiskHistory {
  const stats = store.stats();
  return {
    ...store.state,
    bytes: stats.dbBytes,
    writtenToday: stats.bytesToday,
    oldest: stats.oldestTime,
    waitingBytes: stats.backlogBytes,
    lost: stats.lost,
    commitMedian: stats.syncMsP50,
    commitP99: stats.syncMsP99,
  };
}

/** @param path need not be there yet: then what will hold it counts */
async function diskHealth(path: string): Promise<Pick<HealthAnswer, "disk">> {
  for (let at = resolve(path);; at = dirname(at)) {
    try {
      const { bavail, blocks, bsize } = await statfs(at);
      return { disk: { free: bavail * bsize, total: blocks * bsize } };
    } catch (error) {
      if ((error as { code?: string }).code !== "ENOENT" || at === dirname(at)) return {};
    }
  }
}
