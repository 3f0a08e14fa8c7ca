/**
 * Simulated nodes for any MQTT broker: a climate chamber named `chamber` and a
 * lux sensor named `lux`.
 *
 * ```sh
 * deno run --allow-net --ignore-env firmware/simulated/main.ts --broker mqtt://127.0.0.1:1883
 * ```
 *
 * `--ignore-env` because the `debug` package below `npm:mqtt` lists the whole
 * environment when it is loaded, which no grant by name allows; ignored, it
 * sees an empty one.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { ChamberNode } from "./chamber_node.ts";
import { LuxNode } from "./lux_node.ts";
import type { NodeChange, NodeOptions } from "./node_client.ts";

/** Options of {@linkcode startSimulatedNodes}. */
export interface SimulatedNodesOptions extends Omit<NodeOptions, "name" | "onChange"> {
  /** Seed of everything random but the boot ids and the reconnect waits. @default 1 */
  seed?: number;
  /** Called when a node's connection comes, goes, or cannot be had. */
  onChange?: (node: string, change: NodeChange, detail: string) => void;
}

/** Running nodes. Whoever started them closes them. */
export interface SimulatedNodes extends AsyncDisposable {
  /** Settles when all were online for the first time, rejects when they are closed before. */
  readonly ready: Promise<void>;
  /** Lets them say "offline" and disconnect; takes at most about 2 s. */
  close(): Promise<void>;
}

/** Starts the nodes. They connect by themselves, again and again until closed. */
export function startSimulatedNodes(options: SimulatedNodesOptions): SimulatedNodes {
  const { seed = 1, onChange, ...rest } = options;
  const settings = (name: string) => ({
    ...rest,
    name,
    onChange: (change: NodeChange, detail: string) => onChange?.(name, change, detail),
  });
  const nodes = [
    new ChamberNode(settings("chamber"), seed),
    new LuxNode(settings("lux"), seed + 1),
  ];
  const ready = Promise.all(nodes.map((node) => node.ready)).then(() => {});
  ready.catch(() => {});
  const close = async () => {
    await Promise.all(nodes.map((node) => node.close()));
  };
  return { ready, close, [Symbol.asyncDispose]: close };
}

const USAGE = `Usage: main.ts --broker URL [options]
  --broker URL      mqtt://, mqtts://, ws:// or wss:// and host:port
  --username NAME
  --password TEXT
  --seed N          whole number (default 1)
  --period MS       time between measurements, at least 10 (default 1000)`;

/** Options from the command line; `broker` is absent when only help was asked for. */
function parseCommandLine(args: string[]): SimulatedNodesOptions | "help" {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      broker: text,
      username: text,
      password: text,
      seed: text,
      period: text,
      help: { type: "boolean" },
    },
  });
  if (values.help) return "help";
  if (values.broker === undefined) throw new Error("--broker is missing");
  if (!/^(mqtts?|wss?):$/.test(new URL(values.broker).protocol)) {
    throw new Error(`--broker ${values.broker}: not an address of an MQTT broker`);
  }
  return {
    broker: values.broker,
    ...(values.username === undefined ? {} : { username: values.username }),
    ...(values.password === undefined ? {} : { password: values.password }),
    seed: wholeNumber("--seed", values.seed ?? "1", 0),
    period_ms: wholeNumber("--period", values.period ?? "1000", 10),
  };
}

function wholeNumber(option: string, text: string, min: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new Error(`${option} ${text}: not a whole number from ${min}`);
}

/** Runs until SIGINT or SIGTERM. */
async function main(): Promise<number> {
  let options: SimulatedNodesOptions | "help";
  try {
    options = parseCommandLine(Deno.args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    return 2;
  }
  if (options === "help") {
    console.log(USAGE);
    return 0;
  }
  const stop = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, stop.resolve);
  }
  await using _nodes = startSimulatedNodes({
    ...options,
    onChange: (node, change, detail) => console.log(`${node}: ${change} (${detail})`),
  });
  await stop.promise;
  return 0;
}

if (import.meta.main) Deno.exit(await main());
