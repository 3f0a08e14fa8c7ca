/**
 * `fanout`, `fanout-plain` and `light`: what one message to many browsers costs.
 *
 * @module
 */
import { fanOut, type FanOutOptions, type FanOutResult } from "./fan_out.ts";
import { startGateway } from "./gateway.ts";
import { startMosquitto } from "./mosquitto.ts";
import { doubts, megabytes, type Result, type Row, target } from "./report.ts";
import type { Settings } from "./settings.ts";

const CLIENTS = 500;
const PLAIN_CLIENTS = 50;
const RATE = 2_000;
const LIGHT_CLIENTS = 100;
const LIGHT_RATE = 200;
const WARMUP_SECONDS = 3;
const SECONDS = 15;
const MEMORY_TARGET_MB = 250;
const P99_TARGET_MS = 25;
const LIGHT_P99_TARGET_MS = 5;
/** "Unchanged" allows for the noise of a shared machine. */
const UNCHANGED_RATIO = 1.25;
const UNCHANGED_MS = 2;
const P99 = "p99 publish to receipt, ms";

/** Measures a fresh gateway. */
async function edgewire(settings: Settings, options: FanOutOptions): Promise<FanOutResult> {
  await using peer = await startGateway(settings.gateway);
  return await fanOut(peer, options);
}

async function mosquitto(
  settings: Settings,
  options: FanOutOptions,
): Promise<FanOutResult | undefined> {
  if (!settings.mosquitto) return undefined;
  await using peer = await startMosquitto();
  return await fanOut(peer, { ...options, throttled: true });
}

function windows(settings: Settings) {
  return {
    warmupSeconds: Math.min(WARMUP_SECONDS, settings.maxSeconds),
    seconds: Math.min(SECONDS, settings.maxSeconds),
  };
}

/** A row with Edgewire's and Mosquitto's value. */
function both(
  measure: string,
  pick: (result: FanOutResult) => number,
  ours: FanOutResult,
  theirs: FanOutResult | undefined,
  digits = 2,
): Row {
  const row: Row = { measure, edgewire: pick(ours), digits };
  if (theirs !== undefined) row.other = pick(theirs);
  return row;
}

/** The same with the ratio, and whether it is at most so much. */
function compared(row: Row, limit: number, text: string): Row {
  if (row.other === undefined) return row;
  const ratio = row.edgewire! / row.other;
  return target({ ...row, ratio }, text, ratio <= limit);
}

function deliveryRows(ours: FanOutResult, theirs: FanOutResult | undefined): Row[] {
  return [
    both("messages published/s", (r) => r.rate, ours, theirs, 0),
    both("updates delivered/s", (r) => r.delivered / r.cost.seconds, ours, theirs, 0),
    both("updates per frame", (r) => r.delivered / r.frames, ours, theirs),
    target(
      both("updates delivered, % of all", (r) => 100 * r.total / r.expected, ours, theirs, 4),
      "all, in order",
      ours.faults.length === 0,
    ),
    both("CPU, cores", (r) => r.cost.cpuMicros / r.cost.seconds / 1e6, ours, theirs),
  ];
}

function notesOf(
  ours: FanOutResult,
  theirs: FanOutResult | undefined,
  rate: number,
): string[] {
  const notes = [
    ...ours.earlyFaults.slice(0, 1).map((fault) => `Edgewire, warming up: ${fault}`),
    ...ours.faults.map((fault) => `Edgewire: ${fault}`),
    ...doubts("Edgewire", ours.cost),
  ];
  if (ours.faults.length > 0) {
    notes.push("With updates missing, targets of latency count as missed.");
    notes.push(
      `Edgewire: the load generator stalled for ${ours.longestStall.toFixed(0)} ms at most`,
    );
  }
  if (ours.rate < rate * 0.99) {
    notes.push(`Only ${ours.rate.toFixed(0)} of ${rate} messages/s were published to Edgewire.`);
  }
  if (theirs === undefined) return notes;
  if (theirs.rate < rate * 0.99) {
    notes.push(
      `Mosquitto does not sustain ${rate} messages/s here: it ran at ${
        theirs.rate.toFixed(0)
      }/s, ` +
        `90% of its highest; CPU per delivered update is what compares, not its latency.`,
    );
  }
  return [
    ...notes,
    ...theirs.faults.map((fault) => `Mosquitto: ${fault}`),
    ...doubts("Mosquitto", theirs.cost),
  ];
}

