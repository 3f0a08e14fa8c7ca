/**
 * Simulated nodes for any MQTT broker: a climate chamber named `chamber`, a lux sensor named `lux`,
 * and in a house with radio devices the bridge nodes `ble-1` and `ble-2` (Bluetooth LE), `wpan-1`
 * (IEEE 802.15.4) and `omg-1`, which speaks as OpenMQTTGateway does.
 *
 * ```sh
 * deno run --allow-net --ignore-env firmware/simulated/main.ts --broker mqtt://127.0.0.1:1883
 * ```
 *
 * `--ignore-env` because the `debug` package below `npm:mqtt` lists the whole
 * environment when it is loaded, which no grant by name allows; ignored, it
 * sees an empty one. `--log FILE` needs `--allow-write=FILE` as well.
 *
 * @module
 */

import type { LogEntry } from "./air.ts";
import { ChamberNode } from "./chamber_node.ts";
import { type CommandLine, type NodeName, NODES, parseCommandLine, USAGE } from "./command_line.ts";
import { BRIDGES, type HouseOptions, type RunningNode, startHouse } from "./house.ts";
import { LuxNode } from "./lux_node.ts";
import type { NodeChange, NodeOptions } from "./node_client.ts";

export { simulatedDevices } from "./house.ts";

/** Options of {@linkcode startSimulatedNodes}. */
export interface SimulatedNodesOptions
  extends Omit<NodeOptions, "name" | "onChange">, HouseOptions {
  /** Which nodes. @default all */
  only?: readonly NodeName[];
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
  const { seed = 1, only = NODES, devices, rate, loss, duplicates, log, onChange, ...rest } =
    options;
  const settings = (name: string) => ({
    ...rest,
    name,
    onChange: (change: NodeChange, detail: string) => onChange?.(name, change, detail),
  });
  const nodes: RunningNode[] = [];
  if (only.includes("chamber")) nodes.push(new ChamberNode(settings("chamber"), seed));
  if (only.includes("lux")) nodes.push(new LuxNode(settings("lux"), seed + 1));
  const bridges = BRIDGES.filter((name) => only.includes(name));
  const house = bridges.length === 0
    ? undefined
    : startHouse(bridges, defined({ devices, rate, loss, duplicates, log, seed }), settings);
  nodes.push(...house?.nodes ?? []);
  const onAbort = () => house?.air[Symbol.dispose]();
  if (rest.signal?.aborted) onAbort();
  rest.signal?.addEventListener("abort", onAbort, { once: true });
  const ready = Promise.all(nodes.map((node) => node.ready)).then(() => {});
  ready.catch(() => {});
  const close = async () => {
    rest.signal?.removeEventListener("abort", onAbort);
    onAbort();
    await Promise.all(nodes.map((node) => node.close()));
  };
  return { ready, close, [Symbol.asyncDispose]: close };
}

/** Without the members that are undefined. */
function defined<T extends object>(options: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}

/** Where the simulator's log goes. @throws when the file cannot be written */
function openLog(path: string): (entry: LogEntry) => void {
  if (path === "-") return (entry) => console.log(JSON.stringify(entry));
  const file = Deno.openSync(path, { write: true, create: true, truncate: true });
  const encoder = new TextEncoder();
  return (entry) => {
    const line = encoder.encode(JSON.stringify(entry) + "\n");
    for (let at = 0; at < line.length;) at += file.writeSync(line.subarray(at));
  };
}

/** Runs until SIGINT or SIGTERM. */
async function main(): Promise<number> {
  let options: CommandLine | "help";
  let log: ((entry: LogEntry) => void) | undefined;
  try {
    options = parseCommandLine(Deno.args);
    if (options !== "help" && options.log !== undefined) log = openLog(options.log);
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
  const { log: _path, ...rest } = options;
  // With the log on the standard output, that is all there is on it.
  const say = options.log === "-" ? console.error : console.log;
  await using _nodes = startSimulatedNodes({
    ...rest,
    ...(log === undefined ? {} : { log }),
    onChange: (node, change, detail) => say(`${node}: ${change} (${detail})`),
  });
  await stop.promise;
  return 0;
}

if (import.meta.main) Deno.exit(await main());
