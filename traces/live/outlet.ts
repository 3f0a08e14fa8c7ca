/**
 * Where a live trace goes: a file, a pipe, or the input of a program.
 *
 * @module
 */
import { OutputClosed } from "../command/output.ts";

/** Takes bytes in order, one write at a time. */
export interface Outlet {
  /** For messages. */
  readonly name: string;
  /** Settles when it is known that nobody reads any more. */
  readonly gone: Promise<void>;
  /**
   * @throws {OutputClosed} when nobody reads any more
   * @throws {Error} when it can't be written, as on a full disk
   */
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

const NEVER = new Promise<void>(() => {});

function problem(name: string, error: unknown): Error {
  if (error instanceof Deno.errors.BrokenPipe) return new OutputClosed();
  return new Error(`${name} can't be written: ${(error as Error).message}`);
}

/** What an outlet needs of a file. */
export interface OutletFile {
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
  /** Of what can be made shorter. */
  truncate?(length: number): Promise<void>;
  seek?(offset: number, whence: Deno.SeekMode): Promise<number>;
}

/** A write that fails leaves nothing of itself in a file that can be made shorter. */
export class FileOutlet implements Outlet {
  readonly gone = NEVER;
  readonly #file: OutletFile;
  /** Bytes of the writes that succeeded. */
  #length = 0;
  /** Part of a write is there: nothing may follow. */
  #torn: Error | undefined;

  constructor(readonly name: string, file: OutletFile) {
    this.#file = file;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#torn !== undefined) throw this.#torn;
    let done = 0;
    try {
      while (done < bytes.length) done += await this.#file.write(bytes.subarray(done));
    } catch (error) {
      const failure = problem(this.name, error);
      if (done > 0 && !await this.#cut()) this.#torn = failure;
      throw failure;
    }
    this.#length += bytes.length;
  }

  /** Takes away what the last write left. @returns Whether that can be done. */
  async #cut(): Promise<boolean> {
    const file = this.#file;
    if (file.truncate === undefined || file.seek === undefined) return false;
    try {
      await file.truncate(this.#length);
      await file.seek(this.#length, Deno.SeekMode.Start);
      return true;
    } catch {
      return false;
    }
  }

  close(): Promise<void> {
    this.#file.close();
    return Promise.resolve();
  }
}

/** Standard output. */
export function standardOutput(): Outlet {
  const file = { write: (bytes: Uint8Array) => Deno.stdout.write(bytes), close() {} };
  return new FileOutlet("standard output", file);
}

/**
 * A file, replaced if it is there. A new one is readable by its owner alone: it holds what clients
 * sent, in plain text.
 *
 * @throws {Error} when it can't be opened
 */
export async function fileOutlet(path: string): Promise<Outlet> {
  try {
    const options = { write: true, create: true, truncate: true, mode: 0o600 };
    return new FileOutlet(path, await Deno.open(path, options));
  } catch (error) {
    throw problem(path, error);
  }
}

/**
 * A named pipe that somebody is about to read. Waits until it is.
 *
 * @throws {Error} when it can't be opened
 */
export async function pipeOutlet(path: string): Promise<Outlet> {
  try {
    const file = await Deno.open(path, { write: true });
    return new FileOutlet(path, {
      write: (bytes) => file.write(bytes),
      close: () => file.close(),
    });
  } catch (error) {
    throw problem(path, error);
  }
}

class ProgramOutlet implements Outlet {
  readonly gone: Promise<void>;
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(readonly name: string, child: Deno.ChildProcess) {
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#writer.closed.catch(() => {});
    this.gone = child.status.then(() => {});
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#writer.write(bytes);
    } catch {
      throw new OutputClosed();
    }
  }

  /** Ends its input; the program stays, with what it got. */
  async close(): Promise<void> {
    await this.#writer.close().catch(() => {});
    this.#child.unref();
  }
}

/** Where Wireshark is, in the order in which to try. */
const WIRESHARK = [
  "wireshark",
  "/Applications/Wireshark.app/Contents/MacOS/Wireshark",
  "C:\\Program Files\\Wireshark\\Wireshark.exe",
];

/**
 * Starts Wireshark, which shows what is written.
 *
 * @throws {Error} when it is not there
 */
export function wiresharkOutlet(): Outlet {
  for (const path of WIRESHARK) {
    try {
      const command = new Deno.Command(path, {
        args: ["-k", "-i", "-"],
        // The token is not for children.
        env: { EDGEWIRE_TOKEN: "" },
        stdin: "piped",
        stdout: "null",
        stderr: "null",
        // Ctrl+C here is not to end it, with packets that nobody has saved.
        detached: true,
      });
      return new ProgramOutlet("Wireshark", command.spawn());
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable)) {
        throw error;
      }
    }
  }
  throw new Error(noWireshark(Deno.build.standalone));
}

/** What to do where Wireshark can't be started. @param compiled This is a binary without Deno. */
export function noWireshark(compiled: boolean): string {
  const otherwise = "write a file (--write live.pcapng), or start the gateway with " +
    "--trace-port 19000 and let Wireshark on its machine open TCP@127.0.0.1:19000";
  return compiled
    ? "a compiled edgewire can start no other programs: pipe into it (edgewire trace | wireshark " +
      `-k -i -), or ${otherwise}`
    : "wireshark could not be started: install it (Debian: apt-get install wireshark) and permit " +
      `it (--allow-run=wireshark), or ${otherwise}`;
}
