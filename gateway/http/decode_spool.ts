/**
 * Bytes that wait: a little in memory, the rest in a file, which has no name any more, so that it
 * cannot be left behind. They are what is to be decoded a second time, or the part of an upload that
 * the decoder has not taken yet.
 *
 * The sender of an upload is not made to wait, for two reasons. Many clients (browsers, Python's
 * requests) read nothing before they have sent all, so that the decoder would wait for ever for its
 * output to be read. And once an answer has begun, Deno 2.9.6 reads what the client sends in any
 * case, into one buffer without bound, from whose front it takes what is asked for by moving all the
 * rest.
 *
 * @module
 */

/** Bytes of an upload in memory from which a file is used. */
const IN_MEMORY = 4 << 20;
/** Bytes read from the file at once. */
const PIECE = 64 * 1024;

/** First in, first out. Who made it closes it. */
export class DecodeSpool {
  #pieces: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;
  #file: SpillFile | undefined;
  #mayHaveFile = true;
  #ended = false;
  #closed = false;
  #changed = Promise.withResolvers<void>();
  readonly #inMemory: number;
  readonly #without: "wait" | "grow";

  /**
   * @param inMemory Bytes in memory from which a file is used. @default 4 MiB
   * @param without Where no file can be made: whether who adds waits, or more is in memory.
   */
  constructor(inMemory: number = IN_MEMORY, without: "wait" | "grow" = "wait") {
    this.#inMemory = inMemory;
    this.#without = without;
  }

  /**
   * Adds bytes, which belong to the spool then; settles when there may be more.
   *
   * @throws If the file can't be written, as on a full disk.
   */
  async push(piece: Uint8Array<ArrayBuffer>): Promise<void> {
    while (this.#file === undefined && this.#bytes >= this.#inMemory && !this.#closed) {
      if (this.#mayHaveFile) await this.#openFile();
      else if (this.#without === "wait") await this.#changed.promise;
      else break;
    }
    if (this.#closed) {
      this.#file?.close();
      return;
    }
    if (this.#file === undefined) {
      this.#pieces.push(piece);
      this.#bytes += piece.length;
    } else await this.#file.write(piece);
    this.#announce();
  }

  /** Nothing more comes. */
  end(): void {
    this.#ended = true;
    this.#announce();
  }

  /** The next bytes; undefined at the end, or once it is closed. */
  async take(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (!this.#closed) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#bytes -= piece.length;
        this.#announce();
        return piece;
      }
      if (this.#file !== undefined && this.#file.waiting > 0) return await this.#file.read(PIECE);
      if (this.#ended) return undefined;
      await this.#changed.promise;
    }
    return undefined;
  }

  /** Gives everything back; who waits goes on. */
  close(): void {
    this.#closed = true;
    this.#pieces = [];
    this.#file?.close();
    this.#announce();
  }

  /** Settles also where there can be no file. */
  async #openFile(): Promise<void> {
    try {
      this.#file = await openSpillFile();
    } catch (error) {
      this.#mayHaveFile = false;
      console.error(`decode: no temporary file: ${(error as Error).message}`);
    }
  }

  #announce(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** One end writes, the other reads. */
class SpillFile {
  /** Bytes written and not yet read. */
  waiting = 0;
  readonly #in: Deno.FsFile;
  readonly #out: Deno.FsFile;
  #closed = false;

  constructor(into: Deno.FsFile, out: Deno.FsFile) {
    this.#in = into;
    this.#out = out;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) at += await this.#in.write(bytes.subarray(at));
    } catch (error) {
      if (this.#closed) return;
      throw error;
    }
    this.waiting += bytes.length;
  }

  async read(most: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = new Uint8Array(Math.min(most, this.waiting));
    try {
      const count = await this.#out.read(bytes) ?? 0;
      this.waiting -= count;
      return bytes.subarray(0, count);
    } catch (error) {
      if (this.#closed) return undefined;
      throw error;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#in.close();
    this.#out.close();
  }
}

/** @throws If no file can be made. */
async function openSpillFile(): Promise<SpillFile> {
  const path = await Deno.makeTempFile({ prefix: "edgewire-decode-" });
  try {
    const into = await Deno.open(path, { write: true });
    try {
      return new SpillFile(into, await Deno.open(path));
    } catch (error) {
      into.close();
      throw error;
    }
  } finally {
    await Deno.remove(path);
  }
}
