/**
 * A trace from its beginning to its end: opens the gateway's stream, records it, and opens it again
 * if wanted.
 *
 * @module
 */
import { askTraces, GatewayError, openTrace } from "./gateway_client.ts";
import type { GatewayAddress, HttpAnswer } from "./http_answer.ts";
import type { Recording, StreamEnd, WireOptions } from "./recording.ts";
import { type TraceOptions, tracePath } from "./trace_options.ts";
import { captureFilter, isThisMachine, portsOf } from "./wire_capture.ts";

/** Pause before asking again, ms: the first, and the longest. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** The gateway's clock may call it `--seconds` this much before ours, ms. */
const EARLY_MS = 1000;
/** A gateway that does not end after `--seconds` is left this much later, ms. */
const LATE_MS = 2000;
/** How long the gateway may take to say which names it knows, ms. */
const ASK_MS = 2000;

/**
 * Records until the gateway ends it, `signal` does, or nobody reads any more.
 *
 * @param begin Makes the recording, once there is something to record.
 * @param signal Ends it in good order.
 * @param say What is told to the user.
 * @returns What went wrong; undefined when it ended as it should.
 * @throws {GatewayError} when there was nothing to record
 * @throws {Error} when it can't be written
 */
export async function trace(
  options: TraceOptions,
  begin: () => Promise<Recording>,
  signal: AbortSignal,
  say: (message: string) => void,
): Promise<string | undefined> {
  const { seconds, recent } = options;
  const limit_ms = seconds === undefined || recent ? Infinity : seconds * 1000;
  const started = performance.now();
  const aborter = new AbortController();
  const stop = () => aborter.abort();
  const timer = Number.isFinite(limit_ms) ? setTimeout(stop, limit_ms + LATE_MS) : undefined;
  signal.addEventListener("abort", stop, { once: true });
  try {
    let recording: Recording | undefined;
    for (;;) {
      const again = recording !== undefined;
      const left_s = again && seconds !== undefined && !recent
        ? seconds - (performance.now() - started) / 1000
        : seconds;
      if (left_s !== undefined && left_s <= 0) return undefined;
      const stream = await open({ ...options, seconds: left_s }, again, aborter.signal, say);
      if (stream === undefined) return undefined;
      if (!again) await sayUnknown(options, aborter.signal, say);
      recording ??= await begin();
      const wire = options.wire
        ? await wireOptions(options, stream, aborter.signal, say)
        : undefined;
      const end = await recording.run(stream, wire, aborter.signal);
      const inTime = performance.now() - started >= limit_ms - EARLY_MS;
      const problem = problemOf(end, recent || inTime);
      if (problem === undefined || !options.reconnect) return problem;
      say(`${problem}; waiting for it`);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    aborter.abort();
  }
}

function problemOf(end: StreamEnd, mayEnd: boolean): string | undefined {
  if (end.kind === "lost") return end.message;
  return end.kind === "ended" && !mayEnd ? "the gateway ended the trace" : undefined;
}

/** Opens the stream; later ones are waited for. @returns Undefined when called off. */
async function open(
  options: TraceOptions,
  again: boolean,
  signal: AbortSignal,
  say: (message: string) => void,
): Promise<HttpAnswer | undefined> {
  let pause_ms = FIRST_PAUSE_MS;
  for (;;) {
    if (again || pause_ms > FIRST_PAUSE_MS) await pause(pause_ms, signal);
    if (signal.aborted) return undefined;
    try {
      const stream = await openTrace(options.gateway, tracePath(options), signal);
      if (again) say("the gateway is back");
      return stream;
    } catch (error) {
      if (signal.aborted) return undefined;
      const wait = options.reconnect && error instanceof GatewayError && error.passing;
      if (!wait) throw error;
      if (!again && pause_ms === FIRST_PAUSE_MS) say(`${error.message}; waiting for it`);
      pause_ms = Math.min(2 * pause_ms, LONGEST_PAUSE_MS);
    }
  }
}

/** Names that the gateway does not know (yet): they may be misspelt. */
async function sayUnknown(
  { gateway, channels, nodes }: TraceOptions,
  signal: AbortSignal,
  say: (message: string) => void,
): Promise<void> {
  if (channels.length + nodes.length === 0) return;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)]);
  const known = await askTraces(gateway, limit).catch(() => undefined);
  const unknown = (what: string, asked: readonly string[], there: unknown) => {
    if (!Array.isArray(there)) return;
    for (const name of asked) {
      if (!there.includes(name)) say(`the gateway has no ${what} "${name}" yet`);
    }
  };
  unknown("channel", channels, known?.channels);
  unknown("node", nodes, known?.nodes);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}

/** How to capture the wire; undefined, and said, when that can't be. */
async function wireOptions(
  { gateway, keyLog }: TraceOptions,
  { localPort }: HttpAnswer,
  signal: AbortSignal,
  say: (message: string) => void,
): Promise<WireOptions | undefined> {
  const found = await wirePorts(gateway, keyLog, signal, say);
  if (typeof found === "string") {
    say(`goes on without the wire: ${found}`);
    return undefined;
  }
  return { filter: captureFilter(found, localPort), keyLog };
}

async function wirePorts(
  gateway: GatewayAddress,
  keyLog: string | undefined,
  signal: AbortSignal,
  say: (message: string) => void,
): Promise<number[] | string> {
  if (!await isThisMachine(gateway.url.hostname)) {
    return `${gateway.url.hostname} is not this machine: run edgewire trace --wire there, or ` +
      "capture there with dumpcap";
  }
  try {
    const answer = await askTraces(gateway, signal);
    const encrypted = answer.http?.tls || answer.mqtt?.some(({ tls }) => tls);
    if (encrypted && keyLog === undefined) {
      say(
        "TLS stays encrypted on the wire: start the gateway with SSLKEYLOGFILE=FILE and give " +
          "--keylog FILE",
      );
    }
    const ports = portsOf(answer);
    return ports.length > 0 ? ports : "the gateway does not say which ports it has";
  } catch (error) {
    if (error instanceof GatewayError) return error.message;
    throw error;
  }
}
