/**
 * `trace-delay`: how long after a publish its line is in the terminal of who watches, by each of the
 * ways that need no more than Wireshark's own programs, and how much of it is the gateway's.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { BareTrace } from "./bare_trace.ts";
import { Child, temporaryFolder } from "./child.ts";
import { delay } from "./fan_out.ts";
import { type GatewayPeer, startGateway } from "./gateway.ts";
import { publish } from "./mqtt_packets.ts";
import { Publisher } from "./publisher.ts";
import { type Result, type Row, target } from "./report.ts";
import type { Settings } from "./settings.ts";
import { TraceClient } from "./trace_client.ts";
import { median } from "./trace_variants.ts";

const EVENTS = 50;
/** Time between events, ms: by chance, so that they meet every phase of whoever polls. */
const BETWEEN_MS = [100, 350] as const;
const TARGET_MS = 200;
const START_TIMEOUT_MS = 20_000;
const SEEN_TIMEOUT_MS = 5000;
const PROBE_MS = 200;

/** A way to watch; it prints a line for every packet. */
interface Way {
  name: string;
  start(gateway: GatewayPeer): Child | Promise<Child>;
}

function curl(tshark: string): Way {
  return {
    name: `curl | ${tshark}`,
    start: ({ httpPort }) => piped(`http://127.0.0.1:${httpPort}/traces/live.pcapng`, tshark),
  };
}

function piped(url: string, tshark: string): Child {
  return new Child("curl | tshark", "sh", {
    args: ["-c", `curl -sN ${url} | ${tshark} -l -n`],
  });
}

const WAYS: Way[] = [
  // Reads by itself; the others have dumpcap read.
  curl("tshark -r -"),
  curl("tshark -i -"),
  {
    name: "tshark -i TCP@127.0.0.1:PORT",
    start: async ({ child }) => {
      const [line] = await child.printed([/TCP@(127\.0\.0\.1:\d+)/], START_TIMEOUT_MS);
      return new Child("tshark", "tshark", { args: ["-l", "-n", "-i", `TCP@${line![1]}`] });
    },
  },
  { name: "tshark -i edgewire (extcap)", start: startExtcap },
];

/** Installs the extcap program into a home of its own and has tshark call it. */
async function startExtcap({ httpPort }: GatewayPeer): Promise<Child> {
  const home = await temporaryFolder();
  const cache = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
  const env = { HOME: home, XDG_CONFIG_HOME: `${home}/config`, DENO_DIR: cache };
  const from = `http://127.0.0.1:${httpPort}`;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "main.ts", "trace", "--install-extcap", "--from", from],
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    env,
  }).output();
  if (!success) throw new Error(`Cannot install: ${new TextDecoder().decode(stderr)}`);
  return new Child("tshark", "tshark", { args: ["-l", "-n", "-i", "edgewire"], env });
}

/** Delays of one way, in milliseconds. */
interface Delays {
  /** Until the line is printed. */
  shown: number[];
  /** Until another reader of the same gateway has the bytes. */
  left: number[];
}

/** Notes when topics of events come by in a trace. */
class Arrivals {
  #tail = "";
  #wanted = "";
  #came: ((time: number) => void) | undefined;

  constructor(client: TraceClient) {
    client.onbytes = (bytes) => this.#look(bytes);
    client.read();
  }

  #look(bytes: Uint8Array) {
    const text = this.#tail + String.fromCharCode(...bytes.subarray(0, 65_536));
    if (this.#came !== undefined && text.includes(this.#wanted)) {
      this.#came(performance.now());
      this.#came = undefined;
    }
    this.#tail = text.slice(-100);
  }

  /** When a text has come. */
  of(text: string): Promise<number> {
    this.#wanted = text;
    return new Promise((resolve) => this.#came = resolve);
  }
}

const topic = (event: string) => `devices/delay/${event}.`;

/** Makes events until the watcher shows something. */
async function ready(viewer: Child, make: (name: string) => void | Promise<void>) {
  const shown = viewer.printed([/delay\/probe/], START_TIMEOUT_MS);
  let waiting = true;
  shown.catch(() => {}).then(() => waiting = false);
  while (waiting) {
    await make(topic("probe"));
    await delay(PROBE_MS);
  }
  await shown;
}

