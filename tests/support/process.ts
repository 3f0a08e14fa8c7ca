/**
 * Child processes in tests: output kept line by line, for waiting and for
 * failure messages, and an end that is certain.
 *
 * @module
 */

/** How a process is started. */
export interface ProcessOptions {
  args?: string[];
  cwd?: string;
  /** Added to the environment of the test. */
  env?: Record<string, string>;
  /** Whether `env` is the whole environment. @default false */
  clearEnv?: boolean;
}

/** Bounds of a wait. */
export interface WaitOptions {
  /** Line to start at, counted from 0; `process.lines.length` waits for what is to come. @default 0 */
  from?: number;
  /** How long, ms. @default 20000 */
  timeout_ms?: number;
  signal?: AbortSignal;
}

/** Lines kept in memory; later ones are matched but not kept. */
const KEPT_LINES = 20_000;
/** How long a line may take, ms: a busy machine starts a process late. */
const WAIT_MS = 20_000;
/** How long a process may take to end after SIGTERM, ms. */
const GRACE_MS = 5_000;

interface Waiter {
  pattern: RegExp;
  from: number;
  resolve: (match: RegExpMatchArray) => void;
  reject: (error: Error) => void;
}

/** A running child process. `await using` ends it. */
export class TestProcess implements AsyncDisposable {
  /** What it wrote so far to stdout and stderr, a line each, in the order of arrival. */
  readonly lines: string[] = [];
  /** Settles when it has ended and its output was read to the end. */
  readonly status: Promise<Deno.CommandStatus>;
  readonly #name: string;
  readonly #child: Deno.ChildProcess;
  readonly #waiters = new Set<Waiter>();
  #count = 0;
  #ended: Deno.CommandStatus | undefined;

  /** @param command Program to start; its input is empty. */
  constructor(command: string, options: ProcessOptions = {}) {
    this.#name = command.split("/").at(-1)!;
    this.#child = new Deno.Command(command, {
      ...options,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.status = this.#run();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Its output so far, indented, for a failure message. */
  get output(): string {
    return this.lines.map((line) => `    ${line}`).join("\n");
  }

  /**
   * Waits for a line of its output.
   *
   * @throws {Error} If the process ends before, or time is up; the message carries its output.
   */
  waitForLine(pattern: RegExp, options: WaitOptions = {}): Promise<RegExpMatchArray> {
    const from = options.from ?? 0;
    for (const line of this.lines.slice(from)) {
      const match = line.match(pattern);
      if (match) return Promise.resolve(match);
    }
    if (this.#ended) return Promise.reject(this.#failure(pattern, "it had ended"));
    return this.#wait(pattern, from, options);
  }

  /** Sends a signal; one that has ended does not mind. */
  kill(signal: Deno.Signal) {
    if (this.#ended) return;
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }

  /** Ends it with SIGTERM, and with SIGKILL when it has not gone within `grace_ms`. */
  async stop(grace_ms = GRACE_MS): Promise<Deno.CommandStatus> {
    this.kill("SIGTERM");
    const timer = setTimeout(() => this.kill("SIGKILL"), grace_ms);
    try {
      return await this.status;
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose]() {
    await this.stop();
  }

  async #run(): Promise<Deno.CommandStatus> {
    const [status] = await Promise.all([
      this.#child.status,
      this.#read(this.#child.stdout),
      this.#read(this.#child.stderr),
    ]);
    this.#ended = status;
    for (const waiter of this.#waiters) {
      waiter.reject(this.#failure(waiter.pattern, `it ended with ${status.signal ?? status.code}`));
    }
    return status;
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop()!;
      for (const line of lines) this.#onLine(line);
    }
    if (rest !== "") this.#onLine(rest);
  }

  #onLine(line: string) {
    const index = this.#count++;
    if (index < KEPT_LINES) this.lines.push(line);
    for (const waiter of this.#waiters) {
      const match = index >= waiter.from ? line.match(waiter.pattern) : null;
      if (match) waiter.resolve(match);
    }
  }

  async #wait(pattern: RegExp, from: number, options: WaitOptions): Promise<RegExpMatchArray> {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpMatchArray>();
    const timeout_ms = options.timeout_ms ?? WAIT_MS;
    const waiter: Waiter = { pattern, from, resolve, reject };
    const timer = setTimeout(
      () => reject(this.#failure(pattern, `${timeout_ms} ms passed`)),
      timeout_ms,
    );
    const onAbort = () => reject(this.#failure(pattern, "the wait was aborted"));
    if (options.signal?.aborted) onAbort();
    options.signal?.addEventListener("abort", onAbort);
    this.#waiters.add(waiter);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
      this.#waiters.delete(waiter);
    }
  }

  #failure(pattern: RegExp, reason: string): Error {
    return new Error(`No line ${pattern} from ${this.#name}: ${reason}; it wrote\n${this.output}`);
  }
}
