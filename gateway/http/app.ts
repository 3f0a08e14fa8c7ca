/**
 * Everything on the HTTP port: the page, the API, the WebSockets.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { isAllowedOrigin, isLocalRequest } from "../access/peer.ts";
import { atLeast } from "../access/policy.ts";
import type { Identity, TokenBook } from "../access/tokens.ts";
import type { Broker } from "../broker/broker.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { now } from "../clock.ts";
import type { Config } from "../config/schema.ts";
import type { Nodes } from "../nodes/nodes.ts";
import type { Room } from "../rooms/room.ts";
import type { Rooms } from "../rooms/rooms.ts";
import { CloseCode, PROTOCOL } from "../sessions/messages.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Store } from "../store/store.ts";
import type { UplinkStatus } from "../uplink/status.ts";
import type { ConnectionFacts, Taps } from "../taps.ts";
import { addChannelEntries } from "./channel_entries.ts";
import { addChannels } from "./channels_answer.ts";
import { connectionFacts } from "./connection_facts.ts";
import type { DecodeUploads } from "./decode_upload.ts";
import { watchHandshake } from "./handshake.ts";
import { historyAnswer } from "./history.ts";
import { historyCsv } from "./history_csv.ts";
import { cookieName, identify } from "./identify.ts";
import type { Metrics } from "./metrics.ts";
import { addNodeSettings } from "./node_settings.ts";
import { type Asset, noTokenPage, pageAnswer } from "./page.ts";
import type { EventLoopDelay } from "./event_loop.ts";
import { addHealth } from "./health.ts";
import { addRelays } from "./relays.ts";
import { type Env, problem } from "./route.ts";
import { securityHeaders } from "./security_headers.ts";
import { addTraceFrames, type TraceFrames } from "./trace_frames.ts";
import { addTraces, type TraceParts } from "./traces.ts";

export interface AppParts {
  config: Config;
  tokens: TokenBook;
  rooms: Rooms;
  sessions: Sessions;
  nodes: Nodes;
  broker: Broker;
  cluster: Cluster;
  /** The history on disk; `null`: it is in memory alone. */
  store: Store | null;
  /** `null`: no uplink is configured. */
  uplink: () => UplinkStatus | null;
  metrics: Metrics;
  taps: Taps;
  decodes: DecodeUploads;
  traces: TraceParts;
  frames: TraceFrames;
  eventLoop: EventLoopDelay;
  assets: Record<string, Asset>;
}

const DECODE = "/api/decode";
const COOKIE_SECONDS = 31_536_000;
const HOUR_MS = 3_600_000;
const DEFAULT_POINTS = 2000;
const MAX_POINTS = 100_000;

/** Makes the application; `fetch(request, ends)` answers one request. */
export function makeApp(parts: AppParts): Hono<Env> {
  const app = new Hono<Env>();
  app.use(async (c, next) => {
    await next();
    if (c.res.status === 101) return;
    for (const [name, value] of Object.entries(securityHeaders)) c.res.headers.set(name, value);
  });
  app.use(async (c, next) => {
    const { config, tokens } = parts;
    const changing = c.req.method !== "GET" && c.req.method !== "HEAD";
    const upgrading = c.req.header("upgrade") !== undefined;
    if ((changing || upgrading) && !isAllowedOrigin(c.req.raw, config.access.origins)) {
      return problem(c, 403, "this origin is not allowed: add it to access.origins");
    }
    c.set("identity", identify(c.req.raw, c.env.peer, tokens, config.access));
    await next();
  });
  const limit = bodyLimit({
    maxSize: parts.config.limits.bodyBytes,
    onError: (c) => problem(c, 413, `bodies may have ${parts.config.limits.bodyBytes} bytes`),
  });
  // Captures have a limit of their own.
  app.use((c, next) => isUpload(c.req) ? next() : limit(c, next));
  addWebSockets(app, parts);
  app.use(async (c, next) => {
    const identity = c.get("identity");
    if (identity === null) {
      return noTokenPage(c.req.raw) ??
        problem(c, 401, "an access token is needed: open a link that the gateway printed");
    }
    if (!atLeast(identity, "viewer")) return problem(c, 403, "a node's token is for MQTT");
    await next();
  });
  addApi(app, parts);
  addHealth(app, parts);
  addNodeSettings(app, parts);
  addChannelEntries(app, parts);
  addTraces(app, parts);
  addTraceFrames(app, parts);
  app.get(
    "*",
    (c) => tokenToCookie(c, parts) ?? pageAnswer(parts.assets, c.req.raw) ?? notFound(c),
  );
  app.notFound(notFound);
  app.onError((error, c) => {
    console.error(`http: ${c.req.method} ${new URL(c.req.url).pathname}:`, error);
    return problem(c, 500, "internal error");
  });
  return app;
}

