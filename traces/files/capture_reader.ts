/**
 * Reads a capture file frame by frame, in constant memory.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { type ByteSource, type CaptureInput, openByteSource } from "./byte_source.ts";
import type { CaptureEvents } from "./capture_events.ts";
import { CaptureFrame } from "./capture_frame.ts";
import { ChunkWindow } from "./chunk_window.ts";
import { fileKind, KIND_BYTES } from "./file_kind.ts";
import { GunzipSource, isGzip } from "./gunzip_source.ts";
import { pcapInterface, PcapParser } from "./pcap.ts";
import { LAYOUT_HEADER, readPcapLayout } from "./pcap_layout.ts";
import { PcapngParser } from "./pcapng.ts";
import type { ParserProblem, RecordParser } from "./record_parser.ts";

/** How reading ended. Frames before that have been handed out. */
export type CaptureEnd =
  | {
    /** All was read, or reading was called off. */
    readonly kind: "complete" | "aborted";
    readonly frames: number;
  }
  | {
    /**
     * - cut: the file ends within a record;
     * - corrupt: what follows can't be read;
     * - unsupported: a capture, but none that this can read;
     * - not a capture: something else;
     * - unreadable: no bytes could be had.
     */
    readonly kind: "cut" | "corrupt" | "unsupported" | "not a capture" | "unreadable";
    /** What, where, what to do. */
    readonly message: string;
    /** Byte of the file at which it is; of the decompressed one if it is compressed. */
    readonly offset: number;
    /** Frames read, which is the number of the last one. */
    readonly frames: number;
  };

/** Reads one capture, once. */
export class CaptureReader {
  readonly #input: CaptureInput;
  readonly #onFrame: (frame: CaptureFrame) => void;
  readonly #events: CaptureEvents;
  readonly #longestRecord: number;
  readonly #window = new ChunkWindow();
  #parser: RecordParser | undefined;
  #source: ByteSource | undefined;

  /**
   * @param onFrame Called for each frame, in order. The frame is one object, used again for the
   * next: keep no reference to it or its bytes. What it throws ends the reading and is thrown on.
   * @param events What to tell besides frames.
   * @param longestRecord Bytes of a record that are taken into memory; each format has a limit of its
   * own.
   */
  constructor(
    input: CaptureInput,
    onFrame: (frame: CaptureFrame) => void,
    events: CaptureEvents = {},
    longestRecord: number = Infinity,
  ) {
    this.#input = input;
    this.#onFrame = onFrame;
    this.#events = events;
    this.#longestRecord = longestRecord;
  }

  /** The file's format, for people; undefined until it is known. */
  get format(): string | undefined {
    return this.#parser?.format;
  }

  /** Bytes of memory held for the file's content. */
  get bufferSize(): number {
    return this.#window.capacity;
  }

