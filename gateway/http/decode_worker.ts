/**
 * Decodes one upload or trace, in a thread of its own: takes pieces of it, hands out lines. It stops
 * when it is told to, says so, and is then ended from outside.
 *
 * @module
 */
import { getHeapStatistics } from "node:v8";
import { parseDecodeOptions } from "../../traces/command/decode_options.ts";
import { DecodePipeline } from "../../traces/command/decode_pipeline.ts";
import type { ByteSource } from "../../traces/files/byte_source.ts";
import type { CaptureEvents } from "../../traces/files/capture_events.ts";
import { type CaptureEnd, CaptureReader } from "../../traces/files/capture_reader.ts";
import { SMALL_LIMITS } from "../../traces/flows/decoder_limits.ts";
import { ByteWriter } from "../../traces/report/byte_writer.ts";
import { summaryJson } from "../../traces/report/summary/summary_json.ts";
import { DecodeBody } from "./decode_body.ts";
import { DecodeControl } from "./decode_control.ts";
import { type DecodeStart, endLine, type FromDecoder, type ToDecoder } from "./decode_messages.ts";
import { TreeRows } from "./tree_rows.ts";

/** Bytes of lines gathered before they are handed out. */
const ENOUGH = 64 * 1024;
/** How often progress is told: after so much time or so many bytes, whichever comes first. */
const PROGRESS_MS = 250;
const PROGRESS_BYTES = 1 << 20;
/** How often it is told how many frames were left out, ms. */
const SKIPPED_MS = 1000;
/**
 * What a decode may hold in memory, bytes: its tables are bounded, but there are many of them. Where
 * the heap itself ends, so does the process.
 */
const MOST_MEMORY = Math.min(512 * 1024 * 1024, 0.75 * getHeapStatistics().heap_size_limit);
/** Bytes of one record of the capture, which is in memory as a whole. */
const LONGEST_RECORD = 16 * 1024 * 1024;

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<ToDecoder>) => void;
  postMessage(message: FromDecoder, transfer?: ArrayBuffer[]): void;
};

/** The gateway wants no more. */
class Stopped extends Error {}

/** The capture would need too much memory. */
class TooMuch extends Error {}

/** Hands lines over, and waits while too many of them have not been taken. */
class Lines {
  readonly writer = new ByteWriter(2 * ENOUGH);
  readonly #control: DecodeControl;
  /** Bytes handed over, modulo 2^32. */
  #given = 0;

  constructor(control: DecodeControl) {
    this.#control = control;
  }

  /** @param all Whether to hand over also the little. */
  flush(all = false): void {
    const { writer } = this;
    if (writer.length === 0 || writer.length < ENOUGH && !all) return;
    const bytes = writer.written.slice();
    writer.clear();
    this.#given = (this.#given + bytes.length) | 0;
    scope.postMessage(bytes, [bytes.buffer]);
    this.#control.wait(this.#given);
  }
}

/** One decode. */
class Decode {
  readonly body: DecodeBody;
  readonly #start: DecodeStart;
  readonly #control: DecodeControl;
  readonly #lines: Lines;
  /** Which frames are written, where that is chosen. */
  readonly #rows: TreeRows | undefined;
  #pipeline: DecodePipeline;
  #begun = false;
  /** The capture is read for the second time. */
  #again = false;
  /** Frames told of; the second reading begins to count anew. */
  #frames = 0;
  #outgrown = false;
  #told_ms = performance.now();
  #toldBytes = 0;

  constructor(start: DecodeStart) {
    this.#start = start;
    this.#control = new DecodeControl(start.control);
    this.#lines = new Lines(this.#control);
    this.#rows = start.tree && new TreeRows(start.tree, this.#lines.writer);
    this.#pipeline = this.#newPipeline();
    this.body = new DecodeBody({
      name: start.name,
      size: start.size,
      kept: this.#rows?.twice ?? false,
      onUsed: () => this.#used(1),
    });
  }

