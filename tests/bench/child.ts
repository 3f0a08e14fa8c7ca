/**
 * Processes that the benchmark starts. Every one is kept here until it has
 * ended, so that all of them can be stopped by their handles.
 *
 * @module
 */

const running = new Set<Child>();
const folders = new Set<string>();
const deaths: string[] = [];

/** How long a process may take to end before it is killed, in milliseconds. */
const PATIENCE_MS = 5_000;
/** Lines of output kept for an error message. */
const KEPT_LINES = 40;

/** A started process whose output is read to the end. */
export class Child {
  readonly name: string;
  /** Why the process is no longer there; undefined while it runs. */
  ended: string | undefined;
  #process: Deno.ChildProcess;
  #lines: string[] = [];
  #watchers = new Set<() => void>();
  #stopping = false;
  #done: Promise<void>;

  /**
   * Starts a program.
   *
   * @param name What an error message calls it.
   * @throws {Deno.errors.NotFound} When the program is not there.
   */
  constructor(name: string, file: string, options: Deno.CommandOptions) {
    this.name = name;
    this.#process = new Deno.Command(file, {
      ...options,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    running.add(this);
    this.#done = this.#watch();
  }

  /** Reads the output and waits for the end. */
  async #watch() {
    const { stdout, stderr, status } = this.#process;
    await Promise.allSettled([this.#read(stdout), this.#read(stderr)]);
    const { signal, code } = await status;
    running.delete(this);
    this.ended = signal ?? `exit code ${code}`;
    if (!this.#stopping) deaths.push(this.#lastWords());
    this.#tell();
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** The last lines that the process printed. */
  get output(): string {
    return this.#lines.join("\n");
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      this.#lines.push(...lines);
      this.#lines.splice(0, this.#lines.length - KEPT_LINES);
      this.#tell();
    }
    if (rest !== "") this.#lines.push(rest);
  }

  #tell() {
    for (const watcher of this.#watchers) watcher();
  }

  /**
   * Waits until the process has printed all of the patterns.
   *
   * @returns The match of each pattern.
   * @throws {Error} When the process ends or the time is up first.
   */
  printed(patterns: RegExp[], timeoutMs: number): Promise<RegExpMatchArray[]> {
    return new Promise((resolve, reject) => {
      const finish = (act: () => void) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        act();
      };
      const look = () => {
        const found = patterns.map((pattern) => this.output.match(pattern));
        const matches = found.filter((match) => match !== null);
        if (matches.length === patterns.length) finish(() => resolve(matches));
        else if (this.ended !== undefined) finish(() => reject(this.#error("it ended")));
      };
      const timer = setTimeout(() => {
        finish(() => reject(this.#error(`${timeoutMs} ms passed`)));
      }, timeoutMs);
      this.#watchers.add(look);
      look();
    });
  }

  #error(why: string): Error {
    const ended = this.ended === undefined ? "" : ` (${this.ended})`;
    return new Error(`Cannot start ${this.name}: ${why}${ended}. It printed:\n${this.output}`);
  }

  /**
   * Fails when the process ended by itself.
   *
   * @throws {Error} With what it printed last.
   */
  expectRunning() {
    if (this.ended === undefined || this.#stopping) return;
    throw new Error(this.#lastWords());
  }

  #lastWords(): string {
    return `${this.name} ended (${this.ended}). It printed:\n${this.output}`;
  }

  /** Ends the process: SIGTERM, and SIGKILL when that takes too long. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.ended !== undefined) return;
    this.#signal("SIGTERM");
    const timer = setTimeout(() => this.#signal("SIGKILL"), PATIENCE_MS);
    await this.#done;
    clearTimeout(timer);
  }

  #signal(signal: Deno.Signal) {
    try {
      this.#process.kill(signal);
    } catch {
      // It ended in the meantime.
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Makes a folder for one process under test; {@linkcode stopAll} removes it. */
export async function temporaryFolder(): Promise<string> {
  const path = await Deno.makeTempDir({ prefix: "edgewire-bench-" });
  folders.add(path);
  return path;
}

/** Processes that ended by themselves since the last call, with what they printed. */
export function takeDeaths(): string[] {
  return deaths.splice(0);
}

/** Ends every process still running and removes every temporary folder. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((child) => child.stop()));
  for (const path of folders) await Deno.remove(path, { recursive: true }).catch(() => {});
  folders.clear();
}
