/**
 * One capture being decoded: its bytes go to a worker, the worker's lines to the client. What waits
 * in memory is bounded everywhere; a client that reads slowly slows the decoding.
 *
 * @module
 */
import { workerBegins } from "../clock.ts";
import { DecodeControl } from "./decode_control.ts";
import { type DecodeInput, SenderGone } from "./decode_input.ts";
import { type DecodeEnd, endLine, type FromDecoder, PIECES_AHEAD } from "./decode_messages.ts";
import type { DecodeQuery } from "./decode_query.ts";

/**
 * Looks in the time after which a job in which nothing happens is ended. In a silence of what is
 * live, each look but the first gives a line of progress.
 */
const LOOKS = 6;
/** After these the worker is idle. */
const LAST: ReadonlySet<string> = new Set(["refused", "done", "stopped"]);

export interface DecodeJobParts {
  readonly query: DecodeQuery;
  /** The capture; the job closes it. */
  readonly input: DecodeInput;
  /** How long nothing may happen, neither here nor at the client, ms. */
  readonly stallMs: number;
  /** The worker has stopped. Called once. */
  readonly onOver: () => void;
}

/** Ends by itself, by its client's going, or by `stop`. */
export class DecodeJob {
  /** The answer: whole lines. Cancelling it ends the job. */
  readonly output: ReadableStream<Uint8Array>;
  /** Settles once it is known whether the body is a capture: undefined, or why it is none. */
  readonly begun: Promise<string | undefined>;
  readonly #parts: DecodeJobParts;
  readonly #worker: Worker;
  readonly #workerEnded: () => void;
  readonly #control = new DecodeControl();
  readonly #watchdog: ReturnType<typeof setInterval>;
  readonly #begin: (problem: string | undefined) => void;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  /** Lines that wait for the client. */
  #lines: Uint8Array[] = [];
  /** The client wants lines, and there are none. */
  #wanted: (() => void) | undefined;
  /** Pieces that the worker may get. */
  #credit = PIECES_AHEAD;
  #credited: (() => void) | undefined;
  #frames = 0;
  /** Looks since something happened last; of what is live, since its client took something. */
  #quiet = 0;
  /** There were no lines since the last look, and there could have been. */
  #silent = false;
  /** It is a capture: its client has the answer. */
  #answered = false;
  /** Nothing more comes of the worker; its last lines may be here still. */
  #over = false;
  /** The worker has stopped: it takes no processor any more. */
  #stopped = false;
  /** The answer has ended, or its client has gone. */
  #closed = false;

  constructor(parts: DecodeJobParts) {
    this.#parts = parts;
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.begun = promise;
    this.#begin = resolve;
    this.output = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#pull(),
      cancel: () => {
        this.#closed = true;
        this.#abandon();
      },
    }, { highWaterMark: 0 });
    this.#worker = new Worker(new URL("./decode_worker.ts", import.meta.url), { type: "module" });
    this.#workerEnded = workerBegins();
    this.#worker.onmessage = ({ data }: MessageEvent<FromDecoder>) => this.#hear(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      console.error("decode: the worker failed:", event.message);
      this.stop("the decoder failed; the gateway's log says how");
      this.#end();
    };
    this.#watchdog = setInterval(() => this.#look(), parts.stallMs / LOOKS);
    const { query, input: { name, size } } = parts;
    this.#worker.postMessage({ ...query, name, size, control: this.#control.memory });
    this.#work();
  }

  /** Ends it before its time; the client is told why in the last line. */
  stop(problem: string, kind = "failed"): void {
    if (this.#over) return;
    this.#begin(undefined);
    this.#finish();
    const end: DecodeEnd = {
      kind,
      frames: this.#frames,
      bytes: this.#parts.input.received,
      truncated: true,
      problem,
    };
    this.#give(new TextEncoder().encode(endLine(end)));
  }

  async #work(): Promise<void> {
    const { input } = this.#parts;
    try {
      await Promise.all([input.receive(() => this.#quiet = 0), this.#feed(input)]);
    } catch (error) {
      if (error instanceof SenderGone) this.#abandon();
      else this.stop((error as Error).message);
    }
  }

  /** Hands the capture to the worker, as it has room for it. */
  async #feed(input: DecodeInput): Promise<void> {
    for (;;) {
      while (this.#credit === 0) await new Promise<void>((resolve) => this.#credited = resolve);
      const piece = await input.take();
      if (this.#over) return;
      if (piece === undefined) {
        return this.#worker.postMessage({ tooLarge: input.tooLarge });
      }
      this.#credit--;
      this.#worker.postMessage(piece, [piece.buffer]);
    }
  }

  #hear(message: FromDecoder): void {
    if (this.#over) {
      if ("kind" in message && LAST.has(message.kind)) this.#end();
      return;
    }
    if (!this.#parts.input.live) this.#quiet = 0;
    if (message instanceof Uint8Array) return this.#give(message);
    switch (message.kind) {
      case "used":
        this.#frames = message.frames;
        this.#credit += message.pieces;
        this.#credited?.();
        return;
      case "begun":
        this.#answered = true;
        return this.#begin(undefined);
      case "refused":
        this.#begin(message.message);
        this.#finish();
        return this.#end();
      case "done":
        this.#finish();
        return this.#end();
    }
  }

  #give(lines: Uint8Array): void {
    this.#silent = false;
    this.#lines.push(lines);
    this.#wanted?.();
  }

  /** The client wants more: gives it the oldest lines, and the worker room for others. */
  async #pull(): Promise<void> {
    this.#quiet = 0;
    while (this.#lines.length === 0) {
      if (this.#over) return this.#close();
      await new Promise<void>((resolve) => this.#wanted = resolve);
      this.#wanted = undefined;
    }
    const lines = this.#lines.shift();
    if (lines === undefined) return;
    this.#control.took(lines.length);
    this.#controller.enqueue(lines);
  }

  #look(): void {
    if (this.#parts.input.live && this.#lines.length === 0) return this.#breakSilence();
    if (this.#quiet++ < LOOKS) return;
    const seconds = this.#parts.stallMs / 1000;
    if (this.#lines.length === 0) {
      return this.stop(`nothing was sent for ${seconds} s`, "stalled");
    }
    // It would not read a last line either.
    this.#abandon();
  }

  /**
   * Gives a client that has had nothing for a while a line of progress: only where something is sent
   * it turns out that nobody is there any more.
   */
  #breakSilence(): void {
    if (this.#silent && !this.#over) {
      const progress = { bytes: this.#parts.input.received, frames: this.#frames };
      this.#give(new TextEncoder().encode(`${JSON.stringify({ progress })}\n`));
    }
    this.#silent = this.#answered;
  }

  /** Stops the worker, and ends what feeds it. Lines that are here remain to be read. */
  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#control.stop();
    this.#worker.postMessage({ stop: true });
    this.#parts.input.close();
    this.#credited?.();
    this.#wanted?.();
  }

  /**
   * The worker says that it is idle, so that it can be ended: while it is busy, Deno 2.9.6 only
   * pretends to end it.
   */
  #end(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#worker.terminate();
    this.#workerEnded();
    this.#parts.onOver();
  }

  /** The client has everything, or wants no more. */
  #close(): void {
    clearInterval(this.#watchdog);
    if (this.#closed) return;
    this.#closed = true;
    this.#controller.close();
  }

  /** The client does not read: the answer stays without a last line. */
  #abandon(): void {
    this.#lines = [];
    this.#finish();
    this.#begin(undefined);
    this.#close();
  }
}
