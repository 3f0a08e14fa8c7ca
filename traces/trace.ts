/**
 * `edgewire trace`: records what passes through a running gateway; also as Wireshark's capture
 * program.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { UsageError } from "./command/decode_options.ts";
import { Signals, type SignalsOptions } from "./command/signals.ts";
import { answer, type ExtcapCall, LOG_CONTROL, parseExtcapCall } from "./live/extcap.ts";
import { ExtcapControl } from "./live/extcap_control.ts";
import { extcapPlace, installExtcap, ownProgram, uninstallExtcap } from "./live/extcap_install.ts";
import {
  fileOutlet,
  type Outlet,
  pipeOutlet,
  standardOutput,
  wiresharkOutlet,
} from "./live/outlet.ts";
import { Recording } from "./live/recording.ts";
import {
  DEFAULT_URL,
  gatewayAddress,
  parseTraceOptions,
  TRACE_USAGE,
  type TraceOptions,
} from "./live/trace_options.ts";
import { countsText, TraceProgress } from "./live/trace_progress.ts";
import { trace as record } from "./live/tracing.ts";

/**
 * A trace that a signal ended is done. Whoever should read may not, and a pipe that nobody opens is
 * waited for: so ending has its time.
 */
const ENDING: SignalsOptions = { hangUp: true, patience_ms: 3000, exitCode: 0 };

/**
 * Traces as the arguments say.
 *
 * @param args Words of the command line after `trace`.
 * @returns The exit code, see `TRACE_USAGE`.
 */
export async function trace(args: string[]): Promise<number> {
  if (args.includes("--help")) {
    console.log(TRACE_USAGE);
    return 0;
  }
  try {
    const call = parseExtcapCall(args);
    if (call !== undefined) return await runExtcap(call);
    if (args.includes("--install-extcap")) return install(args);
    if (args.includes("--uninstall-extcap")) return uninstall(args);
    return await run(parseTraceOptions(args));
  } catch (error) {
    if (error instanceof UsageError) {
      return fail(`${error.message}\n("edgewire trace --help" lists the options)`, 2);
    }
    return fail((error as Error).message, 1);
  }
}

function fail(message: string, code: number): number {
  console.error(`edgewire: ${message}`);
  return code;
}

async function run(options: TraceOptions): Promise<number> {
  checkOutput(options);
  using signals = new Signals(ENDING);
  let outlet: Outlet | undefined;
  let recording: Recording | undefined;
  let progress: TraceProgress | undefined;
  const say = (message: string) => {
    progress?.clear();
    console.error(`edgewire: ${message}`);
  };
  const shown = options.write !== "-" && options.write !== undefined || options.wireshark;
  const begin = async () => {
    outlet = await openOutlet(options);
    recording = new Recording(outlet, say);
    if (shown) say(`tracing ${options.gateway.url.origin} to ${outlet.name}: Ctrl+C ends it`);
    if (shown && Deno.stderr.isTerminal()) progress = new TraceProgress(recording);
    return recording;
  };
  let problem: string | undefined;
  try {
    problem = await record(options, begin, signals.signal, say);
  } finally {
    progress?.[Symbol.dispose]();
    progress = undefined;
    await outlet?.close();
    if (shown && recording !== undefined) say(countsText(recording));
  }
  return problem === undefined ? 0 : fail(problem, 1);
}

/** @throws {UsageError} when packets would go to a terminal */
function checkOutput({ write, wireshark }: TraceOptions) {
  if (wireshark || write !== undefined && write !== "-" || !Deno.stdout.isTerminal()) return;
  throw new UsageError(
    "packets are nothing for a terminal: give --write FILE or --wireshark, or pipe it into " +
      "tshark -i -",
  );
}

async function openOutlet({ write, wireshark }: TraceOptions): Promise<Outlet> {
  if (wireshark) return wiresharkOutlet();
  return write === undefined || write === "-" ? standardOutput() : await fileOutlet(write);
}

async function runExtcap(call: ExtcapCall): Promise<number> {
  if (call.kind === "answer") {
    console.log(answer(call.question, call.from ?? DEFAULT_URL).join("\n"));
    return 0;
  }
  if (call.kind === "other") {
    // Text says that a filter is not valid.
    if (call.filter !== undefined) console.log("Edgewire has no capture filters");
    return 0;
  }
  using signals = new Signals(ENDING);
  const control = new ExtcapControl(call.controlIn, call.controlOut, LOG_CONTROL);
  // Wireshark does nothing else, not even end, before the pipe is open.
  const outlet = await pipeOutlet(call.fifo);
  const say = (message: string) => control.say(message);
  try {
    const options = parseTraceOptions(call.args);
    if (call.filter !== undefined) {
      say(`the capture filter "${call.filter}" has no effect: choose channels, hops or nodes`);
    }
    const begin = () => {
      say(`tracing ${options.gateway.url.origin}`);
      return Promise.resolve(new Recording(outlet, say));
    };
    const problem = await record(options, begin, signals.signal, say);
    return problem === undefined ? 0 : fail(problem, 1);
  } finally {
    await outlet.close();
    await control.flush();
  }
}

function install(args: string[]): number {
  const { from = DEFAULT_URL } = onlyFrom(args, "--install-extcap");
  const { url, token } = gatewayAddress(from, undefined, undefined);
  const main = new URL("../main.ts", import.meta.url);
  const path = main.protocol === "file:" ? fileURLToPath(main) : main.href;
  const place = extcapPlace();
  const address = url.href.replace(/\/$/, "");
  for (const file of installExtcap(place, ownProgram(path), address)) console.log(file);
  console.log(
    `Wireshark lists "Edgewire gateway" from its next start on (tshark -D shows it too); the ` +
      "gear beside it chooses address, channels and hops.",
  );
  if (token !== undefined) {
    console.log(
      "The token is not kept: type it there, or start Wireshark with EDGEWIRE_TOKEN set.",
    );
  }
  return 0;
}

function uninstall(args: string[]): number {
  onlyFrom(args, "--uninstall-extcap");
  const removed = uninstallExtcap(extcapPlace());
  console.log(removed.length === 0 ? "nothing was installed" : removed.join("\n"));
  return 0;
}

/** @throws {UsageError} when there is more than the option and `--from` */
function onlyFrom(args: string[], option: string): { from?: string } {
  const rest = args.filter((word) => word !== option);
  if (rest.length === 0) return {};
  const [first, value] = rest;
  if (first === "--from" && rest.length === 2) return { from: value! };
  if (rest.length === 1 && first!.startsWith("--from=")) return { from: first!.slice(7) };
  throw new UsageError(`${option} goes with --from alone`);
}
