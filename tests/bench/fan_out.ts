/**
 * The measurement behind `fanout`, `fanout-plain` and `light`: one publisher,
 * one channel, many WebSocket clients.
 *
 * @module
 */
import { type Cost, memory, Meter } from "./accounting.ts";
import { Histogram } from "./histogram.ts";
import { PacedPublisher } from "./paced_publisher.ts";
import { type Peer, topicOf } from "./peer.ts";
import { Pool } from "./pool.ts";

export interface FanOutOptions {
  channel: string;
  clients: number;
  /** How many of the clients are plain: no subprotocol, one object per frame. @default 0 */
  plain?: number;
  /** Messages a second. */
  rate: number;
  warmupSeconds: number;
  seconds: number;
  /**
   * Publish no faster than the clients get it: while warming up as fast as
   * they do, then at 90 percent of that or `rate`, whichever is less.
   */
  throttled?: boolean;
}

export interface FanOutResult {
  /** Messages a second that were published in the measured window. */
  rate: number;
  /** Updates delivered in the measured window. */
  delivered: number;
  /** Delivered frames in the measured window. */
  frames: number;
  /** Updates delivered and due after the warm-up, with what arrived after the window. */
  total: number;
  expected: number;
  /** The first few clients with missing, repeated or disordered updates, in words. */
  faults: string[];
  /** How many clients that are not plain lack something. */
  othersIncomplete: number;
  /** The same of the warm-up. */
  earlyFaults: string[];
  cost: Cost;
  /** Longest stall of the load generator from the first message to the last, in milliseconds. */
  longestStall: number;
  /** CPU time per delivered update, in microseconds. */
  microsPerUpdate: number;
  /** Peak resident memory since the process started, in bytes. */
  memoryPeak: number;
  /** Publish to receipt, in milliseconds; `plain` of plain clients. */
  latency: { p50: number; p99: number };
  plainLatency: { p50: number; p99: number };
}

/** Messages under way at most when throttled. */
const UNDER_WAY = 100;
/** Joins are done and their news delivered before messages flow. */
const SETTLE_MS = 1_000;
/** Time for what is under way to arrive at the end. */
const DRAIN_MS = 5_000;

/** Resolves after so many milliseconds. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Where latencies go, by kind of client. */
interface Latencies {
  arrays: Histogram;
  plain: Histogram;
}

/**
 * Measures one fan-out.
 *
 * @throws {Error} When a client cannot join or the publisher loses its connection.
 */
export async function fanOut(peer: Peer, options: FanOutOptions): Promise<FanOutResult> {
  const latencies = { arrays: new Histogram(), plain: new Histogram() };
  const publisher = await PacedPublisher.open(peer.mqttPort, topicOf(options.channel));
  const pool = new Pool();
  try {
    await joinAll(peer, pool, latencies, options);
    return await run(peer, pool, publisher, latencies, options);
  } finally {
    await publisher.close();
    await pool.close();
  }
}

async function joinAll(peer: Peer, pool: Pool, latencies: Latencies, options: FanOutOptions) {
  const { channel, clients, plain: plainClients = 0 } = options;
  const plainEvery = Math.floor(clients / Math.max(1, plainClients));
  await pool.connect(clients, (index) => {
    // Every tenth client is sampled: spread the plain ones so that some are and some are not.
    const plain = plainClients > 0 && (Math.floor(index / 10) + index) % plainEvery === 0;
    return {
      ...peer.client(channel, plain),
      latencies: plain ? latencies.plain : latencies.arrays,
    };
  });
  await delay(SETTLE_MS);
}

async function run(
  peer: Peer,
  pool: Pool,
  publisher: PacedPublisher,
  latencies: Latencies,
  options: FanOutOptions,
): Promise<FanOutResult> {
  const room = options.throttled
    ? () => UNDER_WAY - (publisher.count - 1 - pool.slowest)
    : undefined;
  const rate = await warmUp(publisher, options, room);
  await stopped(publisher, pool);
  const earlyFaults = describeFaults(pool, 0, publisher.count - 1);
  pool.restart();
  latencies.arrays.clear();
  latencies.plain.clear();
  const first = publisher.count;
  publisher.run(rate, room);
  const window = await measure(peer, publisher, pool, options.seconds);
  await stopped(publisher, pool);
  peer.child.expectRunning();
  if (publisher.lost !== undefined) throw new Error(`Lost the publisher: ${publisher.lost}`);
  return {
    ...window,
    longestStall: pool.longestStall,
    total: pool.updates,
    expected: (publisher.count - first) * options.clients,
    faults: describeFaults(pool, first, publisher.count - 1),
    othersIncomplete: pool.incomplete(first, publisher.count - 1)
      .filter(({ options }) => options.protocol !== undefined).length,
    earlyFaults,
    memoryPeak: (await memory(peer.child.pid)).peak,
    latency: quantiles(latencies.arrays),
    plainLatency: quantiles(latencies.plain),
  };
}

/** Publishes for the warm-up; returns the rate to measure at. */
async function warmUp(
  publisher: PacedPublisher,
  options: FanOutOptions,
  room: (() => number) | undefined,
): Promise<number> {
  publisher.run(options.rate, room);
  await delay(options.warmupSeconds * 500);
  const count = publisher.count, since = performance.now();
  await delay(options.warmupSeconds * 500);
  if (!options.throttled) return options.rate;
  const reached = (publisher.count - count) * 1000 / (performance.now() - since);
  return reached < options.rate * 0.98 ? reached * 0.9 : options.rate;
}

async function measure(
  peer: Peer,
  publisher: PacedPublisher,
  pool: Pool,
  seconds: number,
) {
  const published = publisher.count, updates = pool.updates, frames = pool.frames;
  const meter = await Meter.start(peer.child.pid);
  await delay(seconds * 1000);
  peer.child.expectRunning();
  const cost = await meter.stop();
  const delivered = pool.updates - updates;
  return {
    rate: (publisher.count - published) / cost.seconds,
    delivered,
    frames: pool.frames - frames,
    cost,
    microsPerUpdate: cost.cpuMicros / delivered,
  };
}

/** Stops publishing; waits until every client has the last update, or too long has passed. */
async function stopped(publisher: PacedPublisher, pool: Pool) {
  publisher.pause();
  const until = performance.now() + DRAIN_MS;
  while (performance.now() < until && !pool.arrived(publisher.count - 1)) await delay(20);
}

/** Sampled clients first: they know where it began. */
function describeFaults(pool: Pool, from: number, to: number): string[] {
  const count = to - from + 1;
  const faulty = pool.incomplete(from, to);
  const sampledFirst = [
    ...faulty.filter(({ firstBreak }) => firstBreak !== undefined),
    ...faulty.filter(({ firstBreak }) => firstBreak === undefined),
  ];
  const examples = sampledFirst.slice(0, 2).map((receiver) => {
    const { updates, lastSeq, disorder, firstBreak, ended, options } = receiver;
    const broken = firstBreak === undefined
      ? ""
      : `, ${disorder} breaks, first after ${firstBreak - from + 1}`;
    return `${options.protocol ?? "plain"} client: ${updates} of ${count} updates, ` +
      `${to - lastSeq} missing at the end${broken}${ended === undefined ? "" : `, ${ended}`}`;
  });
  if (faulty.length === 0) return [];
  return [
    `${faulty.length} of ${pool.receivers.length} clients did not get everything`,
    ...examples,
  ];
}

function quantiles(histogram: Histogram) {
  return { p50: histogram.quantile(0.5), p99: histogram.quantile(0.99) };
}
