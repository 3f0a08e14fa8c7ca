/**
 * Traces over HTTP, for admins: they show everything, also what others may not read.
 *
 * - `/traces/live.pcapng` what passes from now on, until the reader closes (or for `seconds`);
 * - `/traces/recent.pcapng` what passed last, as far as the flight recorder holds it;
 * - `/traces` what there is to choose from, and where.
 *
 * `channel`, `hop` and `node` choose; each may be repeated, or a list with commas.
 *
 * @module
 */
import type { Context, Hono } from "hono";
import { isAllowedOrigin } from "../access/peer.ts";
import { atLeast } from "../access/policy.ts";
import type { Identity } from "../access/tokens.ts";
import { now } from "../clock.ts";
import type { Config } from "../config/schema.ts";
import type { Nodes } from "../nodes/nodes.ts";
import { type Hop, HOPS, type TraceFilter, type TraceRequest } from "../recorder/trace_messages.ts";
import { MAX_READERS, type TraceStreams } from "../recorder/trace_streams.ts";
import type { Rooms } from "../rooms/rooms.ts";
import { type Env, problem } from "./route.ts";

/** Where the gateway listens. */
export interface TraceAddresses {
  http: URL;
  mqtt: URL[];
  /** Port of 127.0.0.1 that gives traces. */
  tracePort?: number;
}

export interface TraceParts {
  streams: TraceStreams;
  /** Memory of the flight recorder, bytes; 0: there is none. */
  recentBytes: number;
  version: string;
  addresses: () => TraceAddresses;
}

/** What the routes of traces need. */
export interface TraceRouteParts {
  config: Config;
  rooms: Rooms;
  nodes: Nodes;
  traces: TraceParts;
}

/** One listener of the gateway. */
interface Place {
  host: string;
  port: number;
  tls: boolean;
}

/** What `/traces` says. */
export interface TracesAnswer {
  version: string;
  /** Now, Unix ms. */
  time: number;
  /** The flight recorder; `null`: there is none. */
  recent: { bytes: number; seconds: number } | null;
  hops: readonly Hop[];
  channels: string[];
  nodes: string[];
  http: Place;
  /** Of the embedded broker. */
  mqtt: Place[];
  /** The external broker, without credentials. */
  broker?: string;
  tracePort?: number;
}

const CONTENT_TYPE = "application/vnd.tcpdump.pcap";
const PARAMETERS = ["channel", "hop", "node", "seconds", "token"];
/** There is nothing that passed. */
export const NO_RECENT = "there is no flight recorder: trace.recentBytes is 0";
const MAX_SECONDS = 86_400;
const DEFAULT_PORTS: Record<string, number> = {
  "http:": 80,
  "https:": 443,
  "ws:": 80,
  "wss:": 443,
  "mqtt:": 1883,
  "mqtts:": 8883,
};

/** A parameter that makes no sense; the message says what would. */
export class ParameterError extends Error {}

/** Adds the routes. Who is not even a viewer has been refused before. */
export function addTraces(app: Hono<Env>, parts: TraceRouteParts) {
  app.use("/traces/*", async (c, next) => {
    c.header("cross-origin-resource-policy", "same-origin");
    if (isForeign(c.req.raw, parts.config.access.origins)) {
      return problem(c, 403, "traces are not for pages of other sites: see access.origins");
    }
    if (!atLeast(c.get("identity") as Identity, "admin")) {
      return problem(c, 403, "only admins read traces: use an admin's token");
    }
    await next();
  });
  app.get("/traces", (c) => c.json(answer(parts), 200, { "cache-control": "no-store" }));
  app.get("/traces/live.pcapng", (c) => trace(c, parts, "live"));
  app.get("/traces/recent.pcapng", (c) => {
    return parts.traces.recentBytes > 0 ? trace(c, parts, "recent") : problem(c, 404, NO_RECENT);
  });
}

/**
 * Whether a page of another origin asks. It could not read the answer, but have all readers that there
 * may be, or have its visitor download a trace. Images and links have no Origin, so browsers say in
 * Sec-Fetch-Site who asks (Fetch Metadata, 2.3); "none": the address was typed.
 */
function isForeign(request: Request, origins: string[]): boolean {
  if (!isAllowedOrigin(request, origins)) return true;
  const site = request.headers.get("sec-fetch-site") ?? "none";
  return !["none", "same-origin"].includes(site) && !request.headers.has("origin");
}

