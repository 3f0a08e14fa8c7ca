import { signal } from "@preact/signals";
import type { TreeLine } from "../../../traces/report/tree_line.ts";
import { retryDelay } from "../../client/retry_delay.ts";
import { onNextFrame } from "../frame_scheduler.ts";
import { FrameRows } from "./frame_rows.ts";
import { readLines } from "./read_lines.ts";

/** Between attempts to reach a live stream again, milliseconds. */
const SHORTEST = 1000;
const LONGEST = 15_000;

export type TraceProgress = Pick<
  Extract<TreeLine, { progress: unknown }>["progress"],
  "bytes" | "frames"
>;

/** What the feed does now. */
export interface FeedState {
  /**
   * - `stopped`: nothing, or no more, as somebody wanted;
   * - `opening`: asked for, nothing came yet;
   * - `open`;
   * - `waiting`: it broke off, and is asked for again;
   * - `ended`, `failed`.
   */
  kind: "stopped" | "opening" | "open" | "waiting" | "ended" | "failed";
  /** Why it waits or failed, or what is wrong with a capture that ended. */
  problem?: string | undefined;
}

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
  /** What numbers of the stream are added to: each stream counts from 1. */
  #base = 0;
  readonly #draw = () => {
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
    this.skipped.value = 0;
    this.progress.value = undefined;
    this.#draw();
  }

  async #ask(): Promise<void> {
    const request = this.#request;
    if (!request) return;
    const abort = this.#abort = new AbortController();
    this.state.value = { kind: "opening" };
    this.#base = this.rows.list.at(-1)?.number ?? 0;
    let again = request.live;
    let problem = "the gateway ended it before its time";
    try {
      const response = await request.open(abort.signal);
      if (!response.ok) {
        // What the gateway refuses will not be otherwise the next time.
        again &&= response.status >= 500;
        const answer = await response.json().catch(() => undefined);
        throw new Error(answer?.error?.message ?? `status ${response.status}`);
      }
      if (request.live) this.state.value = { kind: "open" };
      for await (const lines of readLines(response.body!)) {
        if (abort.signal.aborted) return;
        for (const line of lines) this.#take(line, request.live);
        this.#schedule(this.#draw);
      }
    } catch (error) {
      problem = error instanceof TypeError
        ? "no answer from the gateway"
        : (error as Error).message;
    }
    if (!abort.signal.aborted && this.state.peek().kind !== "ended") this.#broken(problem, again);
    abort.abort();
  }

  #take(text: string, live: boolean): void {
    const line: TreeLine = JSON.parse(text);
    if ("frame" in line) {
      this.#attempt = 0;
      if (this.state.peek().kind === "opening") this.state.value = { kind: "open" };
      this.rows.add(line.frame, text, this.#base);
    } else if ("skipped" in line) this.skipped.value += line.skipped;
    else if ("progress" in line) this.progress.value = line.progress;
    else {
      const { problem } = this.progress.value = line.end;
      if (live) throw new Error(problem ?? "the gateway ended it");
      this.state.value = { kind: "ended", problem };
    }
  }

  #broken(problem: string, again: boolean): void {
    this.#schedule(this.#draw);
    this.state.value = { kind: again ? "waiting" : "failed", problem };
    if (again) this.#retry = setTimeout(() => this.#ask(), this.#delay(this.#attempt++));
  }
}