async function measure(way: Way, settings: Settings, events: number): Promise<Delays> {
  const gateway = await startGateway({ ...settings.gateway, args: ["--trace-port", "0"] });
  const viewer = await way.start(gateway);
  const publisher = await Publisher.open(gateway.mqttPort, "bench-delay");
  const delays: Delays = { shown: [], left: [] };
  try {
    using client = await TraceClient.open(gateway.httpPort);
    const arrivals = new Arrivals(client);
    await ready(viewer, (name) => publisher.write(publish(name, new Uint8Array([0x31]))));
    for (let i = 0; i < events; i++) {
      await untilNext();
      const name = topic(`event-${i}`);
      const left = arrivals.of(name);
      const shown = shownIn(viewer, name);
      const from = performance.now();
      await publisher.write(publish(name, new TextEncoder().encode(`{"n":${i}}`)));
      delays.shown.push(await shown - from);
      delays.left.push(await left - from);
    }
  } finally {
    await publisher.close();
    // The programs of a pipe end with the gateway.
    await Promise.all([viewer.stop(), gateway.stop()]);
  }
  return delays;
}

/** The same of a program that holds nothing back, without a gateway. */
async function measureBare(tshark: string, events: number): Promise<number[]> {
  const trace = new BareTrace();
  const viewer = piped(trace.url, tshark);
  const delays: number[] = [];
  try {
    await ready(viewer, (name) => trace.write(name));
    for (let i = 0; i < events; i++) {
      await untilNext();
      const name = topic(`event-${i}`);
      const shown = shownIn(viewer, name);
      const from = performance.now();
      trace.write(name);
      delays.push(await shown - from);
    }
  } finally {
    await trace.close();
    await viewer.stop();
  }
  return delays;
}

async function untilNext() {
  const [least, most] = BETWEEN_MS;
  await delay(least + Math.random() * (most - least));
}

/** When a watcher has printed a name. */
async function shownIn(viewer: Child, name: string): Promise<number> {
  await viewer.printed([new RegExp(name.replaceAll(".", "\\."))], SEEN_TIMEOUT_MS);
  return performance.now();
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1]!;
}

function rowsOf(name: string, { shown, left }: Delays): Row[] {
  const row = (what: string, pick: (values: readonly number[]) => number): Row => ({
    measure: `${name}: ${what}, ms`,
    edgewire: pick(shown),
    other: pick(left),
    digits: 1,
  });
  const late = row("95th percentile", (values) => quantile(values, 0.95));
  return [
    row("median", median),
    target(late, `within ${TARGET_MS} ms from the gateway`, late.other! <= TARGET_MS),
    row("longest", (values) => Math.max(...values)),
  ];
}

function bareRows(name: string, delays: readonly number[]): Row[] {
  const late = quantile(delays, 0.95);
  const row = (what: string, edgewire: number): Row => ({
    measure: `bare writer | ${name}: ${what}, ms`,
    edgewire,
    digits: 1,
  });
  return [row("median", median(delays)), row("95th percentile", late)];
}

/** All ways, one after the other. */
export async function traceDelay(settings: Settings): Promise<Result> {
  const result: Result = {
    scenario: "trace-delay",
    other: "left gateway",
    rows: [],
    notes: [
      `${EVENTS} publishes each, ${
        BETWEEN_MS.join(" to ")
      } ms apart, from write to the line on stdout;`,
      "beside it when the same events' bytes reached a bare reader over HTTP. The rest is tshark's:",
      "with -i it has dumpcap read, which hands packets on every 500 ms (4.0). The bare writer is a",
      "program that sends each packet at once, without Edgewire.",
    ],
  };
  for (const way of WAYS) {
    result.rows.push(...rowsOf(way.name, await measure(way, settings, EVENTS)));
  }
  for (const tshark of ["tshark -r -", "tshark -i -"]) {
    result.rows.push(...bareRows(tshark, await measureBare(tshark, EVENTS)));
  }
  return result;
}