function trace(c: Context<Env>, parts: TraceRouteParts, mode: TraceRequest["mode"]) {
  let request: TraceRequest;
  try {
    request = readRequest(new URL(c.req.url).searchParams, parts, mode);
  } catch (error) {
    if (error instanceof ParameterError) return problem(c, 400, error.message);
    throw error;
  }
  const stamp = new Date(now()).toISOString().replace(/[-:]|\.\d+/g, "");
  const headers = {
    "content-type": CONTENT_TYPE,
    "content-disposition": `attachment; filename="edgewire-${mode}-${stamp}.pcapng"`,
    // Compressed, what passes would come when the compressor thinks fit.
    "cache-control": "no-store, no-transform",
  };
  // Nobody would read the stream of a HEAD.
  if (c.req.method === "HEAD") return c.body(null, 200, headers);
  const stream = parts.traces.streams.open(request);
  if (stream !== null) return c.body(stream, 200, headers);
  return problem(c, 503, `${MAX_READERS} traces are being read already: end one of them`);
}

/**
 * What a query asks of a trace.
 *
 * @param others Parameters that it may have beside those of a trace.
 * @throws {ParameterError}
 */
export function readRequest(
  query: URLSearchParams,
  { config, rooms, nodes }: TraceRouteParts,
  mode: TraceRequest["mode"],
  others: readonly string[] = [],
): TraceRequest {
  const known = [...others, ...PARAMETERS];
  for (const name of query.keys()) {
    if (known.includes(name)) continue;
    throw new ParameterError(`no parameter "${name}": there are ${known.join(", ")}`);
  }
  const filter: TraceFilter = {
    channels: list(query, "channel", (name) => rooms.get(name) !== undefined),
    hops: list(query, "hop", () => false).map(readHop),
    nodes: list(query, "node", (name) => nodeNames(nodes).includes(name)),
  };
  const seconds = readSeconds(query.get("seconds") ?? "");
  if (mode === "live") return { mode, filter, ...(seconds === undefined ? {} : { seconds }) };
  const { recentSeconds } = config.trace;
  return { mode, filter, seconds: Math.min(seconds ?? recentSeconds, recentSeconds) };
}

/** @param isName whether a text with a comma is one name */
function list(query: URLSearchParams, key: string, isName: (text: string) => boolean): string[] {
  return query.getAll(key)
    .flatMap((text) => text.includes(",") && !isName(text) ? text.split(",") : [text])
    .map((text) => text.trim())
    .filter((text) => text !== "");
}

function readHop(text: string): Hop {
  const hop = HOPS.find((known) => known === text);
  if (hop === undefined) throw new ParameterError(`hop "${text}": there are ${HOPS.join(", ")}`);
  return hop;
}

function readSeconds(text: string): number | undefined {
  if (text === "") return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (seconds > 0 && seconds <= MAX_SECONDS) return seconds;
  throw new ParameterError(`seconds "${text}": a number above 0, up to ${MAX_SECONDS}`);
}

function nodeNames(nodes: Nodes): string[] {
  return nodes.answer().nodes.map(({ name }) => name);
}

function answer({ config, rooms, nodes, traces }: TraceRouteParts): TracesAnswer {
  const { http, mqtt, tracePort } = traces.addresses();
  const bytes = traces.recentBytes;
  const { url } = config.broker;
  return {
    version: traces.version,
    time: now(),
    recent: bytes > 0 ? { bytes, seconds: config.trace.recentSeconds } : null,
    hops: HOPS,
    channels: [...rooms.all()].map(({ name }) => name),
    nodes: nodeNames(nodes),
    http: place(http),
    mqtt: mqtt.map(place),
    ...(url === undefined ? {} : { broker: withoutCredentials(new URL(url)) }),
    ...(tracePort === undefined ? {} : { tracePort }),
  };
}

function place(url: URL): Place {
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: portOf(url),
    tls: ["https:", "mqtts:"].includes(url.protocol),
  };
}

function portOf({ port, protocol }: URL): number {
  return Number(port) || DEFAULT_PORTS[protocol]!;
}

function withoutCredentials(url: URL): string {
  return `${url.protocol}//${url.hostname}:${portOf(url)}`;
}
