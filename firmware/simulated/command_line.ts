/**
 * Options of the simulated nodes from the command line.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { BRIDGES, type HouseOptions } from "./house.ts";
import type { BrokerOptions } from "./node_client.ts";

/** Nodes that can be chosen. */
export const NODES = ["chamber", "lux", ...BRIDGES] as const;

export type NodeName = typeof NODES[number];

/** What the command line says. */
export interface CommandLine extends BrokerOptions, Omit<HouseOptions, "log"> {
  /** Time between measurements of chamber and lux, ms. */
  period_ms: number;
  only: NodeName[];
  /** File of the simulator's log; `-` is the standard output. */
  log?: string;
}

export const USAGE = `Usage: main.ts --broker URL [options]
  --broker URL      mqtt://, mqtts://, ws:// or wss:// and host:port
  --username NAME
  --password TEXT
  --seed N          whole number (default 1)
  --period MS       time between measurements of chamber and lux, at least 10 (default 1000)
  --only NAMES      of ${NODES.join(",")} (default all)
  --devices N       BLE beacons, up to 10000 (default 12)
  --rate F          multiplies how often devices send, up to 1000 (default 1)
  --loss F          share of frames that a bridge node misses, 0 to 1 (default 0.1)
  --duplicates F    share of frames that it hands on twice, 0 to 1 (default 0.02)
  --log FILE        write each transmission as a line of JSON; - is the standard output`;

const TEXT = { type: "string" } as const;
const OPTIONS = {
  broker: TEXT,
  username: TEXT,
  password: TEXT,
  seed: TEXT,
  period: TEXT,
  only: TEXT,
  devices: TEXT,
  rate: TEXT,
  loss: TEXT,
  duplicates: TEXT,
  log: TEXT,
  help: { type: "boolean" },
} as const;

/**
 * Reads the command line.
 *
 * @throws {Error} when it is wrong; the message says what
 */
export function parseCommandLine(args: string[]): CommandLine | "help" {
  const { values } = parseArgs({ args, options: OPTIONS });
  if (values.help) return "help";
  if (values.broker === undefined) throw new Error("--broker is missing");
  if (!/^(mqtts?|wss?):$/.test(new URL(values.broker).protocol)) {
    throw new Error(`--broker ${values.broker}: not an address of an MQTT broker`);
  }
  const { username, password, log } = values;
  return {
    broker: values.broker,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(log === undefined ? {} : { log }),
    seed: wholeNumber("--seed", values.seed ?? "1", 0),
    period_ms: wholeNumber("--period", values.period ?? "1000", 10),
    only: values.only === undefined ? [...NODES] : nodeNames(values.only),
    devices: wholeNumber("--devices", values.devices ?? "12", 0, 10_000),
    rate: numberWithin("--rate", values.rate ?? "1", 0.001, 1000),
    loss: numberWithin("--loss", values.loss ?? "0.1", 0, 1),
    duplicates: numberWithin("--duplicates", values.duplicates ?? "0.02", 0, 1),
  };
}

function wholeNumber(option: string, text: string, min: number, max = Infinity): number {
  const value = Number(text);
  if (text !== "" && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  const range = max === Infinity ? `from ${min}` : `from ${min} to ${max}`;
  throw new Error(`${option} ${text}: not a whole number ${range}`);
}

function numberWithin(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= min && value <= max) return value;
  throw new Error(`${option} ${text}: not a number from ${min} to ${max}`);
}

function nodeNames(text: string): NodeName[] {
  return text.split(",").map((name) => {
    const known = NODES.find((node) => node === name);
    if (known === undefined) throw new Error(`--only ${name}: not one of ${NODES.join(", ")}`);
    return known;
  });
}
