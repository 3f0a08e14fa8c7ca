/**
 * `GET /traces/frames`: what passes (`source=live`) or passed last (`source=recent`) as frames with
 * their fields and bytes, for the page: lines of JSON, see `TreeLine`. For admins, as all traces.
 *
 * `channel`, `hop`, `node` and `seconds` as for the traces themselves; `filter` is a Wireshark
 * display filter; `id` leaves only packets about an update, a PUBLISH or its radio records.
 *
 * - live: at most `rows` frames a second (1 to 1000, 50 unless said), a moment after they passed; how
 *   many more there were is told every second. In a silence a line of progress comes about every 10 s.
 * - recent: the newest `rows` frames (1 to 50000, 5000 unless said), then `end`. Older ones that
 *   passed the filter are told before them, as `skipped`. One such reading runs at a time, since it
 *   keeps the trace, in memory and in a file; others wait for it, and are refused where that takes
 *   too long.
 *
 * A worker decodes, one for each reader, so that the gateway's own thread only hands bytes on. A
 * reader that is too slow loses packets, as with any trace; nobody waits for it.
 *
 * @module
 */
import type { Context, Hono } from "hono";
import type { TraceRequest } from "../recorder/trace_messages.ts";
import { MAX_READERS, type TraceStreams } from "../recorder/trace_streams.ts";
import { TraceInput } from "./decode_input.ts";
import { DecodeJob } from "./decode_job.ts";
import type { TreeSetting } from "./decode_messages.ts";
import type { DecodeQuery } from "./decode_query.ts";
import { type Env, problem } from "./route.ts";
import { NO_RECENT, ParameterError, readRequest, type TraceRouteParts } from "./traces.ts";
import { Turns } from "./turns.ts";

/** Readers at a time: each has a thread. */
const AT_ONCE = 4;
/** How long a client may read nothing while there is something to read, ms. */
const STALL_MS = 60_000;
/** How long a reader of what passed last may wait until others are done, ms. */
const TURN_MS = 30_000;
const STOPPING = "the gateway is stopping";
const PARAMETERS = ["source", "filter", "id", "rows"];
/** Frames of a reader that does not say: live, a second; recent, in all. And most that it may say. */
const ROWS = {
  live: { usual: 50, most: 1000, choose: "paced" },
  recent: { usual: 5000, most: 50_000, choose: "newest" },
} as const;
const ID = /^[\w-]{1,60}(?:\.\d{1,3})?$/;

/** All readers of frames. */
export class TraceFrames {
  readonly #streams: Pick<TraceStreams, "open">;
  readonly #stallMs: number;
  readonly #turnMs: number;
  readonly #jobs = new Set<DecodeJob>();
  /** To read what passed last. */
  readonly #turns = new Turns();
  #closed = false;

  /**
   * @param stallMs How long a client may read nothing of what there is, ms. @default 60000
   * @param turnMs How long a reader may wait for its turn, ms. @default 30000
   */
  constructor(
    streams: Pick<TraceStreams, "open">,
    stallMs: number = STALL_MS,
    turnMs: number = TURN_MS,
  ) {
    this.#streams = streams;
    this.#stallMs = stallMs;
    this.#turnMs = turnMs;
  }

  /** Readers now: those whose worker has not stopped. */
  get running(): number {
    return this.#jobs.size;
  }

  /**
   * Lines; cancelling them ends everything. What passes once they are there is in them.
   *
   * @param signal The client has gone: nobody waits for its turn any more.
   * @returns why not, where there are too many readers
   */
  async open(
    request: TraceRequest,
    query: DecodeQuery,
    signal?: AbortSignal,
  ): Promise<ReadableStream<Uint8Array> | string> {
    if (this.#closed) return STOPPING;
    if (this.#jobs.size + this.#turns.waiting >= AT_ONCE) {
      return `${AT_ONCE} traces are shown already: close one of them`;
    }
    const inTurn = request.mode === "recent";
    if (inTurn && !await this.#turns.take(this.#turnMs, signal)) {
      return this.#closed ? STOPPING : "others read what passed last: try again in a moment";
    }
    const over = () => inTurn && this.#turns.give();
    // The turn may have come just before that.
    const stream = this.#closed ? null : this.#streams.open(request);
    if (stream === null) {
      over();
      if (this.#closed) return STOPPING;
      return `${MAX_READERS} traces are being read already: end one of them`;
    }
    const job: DecodeJob = new DecodeJob({
      query,
      input: new TraceInput(stream, !inTurn),
      stallMs: this.#stallMs,
      onOver: () => {
        this.#jobs.delete(job);
        over();
      },
    });
    this.#jobs.add(job);
    const problem = await job.begun;
    if (problem === undefined) return job.output;
    await job.output.cancel();
    return problem;
  }

  /** Ends all, telling their clients; takes no more. */
  close(): void {
    this.#closed = true;
    this.#turns.clear();
    for (const job of [...this.#jobs]) job.stop(STOPPING);
  }
}

/** Adds the route; `addTraces` has refused who may not read traces. */
export function addTraceFrames(
  app: Hono<Env>,
  parts: TraceRouteParts & { frames: TraceFrames },
) {
  app.get("/traces/frames", async (c) => {
    // Loaded when it is needed: it brings the decoder's names and filters along.
    const { DecodeQueryError, readRows, treeQuery } = await import("./decode_query.ts");
    const query = new URL(c.req.url).searchParams;
    try {
      const mode = sourceOf(query);
      const request = readRequest(query, parts, mode, PARAMETERS);
      const { usual, most, choose } = ROWS[mode];
      const rows = readRows(query.get("rows") ?? "", usual, most);
      const tree: TreeSetting = { choose, rows, ...idOf(query) };
      return await answer(c, parts, request, treeQuery(query.get("filter") ?? "", tree));
    } catch (error) {
      if (!(error instanceof ParameterError || error instanceof DecodeQueryError)) throw error;
      return problem(c, 400, error.message);
    }
  });
}

async function answer(
  c: Context<Env>,
  { traces, frames }: TraceRouteParts & { frames: TraceFrames },
  request: TraceRequest,
  query: DecodeQuery,
) {
  if (request.mode === "recent" && traces.recentBytes === 0) return problem(c, 404, NO_RECENT);
  const headers = {
    "content-type": "application/x-ndjson",
    // Compressed, what passes would come when the compressor thinks fit.
    "cache-control": "no-store, no-transform",
  };
  // Nobody would read the stream of a HEAD.
  if (c.req.method === "HEAD") return c.body(null, 200, headers);
  const lines = await frames.open(request, query, c.req.raw.signal);
  return typeof lines === "string" ? problem(c, 503, lines) : c.body(lines, 200, headers);
}

function sourceOf(query: URLSearchParams): TraceRequest["mode"] {
  const source = query.get("source") || "live";
  if (source === "live" || source === "recent") return source;
  throw new ParameterError(`source "${source}": there are live and recent`);
}

function idOf(query: URLSearchParams): { id?: string } {
  const id = query.get("id") ?? "";
  if (id === "") return {};
  if (ID.test(id)) return { id };
  throw new ParameterError(`id "${id}": an update's id, as Ab12Cd-1f or Ab12Cd-1f.3`);
}
