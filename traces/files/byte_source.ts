/**
 * Bytes of a capture, wherever they come from.
 *
 * @module
 */
import { fstatSync } from "node:fs";

/**
 * What a capture is read from: a file's path, `-` for standard input, bytes, a stream, or a source
 * of the caller's own.
 */
export type CaptureInput = string | Uint8Array | ReadableStream<Uint8Array> | ByteSource;

/** Bytes in order, once. Who opened it closes it. */
export interface ByteSource {
  /** For messages: the path, "standard input", "the data". */
  readonly name: string;
  /** What it is, for messages. @default "the file" */
  readonly noun?: string;
  /** Size in bytes, when it is known. */
  readonly size: number | undefined;
  /** Whether the next bytes may be long in coming, so that what is there is to be used at once. */
  readonly live: boolean;
  /** Bytes of the input used so far: compressed ones if it is compressed. */
  readonly position: number;
  /**
   * What ended the bytes early, once `read` has returned 0: compressed data that stops in the
   * middle, or that is damaged.
   */
  readonly failure: { readonly kind: "cut" | "corrupt"; readonly message: string } | undefined;
  /**
   * Reads up to `into.length` bytes, at least one unless the end is reached.
   *
   * @returns How many; 0 at the end.
   * @throws If the input can't be read.
   */
  read(into: Uint8Array): Promise<number>;
  /** Ends a read that is under way, if that can be done. Does no harm when repeated. */
  close(): void;
}

/**
 * Opens an input.
 *
 * @throws If the file can't be opened.
 */
export async function openByteSource(input: CaptureInput): Promise<ByteSource> {
  if (input instanceof Uint8Array) return new MemorySource(input);
  if (input instanceof ReadableStream) return new StreamSource("the data", undefined, true, input);
  if (typeof input !== "string") return input;
  if (input === "-") return standardInput();
  const file = await Deno.open(input);
  try {
    const { isFile, isDirectory, size } = await file.stat();
    if (isDirectory) throw new Deno.errors.IsADirectory("it is a folder, not a file");
    return new FileSource(input, isFile ? size : undefined, file);
  } catch (error) {
    file.close();
    throw error;
  }
}

function standardInput(): ByteSource {
  let size: number | undefined;
  try {
    const stat = fstatSync(0);
    if (stat.isFile()) size = stat.size;
  } catch {
    // Then it is taken for a pipe.
  }
  return new FileSource("standard input", size, Deno.stdin);
}

class FileSource implements ByteSource {
  readonly live: boolean;
  position = 0;
  readonly failure = undefined;
  #closed = false;

  constructor(
    readonly name: string,
    readonly size: number | undefined,
    readonly file: { read(into: Uint8Array): Promise<number | null>; close(): void },
  ) {
    this.live = size === undefined;
  }

  async read(into: Uint8Array): Promise<number> {
    const count = await this.file.read(into) ?? 0;
    this.position += count;
    return count;
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.file.close();
  }
}

class MemorySource implements ByteSource {
  readonly name = "the data";
  readonly size: number;
  readonly live = false;
  position = 0;
  readonly failure = undefined;

  constructor(readonly bytes: Uint8Array) {
    this.size = bytes.length;
  }

  read(into: Uint8Array): Promise<number> {
    const piece = this.bytes.subarray(this.position, this.position + into.length);
    into.set(piece);
    this.position += piece.length;
    return Promise.resolve(piece.length);
  }

  close() {}
}

class StreamSource implements ByteSource {
  position = 0;
  readonly failure = undefined;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(
    readonly name: string,
    readonly size: number | undefined,
    readonly live: boolean,
    stream: ReadableStream<Uint8Array>,
  ) {
    this.#reader = stream.getReader();
  }

  async read(into: Uint8Array): Promise<number> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#reader.read();
      if (done) return 0;
      this.#rest = value;
    }
    const piece = this.#rest.subarray(0, into.length);
    into.set(piece);
    this.#rest = this.#rest.subarray(piece.length);
    this.position += piece.length;
    return piece.length;
  }

  close() {
    this.#reader.cancel().catch(() => {});
  }
}
