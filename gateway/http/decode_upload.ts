/**
 * `POST /api/decode`: takes a capture as body (pcap or pcapng, gzipped or not) and answers with its
 * frame reports, a line of JSON each, as `edgewire decode --format ndjson` writes them, while the
 * body still comes.
 *
 * The answer is a stream of lines, told apart by their first name:
 *
 * - `{"number": ...}`: the report of a frame;
 * - `{"frame": ...}`: with `format=tree`, instead of that, its `TreeFrame`; `rows` of them at most,
 *   and `{"skipped": n}` before the end when there were more;
 * - `{"progress": {"bytes", "total", "frames"}}`: bytes of the body read, and of all of it where its
 *   length was said; about every 250 ms or megabyte, not with `progress=0`;
 * - `{"summary": ...}`: with `summary=1`, instead of frames;
 * - `{"end": ...}`: always the last, see `DecodeEnd`. Without it the answer is not whole.
 *
 * Refused at once, as `{"error": {"message"}}`: 400 a wrong parameter; 413 a body longer than the
 * limit; 415 a form; 422 a body that is no capture; 503 two decodes are under way, or were and have
 * not stopped yet. Closing the connection ends the decoding.
 *
 * @module
 */
import { UploadInput } from "./decode_input.ts";
import { DecodeJob } from "./decode_job.ts";
import type { DecodeQuery } from "./decode_query.ts";

/** Decodes at a time: each takes a processor. */
const AT_ONCE = 2;
/** After which one may ask again, s. */
const RETRY_SECONDS = 10;
/** How long nothing may happen: a client that neither sends nor reads holds up others, ms. */
const STALL_MS = 60_000;

/** All that are under way. */
export class DecodeUploads {
  readonly #limitBytes: number;
  readonly #stallMs: number;
  readonly #jobs = new Set<DecodeJob>();
  #closed = false;

  /**
   * @param limitBytes Largest body, bytes.
   * @param stallMs How long nothing may happen in a decode, ms. @default 60000
   */
  constructor(limitBytes: number, stallMs: number = STALL_MS) {
    this.#limitBytes = limitBytes;
    this.#stallMs = stallMs;
  }

  /** Decodes under way: those whose worker has not stopped. */
  get running(): number {
    return this.#jobs.size;
  }

  /** Answers one request. Who may ask is the caller's to know. */
  async answer(request: Request): Promise<Response> {
    // Loaded when it is needed: it brings the decoder's names and filters along.
    const { DecodeQueryError, readDecodeQuery } = await import("./decode_query.ts");
    let query: DecodeQuery;
    try {
      query = readDecodeQuery(new URL(request.url).searchParams);
    } catch (error) {
      if (error instanceof DecodeQueryError) return refusal(400, error.message);
      throw error;
    }
    if (isForm(request.headers.get("content-type"))) {
      return refusal(415, "send the file itself, not a form: curl --data-binary @FILE, or -T FILE");
    }
    const length = request.headers.get("content-length");
    const size = length === null ? undefined : Number(length);
    if (size !== undefined && size > this.#limitBytes) {
      return refusal(413, `captures may have ${this.#limitBytes} bytes (limits.decodeBytes)`);
    }
    if (request.body === null) return refusal(422, "the body is empty: send the capture in it");
    if (this.#jobs.size >= AT_ONCE || this.#closed) {
      const message = `${AT_ONCE} decodes are under way: try again when one has ended`;
      return refusal(503, message, { "retry-after": String(RETRY_SECONDS) });
    }
    const job: DecodeJob = new DecodeJob({
      query,
      input: new UploadInput(request.body, size, this.#limitBytes),
      stallMs: this.#stallMs,
      onOver: () => this.#jobs.delete(job),
    });
    this.#jobs.add(job);
    const problem = await job.begun;
    if (problem !== undefined) {
      await job.output.cancel();
      return refusal(422, problem);
    }
    // Deno would compress the lines in the thread that live data goes through.
    const caching = "no-store, no-transform";
    return new Response(job.output, {
      headers: { "content-type": "application/x-ndjson", "cache-control": caching },
    });
  }

  /** Ends all, telling their clients; takes no more. */
  close(): void {
    this.#closed = true;
    for (const job of [...this.#jobs]) job.stop("the gateway is stopping");
  }
}

/** What curl says of `--data-binary` looks like a form, too. */
function isForm(contentType: string | null): boolean {
  return /^\s*multipart\//i.test(contentType ?? "");
}

function refusal(status: number, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ error: { message } }, { status, headers });
}
