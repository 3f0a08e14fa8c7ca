/**
 * Runs `bridge_node.ts`, to be stopped, killed and told what to do.
 *
 * @module
 */

const PROGRAM = new URL("./bridge_node.ts", import.meta.url).pathname;

export interface BridgeOptions {
  /** MQTT port on loopback. */
  port: number;
  name: string;
  /** Seconds between two status messages. @default 1 */
  period?: number;
  /** Seconds. @default 5 */
  keepalive?: number;
  /** Devices that it hears, numbered from 0. @default 3 */
  devices?: number;
  /** Batches per second. @default 10 */
  rate?: number;
}

/** `await using` kills it. */
export class BridgeProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #ended: Promise<unknown>;
  /** Lines that it wrote. */
  readonly lines: string[] = [];

  private constructor(options: BridgeOptions) {
    const { port, name, period = 1, keepalive = 5, devices = 3, rate = 10 } = options;
    const words = [port, name, period, keepalive, devices, rate].map(String);
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--ignore-env", "--allow-net=127.0.0.1", PROGRAM, ...words],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#ended = Promise.all([this.#child.status, this.#read()]);
  }

  static start(options: BridgeOptions): BridgeProcess {
    return new BridgeProcess(options);
  }

  async #read() {
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      this.lines.push(...text.split("\n").filter((line) => line !== ""));
    }
  }

  /** Gives it an order, see `bridge_node.ts`. */
  async tell(order: string) {
    await this.#input.write(new TextEncoder().encode(`${order}\n`));
  }

  signal(signal: Deno.Signal) {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose]() {
    try {
      // It may be stopped, and then does not hear SIGTERM.
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#input.abort().catch(() => {});
    await this.#ended;
  }
}
