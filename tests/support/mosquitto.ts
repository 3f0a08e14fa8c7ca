/**
 * A real Mosquitto broker on loopback, for tests.
 *
 * @module
 */

import { pbkdf2Sync, randomBytes } from "node:crypto";
import { TestProcess } from "./process.ts";
import { freePorts } from "./free_ports.ts";

/** What a test asks of its broker. */
export interface MosquittoOptions {
  /** TCP port; 0 picks a free one. @default 0 */
  port?: number;
  /** Whether it also listens for MQTT over WebSocket, on a free port. @default false */
  websockets?: boolean;
  /** PEM texts; with them both listeners speak TLS. */
  tls?: { cert: string; key: string };
  /** The only user let in. @default everybody is */
  password?: { user: string; pass: string };
  /** Whether sessions and retained messages outlast a restart, also after a kill. @default false */
  persistence?: boolean;
  /** `max_inflight_messages`. @default Mosquitto's own, 20 */
  maxInflight?: number;
  /** More lines for its configuration file. */
  config?: string[];
  /** More lines for each of its listeners. */
  listener?: string[];
}

/** One entry of a Mosquitto password file: PBKDF2 with SHA-512, as `mosquitto_passwd` writes it. */
function passwordLine(user: string, pass: string): string {
  const iterations = 101;
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(pass, salt, iterations, 64, "sha512");
  return `${user}:$7$${iterations}$${salt.toString("base64")}$${hash.toString("base64")}\n`;
}

/** Writes what the configuration needs into `dir` and returns the configuration's lines. */
async function configure(
  dir: string,
  port: number,
  wsPort: number,
  options: MosquittoOptions,
): Promise<string[]> {
  const lines = ["user root", "log_dest stderr", "per_listener_settings false"];
  const secret = async (name: string, text: string) => {
    await Deno.writeTextFile(`${dir}/${name}`, text, { mode: 0o600 });
    return `${dir}/${name}`;
  };
  if (options.password) {
    const { user, pass } = options.password;
    lines.push(`password_file ${await secret("passwords", passwordLine(user, pass))}`);
  }
  lines.push(`allow_anonymous ${options.password === undefined}`);
  lines.push(`persistence ${options.persistence ?? false}`);
  if (options.persistence) {
    lines.push(`persistence_location ${dir}/`, "autosave_on_changes true", "autosave_interval 1");
  }
  if (options.maxInflight !== undefined) lines.push(`max_inflight_messages ${options.maxInflight}`);
  const tls = options.tls === undefined ? [] : [
    `certfile ${await secret("cert.pem", options.tls.cert)}`,
    `keyfile ${await secret("key.pem", options.tls.key)}`,
  ];
  const listener = [...tls, ...options.listener ?? []];
  lines.push(...options.config ?? []);
  lines.push(`listener ${port} 127.0.0.1`, ...listener);
  if (options.websockets) {
    lines.push(`listener ${wsPort} 127.0.0.1`, "protocol websockets", ...listener);
  }
  return lines;
}

/**
 * Waits until the broker handles connections: what is neither CONNECT nor TLS
 * makes it close. Its log says "running" a moment before, when a SIGTERM
 * would still be lost.
 */
async function answers(port: number) {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const pings = new Uint8Array(16).map((_, index) => index % 2 ? 0 : 0xc0);
  await connection.write(pings);
  await connection.read(new Uint8Array(1)).catch((error) => {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  });
}

/**
 * A broker that runs, or can be restarted: its ports and files stay until
 * `await using` ends it and removes them.
 */
export class Mosquitto implements AsyncDisposable {
  readonly port: number;
  /** Port of MQTT over WebSocket; 0 without `websockets`. */
  readonly wsPort: number;
  readonly #tls: boolean;
  readonly #dir: string;
  #process: TestProcess | undefined;

  private constructor(port: number, wsPort: number, tls: boolean, dir: string) {
    this.port = port;
    this.wsPort = wsPort;
    this.#tls = tls;
    this.#dir = dir;
  }

  /**
   * Starts a broker and waits until it takes connections.
   *
   * @throws {Error} If it does not start; the message carries its log.
   */
  static async start(options: MosquittoOptions = {}): Promise<Mosquitto> {
    for (let attempt = 1;; attempt++) {
      try {
        return await Mosquitto.#startOnce(options);
      } catch (error) {
        const taken = /Address already in use/.test((error as Error).message);
        if (options.port || !taken || attempt === 3) throw error;
      }
    }
  }

  static async #startOnce(options: MosquittoOptions): Promise<Mosquitto> {
    const dir = await Deno.makeTempDir({ prefix: "edgewire-mosquitto-" });
    const [freePort, freeWsPort] = freePorts(2) as [number, number];
    const port = options.port || freePort;
    const wsPort = options.websockets ? freeWsPort : 0;
    const broker = new Mosquitto(port, wsPort, options.tls !== undefined, dir);
    try {
      const lines = await configure(dir, port, wsPort, options);
      await Deno.writeTextFile(`${dir}/mosquitto.conf`, lines.join("\n") + "\n");
      await broker.restart();
    } catch (error) {
      await broker[Symbol.asyncDispose]();
      throw error;
    }
    return broker;
  }

  /** Address of the TCP listener, `mqtt://` or with TLS `mqtts://`. */
  get url(): string {
    return `${this.#tls ? "mqtts" : "mqtt"}://127.0.0.1:${this.port}`;
  }

  /** Address of the WebSocket listener. */
  get wsUrl(): string {
    return `${this.#tls ? "wss" : "ws"}://127.0.0.1:${this.wsPort}/mqtt`;
  }

  /** Process id, for measuring; undefined while it is stopped. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** What it logged since it was last started, indented. */
  get log(): string {
    return this.#process?.output ?? "";
  }

  /** Stops it in an orderly way: clients are disconnected, state is saved. */
  async stop() {
    await this.#process?.stop();
    this.#process = undefined;
  }

  /** Ends it with SIGKILL: clients see their connections reset. */
  async kill() {
    this.#process?.kill("SIGKILL");
    await this.#process?.status;
    this.#process = undefined;
  }

  /** Starts it on the same ports, after stopping it where it runs. */
  async restart() {
    await this.stop();
    this.#process = new TestProcess("/usr/sbin/mosquitto", {
      args: ["-c", `${this.#dir}/mosquitto.conf`],
    });
    await this.#process.waitForLine(/mosquitto version \S+ running/);
    if (this.wsPort) (await Deno.connect({ hostname: "127.0.0.1", port: this.wsPort })).close();
    await answers(this.port);
  }

  async [Symbol.asyncDispose]() {
    await this.stop();
    await Deno.remove(this.#dir, { recursive: true });
  }
}

/** See {@linkcode Mosquitto.start}. */
export const startMosquitto = Mosquitto.start;
