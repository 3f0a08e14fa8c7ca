/**
 * `trace-ingest` and `trace-radio`: what recording adds to a message or an advertisement taken in.
 *
 * @module
 */
import { radioTraffic } from "../../firmware/simulated/radio_traffic.ts";
import { type Cost, Meter } from "./accounting.ts";
import { temporaryFolder } from "./child.ts";
import { delay } from "./fan_out.ts";
import { type GatewayOptions, type GatewayPeer, sumCounter } from "./gateway.ts";
import { type IngestResult, ingestRun } from "./ingest_run.ts";
import type { Result } from "./report.ts";
import { publishAll, type Writes, writesOf } from "./scenario_ingest_radio.ts";
import type { Settings } from "./settings.ts";
import {
  alternate,
  comparison,
  cpuMeasures,
  type Found,
  memoryRows,
  type Variant,
  variantNotes,
  VARIANTS,
} from "./trace_variants.ts";

/** Short and many: what disturbs a shared machine lasts longer. */
const SECONDS = 1.2;
const ROUNDS = 10;
const RADIO_ROUNDS = 8;
const OTHER = "not recording";

/** Floods of one publisher. */
export function ingestRounds(
  variants: readonly Variant[],
  gateway: GatewayOptions,
  qos: 0 | 1,
  { seconds = SECONDS, rounds = ROUNDS, window = 1000 } = {},
): Promise<Found<IngestResult>[]> {
  const options = { connections: 1, qos, seconds, window };
  return alternate(variants, gateway, rounds, (peer) => ingestRun(peer, options));
}

function prefixed<T extends { measure: string }>(prefix: string, rows: T[]): T[] {
  return rows.map((row) => ({ ...row, measure: `${prefix}, ${row.measure}` }));
}

/** One publisher, QoS 0 and QoS 1. */
export async function traceIngest({ gateway, window, maxSeconds }: Settings): Promise<Result> {
  const seconds = Math.min(SECONDS, maxSeconds);
  const result: Result = { scenario: "trace-ingest", other: OTHER, rows: [], notes: [] };
  for (const qos of [0, 1] as const) {
    const found = await ingestRounds(VARIANTS, gateway, qos, { seconds, window });
    const costOf = ({ cost }: IngestResult) => cost;
    const rows = comparison(found, [
      { measure: "messages/s", digits: 0, pick: ({ rate }) => rate },
      ...cpuMeasures("message", costOf, ({ takenIn, sent }: IngestResult) => takenIn ?? sent),
    ]);
    rows.push(...memoryRows(found, costOf));
    result.rows.push(...prefixed(`QoS ${qos}`, rows));
    result.notes.push(...variantNotes(found, costOf).map((note) => `QoS ${qos}, ${note}`));
  }
  result.notes.push(`Medians of ${ROUNDS} rounds of ${seconds} s, gateways in turn.`);
  return result;
}

/** Advertisements of one round. */
export interface RadioRound {
  taken: number;
  cost: Cost;
}

const DEVICES = 100;
const FRAMES_PER_SECOND = 100_000;
/** Simulated, of all rounds. */
const RADIO_SECONDS = 27;
const SETTLE_MS = 5000;
const POLL_MS = 20;

/** Nodes that publish in turn what was made before; each gateway gets the same. */
export async function radioRounds(
  variants: readonly Variant[],
  gateway: GatewayOptions,
  { seconds = RADIO_SECONDS, rounds = RADIO_ROUNDS } = {},
): Promise<Found<RadioRound>[]> {
  const traffic = radioTraffic({
    ...{ devices: DEVICES, receivers: 1, loss: 0, duplicates: 0, log: false, seconds },
    framesPerSecond: FRAMES_PER_SECOND,
    measurement_ms: 1000 * DEVICES / FRAMES_PER_SECOND,
  });
  const { writes } = writesOf(traffic);
  const config = `${await temporaryFolder()}/devices.json`;
  await Deno.writeTextFile(config, JSON.stringify({ devices: traffic.devices }));
  return await alternate(
    variants,
    { ...gateway, config },
    rounds,
    (peer, round) => radioRound(peer, writes, round / (rounds + 1), (round + 1) / (rounds + 1)),
  );
}

async function radioRound(
  peer: GatewayPeer,
  writes: Writes[],
  from: number,
  to: number,
): Promise<RadioRound> {
  const read = async () =>
    sumCounter(await peer.metrics(), 'edgewire_radio_frames_total{outcome="taken"}') ?? 0;
  const before = await read();
  const meter = await Meter.start(peer.child.pid);
  await Promise.all(writes.map(async ({ node, chunks }) => {
    const part = chunks.slice(from * chunks.length, to * chunks.length);
    const lost = await publishAll(peer.mqttPort, node, part);
    if (lost !== undefined) throw new Error(`Lost a node: ${lost}`);
  }));
  // The last batch waits for its place among others.
  const until = performance.now() + SETTLE_MS;
  let taken = await read() - before;
  for (let last = -1; taken !== last && performance.now() < until;) {
    last = taken;
    await delay(POLL_MS);
    taken = await read() - before;
  }
  return { taken, cost: await meter.stop() };
}

/** One node whose every packet is new. */
export async function traceRadio({ gateway, maxSeconds }: Settings): Promise<Result> {
  const seconds = Math.min(RADIO_SECONDS, maxSeconds * (RADIO_ROUNDS + 1));
  const found = await radioRounds(VARIANTS, gateway, { seconds });
  const costOf = ({ cost }: RadioRound) => cost;
  return {
    scenario: "trace-radio",
    other: OTHER,
    rows: [
      ...comparison(found, [
        {
          measure: "advertisements/s",
          digits: 0,
          pick: ({ taken, cost }) => taken / cost.seconds,
        },
        ...cpuMeasures("advertisement", costOf, ({ taken }: RadioRound) => taken),
      ]),
      ...memoryRows(found, costOf),
    ],
    notes: [
      `Medians of ${RADIO_ROUNDS} rounds of ${
        (seconds * FRAMES_PER_SECOND / (RADIO_ROUNDS + 1)).toFixed(0)
      } advertisements, each of which makes 5 updates.`,
      ...variantNotes(found, costOf),
    ],
  };
}
