import { signal } from "@preact/signals";
import type { TreeLine } from "../../../traces/report/tree_line.ts";
import { retryDelay } from "../../client/retry_delay.ts";
import { onNextFrame } from "../frame_scheduler.ts";
import { FrameRows } from "./frame_rows.ts";
import { readLines } from "./read_lines.ts";

/** Between attempts to reach a live stream again, milliseconds. */
const SHORTEST = 1000;
const LONGEST = 15_000;

/** The last line of a capture. */
export type TraceEnd = Extract<TreeLine, { end: unknown }>["end"];
export type TraceProgress = Extract<TreeLine, { progress: unknown }>["progress"];

/** What the feed does now. */
export type FeedState =
  /** Nothing, or no more, as somebody wanted. */
  | { kind: "stopped" }
  /** Asked for; nothing came yet. */
  | { kind: "opening" }
  | { kind: "open" }
  /** It broke off, and is asked for again at a time of this machine. */
  | { kind: "waiting"; problem: string; retryAt: number }
  | { kind: "ended"; end: TraceEnd }
  | { kind: "failed"; problem: string };

export interface FeedRequest {
  /** Asks the gateway. */
  open(signal: AbortSignal): Promise<Response>;
  /** Whether it goes on for ever: then it is asked for again when it breaks off. */
  live: boolean;
}

interface FeedParts {
  /** When to draw. @default the page's frame scheduler */
  schedule?: (task: () => void) => void;
  /** Waits before another attempt, milliseconds. */
  delay?: (attempt: number) => number;
}

/** Will not be otherwise the next time. */
class RefusedError extends Error {}

/** Frames of one source at a time, and what comes of asking for them. */
export class TraceFeed {
  readonly rows = new FrameRows();
  /** Counts up when there are other rows; at most once per frame of the screen. */
  readonly version = signal(0);
  readonly state = signal<FeedState>({ kind: "stopped" });
  /** Frames that were not sent, since they were too many. */
  readonly skipped = signal(0);
  readonly progress = signal<TraceProgress | undefined>(undefined);
  readonly #schedule: (task: () => void) => void;
  readonly #delay: (attempt: number) => number;
  #request: FeedRequest | undefined;
  #abort: AbortController | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #skipped = 0;
  #progress: TraceProgress | undefined;
  /** What numbers of the stream are added to: each stream counts from 1. */
  #base = 0;
  readonly #draw = () => {
    this.skipped.value = this.#skipped;
    this.progress.value = this.#progress;
    this.version.value++;
  };

  constructor({ schedule = onNextFrame, delay }: FeedParts = {}) {
    this.#schedule = schedule;
    this.#delay = delay ?? ((attempt) => retryDelay(attempt, SHORTEST, LONGEST));
  }

  /** Takes another source: what there was goes. */
  open(request: FeedRequest): void {
    this.stop();
    this.#request = request;
    this.clear();
    this.resume();
  }

  /** Goes on with the source; what there is stays before it. */
  resume(): void {
    this.stop();
    this.#attempt = 0;
    this.#ask();
  }

  /** Ends the stream; the rows stay. */
  stop(): void {
    clearTimeout(this.#retry);
    this.#abort?.abort();
    this.#abort = undefined;
    this.state.value = { kind: "stopped" };
  }

  clear(): void {
    this.rows.clear();
    this.#base = this.#skipped = 0;
    this.#progress = undefined;
    this.#draw();
  }

  async #ask(): Promise<void> {
    const request = this.#request;
    if (!request) return;
    const abort = this.#abort = new AbortController();
    this.state.value = { kind: "opening" };
    this.#base = this.rows.at(this.rows.length - 1)?.number ?? 0;
    try {
      const response = await this.#answer(request, abort.signal);
      if (request.live) this.state.value = { kind: "open" };
      for await (const lines of readLines(response.body!)) {
        if (abort.signal.aborted) return;
        for (const line of lines) this.#take(line, request.live);
        this.#schedule(this.#draw);
      }
      if (abort.signal.aborted || this.state.peek().kind === "ended") return;
      this.#broken("the gateway ended it before its time", request.live);
    } catch (error) {
      if (abort.signal.aborted) return;
      const { message } = error as Error;
      this.#broken(message, request.live && !(error instanceof RefusedError));
    } finally {
      abort.abort();
    }
  }

  /** @throws {RefusedError} with what the gateway says */
  async #answer(request: FeedRequest, signal: AbortSignal): Promise<Response> {
    let response: Response;
    try {
      response = await request.open(signal);
    } catch {
      throw new Error("no answer from the gateway");
    }
    if (response.ok) return response;
    const answer = await response.json().catch(() => undefined);
    const message = answer?.error?.message ?? `status ${response.status}`;
    throw response.status < 500 ? new RefusedError(message) : new Error(message);
  }

  #take(text: string, live: boolean): void {
    const line: TreeLine = JSON.parse(text);
    if ("frame" in line) {
      this.#attempt = 0;
      if (this.state.peek().kind === "opening") this.state.value = { kind: "open" };
      this.rows.add(line.frame, text, this.#base);
    } else if ("skipped" in line) this.#skipped += line.skipped;
    else if ("progress" in line) this.#progress = line.progress;
    else if ("end" in line) {
      if (live) throw new Error(line.end.problem ?? "the gateway ended it");
      this.state.value = { kind: "ended", end: line.end };
    }
  }

  #broken(problem: string, again: boolean): void {
    this.#schedule(this.#draw);
    if (!again) {
      this.state.value = { kind: "failed", problem };
      return;
    }
    const rest = this.#delay(this.#attempt++);
    this.state.value = { kind: "waiting", problem, retryAt: Date.now() + rest };
    this.#retry = setTimeout(() => this.#ask(), rest);
  }
}