function isUpload({ method, path }: { method: string; path: string }): boolean {
  return method === "POST" && path === DECODE;
}

function notFound(c: Context) {
  return problem(c, 404, `nothing at ${new URL(c.req.url).pathname}`);
}

/** Keeps a token that came in a link as a cookie, and takes it out of the address. */
function tokenToCookie(c: Context<Env>, { tokens }: AppParts): Response | null {
  const url = new URL(c.req.url);
  const token = url.searchParams.get("token");
  if (token === null || tokens.identify(token) === null) return null;
  url.searchParams.delete("token");
  const secure = url.protocol === "https:" ? "; Secure" : "";
  const cookie = `${cookieName(url)}=${encodeURIComponent(token)}`;
  const attributes = `; Path=/; HttpOnly; SameSite=Lax; Max-Age=${COOKIE_SECONDS}${secure}`;
  return new Response(null, {
    status: 303,
    headers: {
      // Two slashes would name another host.
      "location": url.pathname.replace(/^\/+/, "/") + url.search,
      "set-cookie": cookie + attributes,
      "cache-control": "no-store",
    },
  });
}

function addWebSockets(app: Hono<Env>, { config, sessions, broker, taps }: AppParts) {
  const idleTimeout = config.session.idleTimeoutSeconds;
  const upgrade = (c: Context<Env>, protocol: string, carries: ConnectionFacts["protocol"]) => {
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
      c.header("upgrade", "websocket");
      return null;
    }
    const offered = (c.req.header("sec-websocket-protocol") ?? "").split(",").map((p) => p.trim());
    const chosen = offered.includes(protocol);
    const options = { idleTimeout, ...(chosen ? { protocol } : {}) };
    const facts = connectionFacts(c.req.raw, c.env, carries);
    try {
      const { socket, response } = Deno.upgradeWebSocket(c.req.raw, options);
      watchHandshake(socket, c.env.completed());
      return { socket, response, chosen, tap: taps.connection(facts(response)) };
    } catch {
      return null;
    }
  };
  const session = (c: Context<Env>) => {
    const { peer } = c.env;
    const name = c.req.param("channel");
    const refusal = sessions.refusal(peer);
    const upgraded = upgrade(c, PROTOCOL, "session");
    if (upgraded === null) return problem(c, 426, "this address needs a WebSocket handshake");
    const { socket, response, chosen, tap } = upgraded;
    if (refusal !== null) {
      socket.onopen = () => {
        socket.close(CloseCode.tooMany, refusal);
        tap.closed(false, CloseCode.tooMany, refusal);
      };
      // If it never opens.
      socket.onclose = ({ code, reason }) => tap.closed(true, code, reason);
      return response;
    }
    const since = c.req.query("since");
    const resume = c.req.query("session");
    sessions.accept({
      socket,
      peer,
      takesArrays: chosen,
      identity: c.get("identity"),
      tap,
      local: isLocalRequest(peer, c.req.raw, config.access.hosts),
      channel: name ?? null,
      ...(since === undefined ? {} : { since }),
      ...(resume === undefined ? {} : { resume }),
    });
    return response;
  };
  app.get("/ws", session);
  app.get("/ws/:channel", session);
  app.get("/mqtt", (c) => {
    const upgraded = upgrade(c, "mqtt", "mqtt");
    if (upgraded === null) return problem(c, 426, "this address needs a WebSocket handshake");
    const { socket, response, tap } = upgraded;
    const identity = c.get("identity");
    const { peer } = c.env;
    socket.onopen = () => broker.serveWebSocket({ socket, peer, identity, tap });
    // Unless it opens, nobody else listens.
    socket.onclose = ({ code, reason }) => tap.closed(true, code, reason);
    return response;
  });
}