  /**
   * Reads to the end. Between chunks of about a megabyte others get their turn.
   *
   * @param signal Calls it off between two chunks.
   * @returns How it ended; bad input is never thrown.
   */
  async read(signal?: AbortSignal): Promise<CaptureEnd> {
    let source: ByteSource;
    try {
      source = await openByteSource(this.#input);
    } catch (error) {
      return this.#unreadable(typeof this.#input === "string" ? this.#input : "the data", error);
    }
    this.#source = source;
    const close = () => this.#source?.close();
    signal?.addEventListener("abort", close, { once: true });
    try {
      return await this.#readSource(signal);
    } finally {
      signal?.removeEventListener("abort", close);
      close();
    }
  }

  async #readSource(signal: AbortSignal | undefined): Promise<CaptureEnd> {
    const window = this.#window;
    let minimum = KIND_BYTES;
    for (;;) {
      const failure = await this.#fill(minimum);
      if (signal?.aborted) return { kind: "aborted", frames: this.#frames };
      if (failure !== undefined) return failure;
      if (this.#unpack()) continue;
      if (this.#parser === undefined) {
        const problem = this.#detect();
        if (problem !== undefined) return this.#problem(problem);
      }
      const parser = this.#parser;
      if (parser !== undefined) {
        window.prefetch(this.#source!);
        window.start = parser.parse(window.bytes, window.view, window.start, window.end);
        const problem = parser.problem ?? this.#tooLong(parser);
        if (problem !== undefined) return this.#problem(problem);
      }
      this.#events.progress?.(this.#source!.position, this.#source!.size);
      if (window.ended) return this.#end();
      if (this.#events.ready !== undefined) await this.#events.ready();
      minimum = parser?.needed ?? LAYOUT_HEADER;
      await setImmediate();
    }
  }

  get #frames(): number {
    return this.#parser?.frames ?? 0;
  }

  /** Has the window filled; what goes wrong with the input is an end. */
  async #fill(minimum: number): Promise<CaptureEnd | undefined> {
    const source = this.#source!;
    try {
      await this.#window.fill(source, minimum);
      return undefined;
    } catch (error) {
      return this.#unreadable(source.name, error);
    }
  }

  /** Puts decompression in between if the file is compressed. */
  #unpack(): boolean {
    const { bytes, start, end } = this.#window;
    const source = this.#source!;
    if (this.#parser !== undefined || source instanceof GunzipSource) return false;
    if (end - start < 2 || !isGzip(bytes[start], bytes[start + 1])) return false;
    this.#source = new GunzipSource(source, bytes.slice(start, end));
    this.#window.restart();
    return true;
  }

  /** Finds out the format and makes its parser; none when more bytes are needed for that. */
  #detect(): ParserProblem | undefined {
    const window = this.#window;
    const { bytes, view, start, end } = window;
    const frame = new CaptureFrame();
    const kind = fileKind(bytes, view, start, end, this.#noun);
    if (kind === "pcapng") {
      this.#parser = new PcapngParser(frame, this.#onFrame, this.#events);
      return undefined;
    }
    if (kind !== "pcap") return kind;
    if (end - start < LAYOUT_HEADER && !window.ended) return undefined;
    const layout = readPcapLayout(view, start, end, !this.#source!.live);
    if (layout === undefined) return undefined;
    if (typeof layout === "string") return { kind: "unsupported", message: layout };
    const source = pcapInterface(layout);
    this.#events.interface?.(source);
    this.#parser = new PcapParser(layout, source, frame, this.#onFrame);
    window.start += layout.fileHeader;
    return undefined;
  }

  #tooLong({ needed, unit }: RecordParser): ParserProblem | undefined {
    const longest = this.#longestRecord;
    if (needed <= longest) return undefined;
    const message = `a ${unit} has ${needed} bytes, and only up to ${longest} are read here`;
    return { kind: "unsupported", message };
  }

  get #noun(): string {
    return this.#source?.noun ?? "the file";
  }

  #end(): CaptureEnd {
    const { start, end, offset } = this.#window;
    const { failure } = this.#source!;
    const frames = this.#frames;
    if (failure !== undefined) {
      const whole = this.#noun.replace(/^the /, "the whole ");
      return this.#stop(failure.kind, failure.message, `get ${whole}, if there is one`);
    }
    if (start === end) return { kind: "complete", frames };
    const unit = this.#parser?.unit ?? "header";
    const advice = "it was still being written, or not copied whole";
    return this.#stop(
      "cut",
      `${this.#noun} ends ${end - start} bytes into a ${unit}`,
      advice,
      offset,
    );
  }

  #problem({ kind, message }: ParserProblem): CaptureEnd {
    if (this.#parser === undefined) {
      return { kind, message: `${this.#source!.name}: ${message}`, offset: 0, frames: 0 };
    }
    const rest = `the rest of ${this.#noun} can't be read`;
    const advice = this.#frames > 0 ? rest : "it can't be read";
    return this.#stop(kind, message, advice);
  }

  #stop(
    kind: "cut" | "corrupt" | "unsupported" | "not a capture",
    what: string,
    advice: string,
    offset = this.#window.offset,
  ): CaptureEnd {
    const frames = this.#frames;
    const place = `at byte ${offset}, ${
      frames === 0 ? "before any frame" : `after frame ${frames}`
    }`;
    return {
      kind,
      message: `${this.#source!.name}: ${what} (${place}): ${advice}`,
      offset,
      frames,
    };
  }

  #unreadable(name: string, error: unknown): CaptureEnd {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      kind: "unreadable",
      message: `${name}: can't be read: ${reason}`,
      offset: this.#window.offset,
      frames: this.#frames,
    };
  }
}
