/**
 * The gateway as its user runs it: a process of its own, with the permissions
 * of `deno task start`.
 *
 * @module
 */
import { TestProcess } from "./process.ts";

const ROOT = new URL("../../", import.meta.url);

/** The flags that the task `start` gives Deno. */
export function startFlags(): string[] {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  const command: string = tasks.start.command;
  const run = command.split("&&").at(-1)!.trim().split(/\s+/);
  return run.slice(2, run.indexOf("main.ts"));
}

export interface GatewayProcessOptions {
  /** Further words of the command line. */
  args?: string[];
  /** Text of a configuration file. */
  config?: string;
  env?: Record<string, string>;
  /** Program and words before the command, which becomes that program's process. */
  under?: string[];
  /** Kept by the caller; else a new one that is removed at the end. */
  dataDir?: string;
}

/** A running gateway; `await using` stops it. */
export class GatewayProcess implements AsyncDisposable {
  readonly process: TestProcess;
  /** `http://127.0.0.1:PORT/` */
  url!: URL;
  mqttPort = 0;
  mqttsPort = 0;
  readonly #dir: string;

  private constructor(process: TestProcess, dir: string) {
    this.process = process;
    this.#dir = dir;
  }

  /** Starts one on free ports and waits until it listens. */
  static async start(options: GatewayProcessOptions = {}): Promise<GatewayProcess> {
    const dir = await Deno.makeTempDir({ prefix: "edgewire-test-" });
    const args = ["--port", "0", "--data-dir", options.dataDir ?? `${dir}/data`];
    const given = options.args ?? [];
    if (!given.includes("--broker")) args.push("--mqtt-port", "0");
    if (options.config !== undefined) {
      await Deno.writeTextFile(`${dir}/edgewire.yaml`, options.config);
      args.push("--config", `${dir}/edgewire.yaml`);
    }
    const command = [Deno.execPath(), "run", ...startFlags(), "main.ts", "start"];
    const [program, ...words] = [...options.under ?? [], ...command, ...args, ...given];
    const process = new TestProcess(program!, {
      args: words,
      cwd: ROOT.pathname,
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    const gateway = new GatewayProcess(process, dir);
    try {
      await gateway.#read(given.includes("--broker"), given.includes("--mqtts-port"));
    } catch (error) {
      await gateway[Symbol.asyncDispose]();
      throw error;
    }
    return gateway;
  }

  async #read(external: boolean, tls: boolean) {
    const [, page] = await this.process.waitForLine(/^page\s+(\S+)/);
    this.url = new URL(page!);
    if (external) {
      await this.process.waitForLine(/^broker\s/);
      return;
    }
    const port = async (scheme: string) =>
      Number((await this.process.waitForLine(new RegExp(`^mqtt\\s+${scheme}://.*:(\\d+)$`)))[1]);
    this.mqttPort = await port("mqtt");
    if (tls) this.mqttsPort = await port("mqtts");
  }

  /** A WebSocket address at this gateway. */
  ws(path: string): URL {
    const url = new URL(path, this.url);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return url;
  }

  async json(path: string): Promise<unknown> {
    return (await fetch(new URL(path, this.url))).json();
  }

  /** Resident memory now, bytes. */
  async residentBytes(): Promise<number> {
    const args = ["-o", "rss=", "-p", String(this.process.pid)];
    const { stdout } = await new Deno.Command("ps", { args }).output();
    return Number(new TextDecoder().decode(stdout)) * 1024;
  }

  async [Symbol.asyncDispose]() {
    await this.process.stop();
    await Deno.remove(this.#dir, { recursive: true });
  }
}