  async run(): Promise<void> {
    const telling = setInterval(() => this.#tellSkipped(), SKIPPED_MS);
    const end = await this.#readAll().finally(() => {
      clearInterval(telling);
      this.body.forget();
    });
    if (!this.#begun && "message" in end) {
      return scope.postMessage({ kind: "refused", message: end.message });
    }
    this.#finish(end);
    scope.postMessage({ kind: "done" });
  }

  #newPipeline(): DecodePipeline {
    const pipeline = new DecodePipeline(
      parseDecodeOptions([...this.#start.args]),
      this.#lines.writer,
      { limits: SMALL_LIMITS, ...(this.#rows === undefined ? {} : { report: this.#rows }) },
    );
    pipeline.begin();
    return pipeline;
  }

  /** Reads the capture, where needed twice. */
  async #readAll(): Promise<CaptureEnd> {
    const end = await this.#read(this.body);
    if (!this.#rows?.twice || this.#outgrown) return end;
    this.#again = true;
    this.#rows.again();
    this.#pipeline = this.#newPipeline();
    const second = await this.#read(this.body.again());
    return this.#outgrown || second.kind === "unreadable" ? second : end;
  }

  #read(body: ByteSource): Promise<CaptureEnd> {
    const pipeline = this.#pipeline;
    const events: CaptureEvents = {
      section: () => this.#begin(),
      interface: () => this.#begin(),
      secrets: (secrets) => pipeline.secrets(secrets),
      progress: (bytes, total) => this.#progress(bytes, total),
    };
    const reader = new CaptureReader(
      body,
      (frame) => {
        pipeline.take(frame);
        this.#lines.flush();
        this.#goOn();
      },
      events,
      LONGEST_RECORD,
    );
    return reader.read().catch((error): CaptureEnd => this.#tooMuch(error));
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    scope.postMessage({ kind: "begun" });
  }

  /** Where frames are left out while others come: how many, also when none comes any more. */
  #tellSkipped(): void {
    if (this.#start.tree?.choose !== "paced" || this.#control.stopped) return;
    this.#rows?.tellSkipped();
    this.#lines.flush(true);
  }

  /** @throws {Stopped} */
  #goOn(): void {
    if (this.#control.stopped) throw new Stopped();
  }

  #tooMuch(error: unknown): CaptureEnd {
    if (!(error instanceof TooMuch)) throw error;
    this.#outgrown = true;
    const { frames } = this.#pipeline;
    const most = `${Math.round(MOST_MEMORY / 1e6)} MB`;
    const advice = this.#rows?.twice ? "ask for fewer seconds" : "decode it with edgewire decode";
    const message = `what is to be remembered of the capture needs more than ${most} ` +
      `(after frame ${frames}): ${advice}`;
    return { kind: "unsupported", message, offset: this.body.position, frames };
  }

  #used(pieces: number): void {
    this.#frames = Math.max(this.#frames, this.#pipeline.frames);
    scope.postMessage({ kind: "used", pieces, frames: this.#frames });
  }

  #progress(bytes: number, total: number | undefined): void {
    this.#used(0);
    const now = performance.now();
    const due = now - this.#told_ms >= PROGRESS_MS || bytes - this.#toldBytes >= PROGRESS_BYTES;
    if (due && this.#start.progress && this.#begun && !this.#again) {
      this.#told_ms = now;
      this.#toldBytes = bytes;
      const progress = { bytes, total, frames: this.#pipeline.frames };
      this.#lines.writer.string(`${JSON.stringify({ progress })}\n`);
    }
    this.#lines.flush(true);
    this.#goOn();
    const { heapUsed, external } = Deno.memoryUsage();
    if (heapUsed + external > MOST_MEMORY) throw new TooMuch();
  }

  #finish(end: CaptureEnd): void {
    const { writer } = this.#lines;
    const { summary } = this.#pipeline;
    if (summary === undefined) this.#pipeline.end();
    else writer.string(`${JSON.stringify({ summary: summaryJson(summary.summary) })}\n`);
    const tooLarge = this.body.ended?.tooLarge;
    const problem = tooLarge ?? ("message" in end ? end.message : undefined);
    writer.string(endLine({
      kind: tooLarge === undefined && !this.#outgrown ? end.kind : "too large",
      frames: end.frames,
      bytes: this.body.position,
      truncated: problem !== undefined,
      ...(problem === undefined ? {} : { problem }),
    }));
    this.#lines.flush(true);
  }
}

let decode: Decode | undefined;

scope.onmessage = ({ data }) => {
  if ("stop" in data) scope.postMessage({ kind: "stopped" });
  else if ("args" in data) {
    decode = new Decode(data);
    decode.run().catch((error) => {
      if (error instanceof Stopped) return scope.postMessage({ kind: "stopped" });
      // The gateway is to hear of it.
      setTimeout(() => {
        throw error;
      });
    });
  } else decode?.body.take(data);
};