function addApi(app: Hono<Env>, { rooms, nodes, metrics, decodes }: AppParts) {
  addChannels(app, rooms);
  app.get("/api/channels/:name", (c) => {
    const room = rooms.get(c.req.param("name"));
    return room === undefined ? noChannel(c) : c.body(channelText(room, rooms), 200, {
      "content-type": "application/json",
    });
  });
  app.get("/api/channels/:name/history", (c) => {
    const room = rooms.get(c.req.param("name"));
    return room === undefined ? noChannel(c) : history(c, room, rooms);
  });
  app.get(
    "/api/nodes",
    (c) => c.body(nodes.answerText(), 200, { "content-type": "application/json" }),
  );
  addRelays(app, rooms);
  app.get("/api/devices/:name", (c) => {
    const device = nodes.device(c.req.param("name"));
    return device === undefined ? noDevice(c) : c.json(device);
  });
  app.delete("/api/devices/:name", (c) => {
    if (!atLeast(c.get("identity") as Identity, "admin")) {
      return problem(c, 403, "only admins forget devices");
    }
    return nodes.forget(c.req.param("name")) ? c.body(null, 204) : noDevice(c);
  });
  app.post(DECODE, (c) => {
    if (!atLeast(c.get("identity") as Identity, "admin")) {
      return problem(c, 403, "only admins have captures decoded");
    }
    return decodes.answer(c.req.raw);
  });
  app.all(DECODE, (c) => {
    c.header("allow", "POST");
    return problem(c, 405, "captures are sent by POST: curl --data-binary @FILE");
  });
  app.get("/metrics", async (c) => {
    const { text, contentType } = await metrics.text();
    return c.body(text, 200, { "content-type": contentType });
  });
}

function noDevice(c: Context) {
  return problem(c, 404, `no device "${c.req.param("name")}"`);
}

function noChannel(c: Context) {
  return problem(c, 404, `no channel "${c.req.param("name")}"`);
}

function channelText(room: Room, rooms: Rooms): string {
  const snapshot = room.snapshot.slice(1).replace(/^"type":"snapshot",/, "");
  const extra = {
    time: room.time,
    topics: rooms.descriptions(room.name),
    members: room.present,
  };
  return `{${JSON.stringify(extra).slice(1, -1)},${snapshot}`;
}

/** @returns Unix milliseconds; `NaN` if the text is neither that nor ISO 8601. */
function instant(text: string | undefined, fallback: number): number {
  if (text === undefined || text === "") return fallback;
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text);
}

async function history(c: Context<Env>, room: Room, rooms: Rooms) {
  const until = instant(c.req.query("until"), now());
  const since = instant(c.req.query("since"), until - HOUR_MS);
  const points = Number(c.req.query("points") ?? DEFAULT_POINTS);
  const format = c.req.query("format") ?? "json";
  if (Number.isNaN(since) || Number.isNaN(until)) {
    return problem(c, 400, "since and until: Unix milliseconds or ISO 8601");
  }
  if (!Number.isInteger(points) || points < 2 || points > MAX_POINTS) {
    return problem(c, 400, `points: a whole number from 2 to ${MAX_POINTS}`);
  }
  if (format === "csv") {
    const name = encodeURIComponent(room.name);
    const stream = ReadableStream.from(historyCsv(room, since, until));
    return c.body(stream.pipeThrough(new TextEncoderStream()), 200, {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename*=UTF-8''${name}.csv`,
    });
  }
  if (format !== "json") return problem(c, 400, "format: json or csv");
  return c.json(await historyAnswer(room, rooms.descriptions(room.name), since, until, points));
}
