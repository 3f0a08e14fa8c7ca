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

function openFile(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { write: true, create: true, truncate: true });
  } catch (error) {
    throw new Error(`${path} can't be written: ${(error as Error).message}`);
  }
}

export class Output implements Disposable {
  readonly #file: { writeSync(bytes: Uint8Array): number };
  readonly #close: () => void;
  /** Whether it is a terminal. */
  readonly terminal: boolean;

  /**
   * @param path File to write, replaced if it is there; standard output when undefined.
   * @throws {Error} when the file can't be written
   */
  constructor(path: string | undefined) {
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
   */
  take(writer: ByteWriter, all = false): void {
    if (writer.length < ENOUGH && !all) return;
    const bytes = writer.written;
    let written = 0;
    try {
      while (written < bytes.length) written += this.#file.writeSync(bytes.subarray(written));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) throw new OutputClosed();
      throw error;
    }
    writer.clear();
  }

  [Symbol.dispose](): void {
    this.#close();
  }
}
