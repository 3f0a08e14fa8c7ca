/**
 * `deno task bench [name...]`: measures the gateway side by side with
 * Mosquitto's own WebSocket listener in the same run, on Linux, over loopback.
 * This process is the load; the processes under test are its children.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { readProc } from "./accounting.ts";
import { stopAll, takeDeaths } from "./child.ts";
import { benchDecode } from "./decode.ts";
import { mosquittoVersion } from "./mosquitto.ts";
import { formatResult } from "./report.ts";
import { GROUPS, NAMED_ONLY, SCENARIOS } from "./scenarios.ts";
import type { Settings } from "./settings.ts";

const ALL = Object.keys(SCENARIOS).filter((name) => !NAMED_ONLY.has(name));

const USAGE = `Usage: deno task bench [options] [scenario...]
       deno task bench decode [--json FILE] [part...]

decode measures \`edgewire decode\` beside tshark; it takes some 20 minutes and 10 GB of disk.
Scenarios: ${ALL.join(", ")} (these when none is named),
  ${[...NAMED_ONLY].join(", ")} (all of trace-*: trace; some 10 minutes)

page opens the page in Chromium; EDGEWIRE_BENCH_SECONDS (60) says how long live traffic lasts.

  --seconds N      measure no window longer than this
  --json FILE      also write the results as JSON
  --window N       QoS 1: unacknowledged messages per publisher (default 1000)
  --history-disk   the gateway keeps its history on disk
  --no-mosquitto   measure the gateway only
  --profile DIR    write CPU profiles of the gateway to this folder
  --entry FILE     run this program instead of main.ts as the gateway`;

/** A whole run takes about 4 minutes; a stuck one ends here. */
const MAX_RUN_MS = 6 * 60_000;
/** Recording is measured in many rounds, the page for 10 minutes. */
const MAX_TRACE_MS = 20 * 60_000;
/** The decoder's captures are long, and tshark is slow. */
const MAX_DECODE_MS = 60 * 60_000;

/** A command line that cannot be used; the message says why. */
class UsageError extends Error {}

function positive(name: string, value: string | undefined, otherwise: number): number {
  const number = value === undefined ? otherwise : Number(value);
  if (!(number > 0)) throw new UsageError(`Cannot use --${name} ${value}: not above 0`);
  return number;
}

function parse(args: string[]) {
  const options = {
    seconds: { type: "string" },
    json: { type: "string" },
    window: { type: "string" },
    profile: { type: "string" },
    "history-disk": { type: "boolean" },
    entry: { type: "string" },
    "no-mosquitto": { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const decode = positionals[0] === "decode";
    const known = [...Object.keys(SCENARIOS), ...Object.keys(GROUPS)];
    const unknown = positionals.filter((name) => !decode && !known.includes(name));
    if (unknown.length > 0) throw new UsageError(`Cannot run ${unknown.join(", ")}: no such name`);
    const names = decode
      ? positionals.slice(1)
      : positionals.flatMap((name) => GROUPS[name] ?? [name]);
    return { values, decode, names };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** What the numbers depend on. */
async function machine(mosquitto: string | undefined): Promise<Record<string, string>> {
  const info = await readProc("cpuinfo");
  return {
    cpu: info.match(/^(?:model name|Model)\s*:\s*(.+)$/m)?.[1] ?? "unknown",
    cores: String(navigator.hardwareConcurrency),
    memory: `${(Deno.systemMemoryInfo().total / 1e9).toFixed(1)} GB`,
    system: `Linux ${Deno.osRelease()} ${Deno.build.arch}`,
    load: Deno.loadavg()[0]!.toFixed(2),
    deno: `${Deno.version.deno} (V8 ${Deno.version.v8})`,
    mosquitto: mosquitto ?? "not installed",
  };
}

async function run(args: string[]): Promise<number> {
  const { values, decode, names } = parse(args);
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const version = await mosquittoVersion();
  const settings: Settings = {
    gateway: {
      entry: values.entry,
      profile: values.profile,
      args: values["history-disk"] ? ["--history-disk"] : [],
    },
    maxSeconds: positive("seconds", values.seconds, Infinity),
    window: Math.ceil(positive("window", values.window, 1_000)),
    mosquitto: version !== undefined && values["no-mosquitto"] !== true,
    results: [],
  };
  const about = await machine(version);
  console.log(Object.entries(about).map(([name, text]) => `${name}: ${text}`).join("\n") + "\n");
  const failures = decode ? await runDecode(settings, names) : await runScenarios(settings, names);
  printTargets(settings);
  if (values.json !== undefined) {
    const written = { time: new Date().toISOString(), machine: about, failures };
    const text = JSON.stringify({ ...written, results: settings.results }, null, 2);
    await Deno.writeTextFile(values.json, text + "\n");
  }
  return failures.length === 0 ? 0 : 1;
}

/** Runs scenarios in order; one that fails does not keep the others from running. */
async function runScenarios(settings: Settings, names: string[]): Promise<string[]> {
  const failures: string[] = [];
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    if (!(names.length > 0 ? names : ALL).includes(name)) continue;
    try {
      const result = await scenario(settings);
      settings.results.push(result);
      console.log(formatResult(result));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const text = [message, ...takeDeaths()].join("\n");
      failures.push(`${name}: ${text}`);
      console.log(`== ${name}\nFAILED: ${text}\n`);
      await stopAll();
    }
  }
  return failures;
}

/** Runs the decoder's part. */
async function runDecode(settings: Settings, names: string[]): Promise<string[]> {
  const { results, failures } = await benchDecode(names);
  settings.results.push(...results);
  return failures;
}

function printTargets({ results }: Settings) {
  const goals = results.flatMap(({ rows }) => rows).filter(({ met }) => met !== undefined);
  const missed = results.flatMap(({ scenario, rows }) =>
    rows.filter(({ met }) => met === false).map((row) => `${scenario}: ${row.measure}`)
  );
  console.log(`${goals.length - missed.length} of ${goals.length} targets met.`);
  for (const line of missed) console.log(`MISSED ${line}`);
}

let exitCode: number | undefined;

/** Ends everything that was started, then this process. The first code counts. */
async function exit(code: number): Promise<never> {
  exitCode ??= code;
  await stopAll();
  Deno.exit(exitCode);
}

if (import.meta.main) {
  Deno.addSignalListener("SIGINT", () => exit(130));
  Deno.addSignalListener("SIGTERM", () => exit(143));
  const trace = Deno.args.some((arg) => arg.startsWith("trace") || arg === "page");
  const most = Deno.args.includes("decode") ? MAX_DECODE_MS : trace ? MAX_TRACE_MS : MAX_RUN_MS;
  setTimeout(() => {
    console.error(`Cannot finish: ${most / 60_000} minutes passed`);
    exit(1);
  }, most);
  let code = 1;
  try {
    code = await run(Deno.args);
  } catch (error) {
    console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error);
    code = error instanceof UsageError ? 2 : 1;
  }
  await exit(code);
}