/** 500 clients, 2,000 messages a second. */
export async function fanout(settings: Settings): Promise<Result> {
  const options = { channel: "bench", clients: CLIENTS, rate: RATE, ...windows(settings) };
  const ours = await edgewire(settings, options);
  const theirs = await mosquitto(settings, options);
  const complete = ours.faults.length === 0;
  const cpu = both("CPU per delivered update, us", (r) => r.microsPerUpdate, ours, theirs, 3);
  const peak = both("peak resident memory, MB", (r) => megabytes(r.memoryPeak), ours, theirs, 1);
  const p99 = both(P99, (r) => r.latency.p99, ours, theirs);
  return {
    scenario: "fanout",
    rows: [
      ...deliveryRows(ours, theirs),
      compared(cpu, 1 / 7, "at most 1/7"),
      target(peak, `under ${MEMORY_TARGET_MB} MB`, peak.edgewire! < MEMORY_TARGET_MB),
      both("p50 publish to receipt, ms", (r) => r.latency.p50, ours, theirs),
      target(p99, `under ${P99_TARGET_MS} ms`, complete && p99.edgewire! < P99_TARGET_MS),
    ],
    notes: notesOf(ours, theirs, RATE),
  };
}

/** The same with 50 plain clients among the 500; compares with `fanout` of the same run. */
export async function fanoutPlain(settings: Settings): Promise<Result> {
  const options = { channel: "bench", clients: CLIENTS, rate: RATE, ...windows(settings) };
  const before = settings.results.find(({ scenario }) => scenario === "fanout")
    ?.rows.find(({ measure }) => measure === P99)?.edgewire ??
    (await edgewire(settings, options)).latency.p99;
  const ours = await edgewire(settings, { ...options, plain: PLAIN_CLIENTS });
  const { p99 } = ours.latency;
  // Latencies of what was delivered say nothing when something was not.
  const unchanged = ours.othersIncomplete === 0 &&
    p99 <= Math.max(before * UNCHANGED_RATIO, before + UNCHANGED_MS);
  const row: Row = { measure: `${P99} (not plain)`, edgewire: p99, ratio: p99 / before };
  return {
    scenario: "fanout-plain",
    rows: [
      ...deliveryRows(ours, undefined),
      both("CPU per delivered update, us", (r) => r.microsPerUpdate, ours, undefined, 3),
      both("peak resident memory, MB", (r) => megabytes(r.memoryPeak), ours, undefined, 1),
      { measure: `${P99} in fanout`, edgewire: before },
      target(row, `<= ${UNCHANGED_RATIO} x fanout's or + ${UNCHANGED_MS} ms`, unchanged),
      both(`${P99} (plain)`, (r) => r.plainLatency.p99, ours, undefined),
    ],
    notes: notesOf(ours, undefined, RATE),
  };
}

/** 100 clients, 200 messages a second. */
export async function light(settings: Settings): Promise<Result> {
  const options = {
    ...{ channel: "bench", clients: LIGHT_CLIENTS, rate: LIGHT_RATE },
    ...windows(settings),
  };
  const ours = await edgewire(settings, options);
  const theirs = await mosquitto(settings, options);
  const complete = ours.faults.length === 0;
  const cpu = both("CPU per delivered update, us", (r) => r.microsPerUpdate, ours, theirs, 3);
  const p50 = both("p50 publish to receipt, ms", (r) => r.latency.p50, ours, theirs);
  const p99 = both(P99, (r) => r.latency.p99, ours, theirs);
  return {
    scenario: "light",
    rows: [
      ...deliveryRows(ours, theirs),
      compared(cpu, 1.25, "<= 1.25"),
      compared(p50, 1.5, "<= 1.5"),
      target(
        p99,
        `under ${LIGHT_P99_TARGET_MS} ms`,
        complete && p99.edgewire! < LIGHT_P99_TARGET_MS,
      ),
      both("peak resident memory, MB", (r) => megabytes(r.memoryPeak), ours, theirs, 1),
    ],
    notes: notesOf(ours, theirs, LIGHT_RATE),
  };
}
