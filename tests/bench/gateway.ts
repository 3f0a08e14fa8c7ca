/**
 * The Edgewire gateway as a process under test.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { startFlags } from "../support/gateway.ts";
import { Child, temporaryFolder } from "./child.ts";
import type { Peer } from "./peer.ts";

/** What it prints when it listens. */
const HTTP_LINE = /http:\/\/127\.0\.0\.1:(\d+)/;
const MQTT_LINE = /mqtt:\/\/127\.0\.0\.1:(\d+)/;
const START_TIMEOUT_MS = 15_000;
/** Counts every message taken in. */
const COUNTER = "edgewire_messages_in_total";

/** How the gateway is started. */
export interface GatewayOptions {
  /** Program to run instead of the project's `main.ts`. */
  entry?: string | undefined;
  /** Configuration file. */
  config?: string | undefined;
  /** Further words of its command line. */
  args?: string[];
  /** Folder for a CPU profile (`.cpuprofile`), written when the gateway ends. */
  profile?: string | undefined;
}

/** The gateway under test. */
export interface GatewayPeer extends Peer {
  /** TCP port of HTTP and WebSocket, on loopback. */
  readonly httpPort: number;
  /** What `/metrics` says now. */
  metrics(): Promise<string>;
}

/** The environment without `EDGEWIRE_*`, which would change the gateway's settings. */
function environment(): Record<string, string> {
  const entries = Object.entries(Deno.env.toObject());
  return Object.fromEntries(entries.filter(([name]) => !name.startsWith("EDGEWIRE_")));
}

/** Sums a counter over its labels in Prometheus text. */
export function sumCounter(text: string, name: string): number | undefined {
  const lines = text.split("\n").filter((line) =>
    line.startsWith(`${name} `) || line.startsWith(`${name}{`)
  );
  if (lines.length === 0) return undefined;
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

/**
 * Starts the gateway on free ports with an empty data directory and waits
 * until it listens.
 *
 * @throws {Error} When it does not within 15 s.
 */
export async function startGateway(options: GatewayOptions = {}): Promise<GatewayPeer> {
  const dataDir = await temporaryFolder();
  const profile = options.profile === undefined
    ? []
    : ["--cpu-prof", `--cpu-prof-dir=${options.profile}`];
  const started = performance.now();
  const child = new Child("Edgewire", Deno.execPath(), {
    args: [
      ...["run", ...profile, ...startFlags(), options.entry ?? "main.ts", "start"],
      ...["--host", "127.0.0.1", "--port", "0", "--mqtt-port", "0", "--data-dir", dataDir],
      ...(options.config === undefined ? [] : ["--config", options.config]),
      ...(options.args ?? []),
    ],
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    clearEnv: true,
    env: environment(),
  });
  const [http, mqtt] = await child.printed([HTTP_LINE, MQTT_LINE], START_TIMEOUT_MS);
  const startMillis = performance.now() - started;
  const port = Number(http![1]);
  const stop = () => child.stop();
  const metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return {
    name: "Edgewire",
    child,
    httpPort: port,
    mqttPort: Number(mqtt![1]),
    startMillis,
    client: (channel, plain) => ({
      options: {
        port,
        path: `/ws/${channel}`,
        ...(plain ? {} : { protocol: "edgewire.v1", reports: true }),
      },
      // The first message is `welcome`.
      join: (receiver) => receiver.receive(1),
    }),
    messagesIn: async () => sumCounter(await metrics(), COUNTER),
    metrics,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
