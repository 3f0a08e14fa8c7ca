/**
 * `edgewire start`: runs a gateway until it is told to stop.
 *
 * @module
 */
import { isLoopback } from "./access/peer.ts";
import { brokerAddresses } from "./config/broker_addresses.ts";
import { helpText, loadConfig, UsageError } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import { explainListen } from "./listen_error.ts";
import { FilterError } from "./topics/topic_filter.ts";
import { Gateway } from "./gateway.ts";

function log(line: string) {
  console.error(line);
}

/** Addresses of this machine that a gateway listening on `host` answers at. */
function reachable(host: string): string[] {
  if (host !== "0.0.0.0" && host !== "::") return [host];
  return Deno.networkInterfaces()
    .filter(({ family, address }) =>
      (host === "::" || family === "IPv4") && !address.startsWith("fe80")
    )
    .map(({ address }) => address);
}

function printAddresses(gateway: Gateway, config: Config) {
  const { http, mqtt } = gateway.addresses;
  const { viewer, operator, admin } = gateway.madeTokens;
  for (const host of reachable(config.host)) {
    const url = new URL(http);
    url.hostname = host.includes(":") ? `[${host}]` : host;
    console.log(`page        ${url.href}`);
    if (isLoopback(host) && config.access.openLoopback) continue;
    for (const [role, token] of Object.entries({ viewer, operator, admin })) {
      if (token !== undefined) console.log(`  ${role.padEnd(8)}  ${url.href}?token=${token}`);
    }
  }
  for (const address of mqtt) console.log(`mqtt        ${address.href.replace(/\/$/, "")}`);
  if (gateway.madeTokens.node !== undefined) {
    console.log(`  node      password ${gateway.madeTokens.node} (user name: the node's name)`);
  }
  const { tracePort } = gateway.addresses;
  if (tracePort !== undefined) {
    const place = `127.0.0.1:${tracePort}`;
    console.log(`traces      tcp ${place} (wireshark -k -i TCP@${place})`);
  }
  if (config.broker.url !== undefined) {
    for (const address of brokerAddresses(config.broker.url)) {
      console.log(`broker      ${address.replace(/\/\/[^/]*@/, "//")}`);
    }
  }
}

/** A mistake in one connection's handling must not end all the others. */
function surviveErrors() {
  for (const kind of ["error", "unhandledrejection"] as const) {
    globalThis.addEventListener(kind, (event) => {
      event.preventDefault();
      const cause = (event as ErrorEvent).error ?? (event as PromiseRejectionEvent).reason;
      console.error("edgewire: unexpected error, going on:", cause);
    });
  }
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, () => resolve());
    }
  });
}

/** Names and keys of the simulated sensors, beside those of the configuration. */
async function knowSimulatedDevices(config: Config) {
  const { simulatedDevices } = await import("../firmware/simulated/main.ts");
  config.devices = [...config.devices, ...simulatedDevices({})];
}

async function startDemo(gateway: Gateway, config: Config, signal: AbortSignal) {
  const { startSimulatedNodes } = await import("../firmware/simulated/main.ts");
  const { url, username, password } = config.broker;
  const broker = url === undefined ? undefined : brokerAddresses(url)[0];
  const address = broker ?? (gateway.addresses.mqtt[0] as URL).href.replace("0.0.0.0", "127.0.0.1");
  // Of our own broker where it asks for one; they speak for many nodes, in several dialects.
  const token = url === undefined ? gateway.madeTokens.admin : undefined;
  return startSimulatedNodes({
    broker: address,
    signal,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(token === undefined ? {} : { username: "demo", password: token }),
  });
}

/**
 * Runs until SIGINT or SIGTERM.
 *
 * @returns The exit code: 0 stopped, 1 failed while running, 2 wrong usage.
 */
export async function start(args: string[]): Promise<number> {
  if (args.includes("--help")) {
    console.log(`edgewire start [options]\n\n${helpText()}`);
    return 0;
  }
  const stopping = stopSignal();
  let gateway: Gateway;
  let config: Config | undefined;
  try {
    config = await loadConfig(args);
    if (config.demo) await knowSimulatedDevices(config);
    const { assets } = await import("../web/dist/assets.js");
    gateway = await Gateway.start(config, { assets, log });
  } catch (error) {
    console.error(`edgewire: ${explain(error, config)}`);
    return error instanceof UsageError || error instanceof FilterError ? 2 : 1;
  }
  surviveErrors();
  printAddresses(gateway, config);
  const aborter = new AbortController();
  const demo = config.demo ? await startDemo(gateway, config, aborter.signal) : undefined;
  await stopping;
  await demo?.close();
  await gateway.close();
  return 0;
}

/** The message of an error of the start. */
function explain(error: unknown, config: Config | undefined): string {
  const { message } = error as Error;
  if (error instanceof Deno.errors.NotCapable) {
    return `${message}; see "Permissions" in the README`;
  }
  if (config === undefined) return message;
  // MQTT explains its own errors.
  const { host: hostname, port } = config;
  const place = { what: "HTTP", hostname, port, flags: { host: "host", port: "port" } };
  return (explainListen(error, place) as Error).message;
}
