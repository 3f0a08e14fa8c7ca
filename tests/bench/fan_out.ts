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
  /** Updates delivered and due over the whole run, warm-up included. */
  total: number;
  expected: number;
  /** The first few clients with missing, repeated or disordered updates, in words. */
  faults: string[];
  cost: Cost;
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

/**
 * Measures one fan-out.
 *
 * @throws {Error} When a client cannot join or the publisher loses its connection.
 */
export async function fanOut(peer: Peer, options: FanOutOptions): Promise<FanOutResult> {
  const latencies = new Histogram(), plainLatencies = new Histogram();
  const publisher = await PacedPublisher.open(peer.mqttPort, topicOf(options.channel));
  const pool = new Pool();
  try {
    const { plain: plainCount = 0 } = options;
    const plainEvery = Math.floor(options.clients / Math.max(1, plainCount));
    await pool.connect(options.clients, (index) => {
      // Every tenth client is sampled: spread the plain ones so that some are and some are not.
      const plain = plainCount > 0 && (Math.floor(index / 10) + index) % plainEvery === 0;
      const kind = peer.client(options.channel, plain);
      return { ...kind, latencies: plain ? plainLatencies : latencies };
    });
    await delay(SETTLE_MS);
    const room = options.throttled ? () => UNDER_WAY - (publisher.count - pool.slowest) : undefined;
    const rate = await warmUp(publisher, options, room);
    if (options.throttled) {
      publisher.pause();
      await drained(pool, publisher.count);
    }
    latencies.clear();
    plainLatencies.clear();
    publisher.run(rate, room);
    const window = await measure(peer, publisher, pool, options.seconds);
    publisher.pause();
    await drained(pool, publisher.count);
    peer.child.expectRunning();
    if (publisher.lost !== undefined) throw new Error(`Lost the publisher: ${publisher.lost}`);
    return {
      ...window,
      total: pool.updates,
      expected: publisher.count * options.clients,
      faults: describeFaults(pool, publisher.count),
      memoryPeak: (await memory(peer.child.pid)).peak,
      latency: quantiles(latencies),
      plainLatency: quantiles(plainLatencies),
    };
  } finally {
    await publisher.close();
    await pool.close();
  }
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

/** Waits until every client has everything, or nothing more comes. */
async function drained(pool: Pool, count: number) {
  const until = performance.now() + DRAIN_MS;
  while (performance.now() < until && pool.incomplete(count).length > 0) await delay(50);
}

function describeFaults(pool: Pool, count: number): string[] {
  return pool.incomplete(count).slice(0, 3).map((receiver) => {
    const { updates, lastSeq, disorder, ended } = receiver;
    const kind = receiver.options.protocol ?? "plain";
    return `${kind} client: ${updates} of ${count} updates, last ${lastSeq}, ` +
      `${disorder} out of order${ended === undefined ? "" : `, ended: ${ended}`}`;
  });
}

function quantiles(histogram: Histogram) {
  return { p50: histogram.quantile(0.5), p99: histogram.quantile(0.99) };
}
