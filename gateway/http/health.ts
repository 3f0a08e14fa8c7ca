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
import type { Config } from "../config/schema.ts";
import type { Rooms } from "../rooms/rooms.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { EventLoopDelay } from "./event_loop.ts";
import type { HealthAnswer } from "./health_answer.ts";
import type { Env } from "./route.ts";
import type { TraceParts } from "./traces.ts";

export interface HealthParts {
  config: Config;
  broker: Broker;
  rooms: Rooms;
  sessions: Sessions;
  eventLoop: EventLoopDelay;
  traces: TraceParts;
}

/** Adds the routes; who may ask is decided before. */
export function addHealth(app: Hono<Env>, parts: HealthParts): void {
  app.get("/healthz", (c) => {
    const { connected, reason } = parts.broker.state;
    const said = { broker: { connected, ...(reason === undefined ? {} : { reason }) } };
    return c.json({ status: connected ? "ok" : "failing", ...said }, connected ? 200 : 503);
  });
  app.get("/api/health", async (c) => {
    const answer: HealthAnswer = {
      status: parts.broker.state.connected ? "ok" : "failing",
      time: now(),
      epoch: parts.rooms.epoch,
      // The clock may have been set since the start.
      uptime: performance.now() / 1000,
      versions: { edgewire: parts.traces.version, deno: Deno.version.deno, v8: Deno.version.v8 },
      platform: `${Deno.build.os} ${Deno.build.arch}`,
      process: processHealth(parts.eventLoop.cpu.share),
      eventLoop: parts.eventLoop.lastMinute(),
      broker: brokerHealth(parts),
      uplink: { state: "off" },
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

function processHealth(cpuShare: number): HealthAnswer["process"] {
  const { rss, heapUsed, heapTotal } = Deno.memoryUsage();
  return { cpuShare, resident: rss, heapUsed, heapTotal };
}

function brokerHealth({ config, broker, rooms }: HealthParts): HealthAnswer["broker"] {
  const { connected, reason } = broker.state;
  const { url } = config.broker;
  return {
    kind: url === undefined ? "embedded" : "external",
    connected,
    messages: rooms.counters.messagesIn.reduce((sum, count) => sum + count, 0),
    ...(reason === undefined ? {} : { reason }),
    ...(url === undefined ? {} : { address: withoutCredentials(new URL(url)) }),
  };
}

/** What may be shown of a broker's address. */
function withoutCredentials(url: URL): string {
  const { protocol, hostname, port, pathname } = url;
  return `${protocol}//${hostname}${port && `:${port}`}${pathname === "/" ? "" : pathname}`;
}

function historyHealth({ config, rooms }: HealthParts): HealthAnswer["history"] {
  let bytes = 0;
  for (const room of rooms.all()) bytes += room.history.bytes;
  return {
    kept: "memory",
    channels: rooms.size,
    updates: rooms.counters.updates,
    bytes,
    limitBytes: config.history.totalBytes,
    ageSeconds: config.history.ageSeconds,
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
