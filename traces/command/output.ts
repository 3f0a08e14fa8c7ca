/**
 * Where a report goes: a file or standard output.
 *
 * @module
 */
import type { ByteWriter } from "../report/byte_writer.ts";

/** Standard output was closed by who reads it: nobody wants the rest. */
export class OutputClosed extends Error {
  override name = "OutputClosed";
}

/** Bytes gathered before they are written. */
const ENOUGH = 64 * 1024;

function cannotWrite(name: string, error: unknown): Error {
  return new Error(`${name} can't be written: ${(error as Error).message}`);
}

function openFile(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { write: true, create: true, truncate: true });
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

export class Output implements Disposable {
  readonly #file: { writeSync(bytes: Uint8Array): number };
  readonly #close: () => void;
  readonly #name: string;
  /** Whether it is a terminal. */
  readonly terminal: boolean;

  /**
   * @param path File to write, replaced if it is there; standard output when undefined.
   * @throws {Error} when the file can't be written
   */
  constructor(path: string | undefined) {
    this.#name = path ?? "standard output";
    if (path === undefined) {
      this.#file = Deno.stdout;
      this.#close = () => {};
      this.terminal = Deno.stdout.isTerminal();
    } else {
      const file = openFile(path);
      this.#file = file;
      this.#close = () => file.close();
      this.terminal = false;
    }
  }

  /**
   * Writes what a buffer holds and clears it, when it is enough to be worth it. Waits for who reads.
   *
   * @param all Whether to write also the little.
   * @throws {OutputClosed}
   * @throws {Error} when it can't be written, as on a full disk
   */
  take(writer: ByteWriter, all = false): void {
    if (writer.length < ENOUGH && !all) return;
    const bytes = writer.written;
    let written = 0;
    try {
      while (written < bytes.length) written += this.#file.writeSync(bytes.subarray(written));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) throw new OutputClosed();
      throw cannotWrite(this.#name, error);
    }
    writer.clear();
  }

  [Symbol.dispose](): void {
    this.#close();
  }
}
