/**
 * `trace-fanout`: whether recording slows what browsers get: 50 sessions, 2,000 updates a second.
 *
 * @module
 */
import { fanOut, type FanOutResult } from "./fan_out.ts";
import type { GatewayOptions } from "./gateway.ts";
import { type Result, target } from "./report.ts";
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

const CLIENTS = 50;
const RATE = 2000;
const SECONDS = 3;
const WARMUP_SECONDS = 1;
const ROUNDS = 6;

/** Fan-out by all variants in turn. */
export function fanOutRounds(
  variants: readonly Variant[],
  gateway: GatewayOptions,
  { seconds = SECONDS, rounds = ROUNDS } = {},
): Promise<Found<FanOutResult>[]> {
  const load = { channel: "bench", clients: CLIENTS, rate: RATE, seconds };
  return alternate(
    variants,
    gateway,
    rounds,
    (peer) => fanOut(peer, { ...load, warmupSeconds: WARMUP_SECONDS }),
  );
}

/** Delivery and its cost. */
export async function traceFanout({ gateway, maxSeconds }: Settings): Promise<Result> {
  const seconds = Math.min(SECONDS, maxSeconds);
  const found = await fanOutRounds(VARIANTS, gateway, { seconds });
  const costOf = ({ cost }: FanOutResult) => cost;
  return {
    scenario: "trace-fanout",
    other: "not recording",
    rows: [
      ...found.map(({ name, rounds }) => {
        const missing = rounds.reduce((sum, { expected, total }) => sum + expected - total, 0);
        return target(
          { measure: `${name}: updates missing`, edgewire: missing, digits: 0 },
          "none, in order",
          rounds.every(({ faults }) => faults.length === 0),
        );
      }),
      ...comparison(found, [
        { measure: "updates per frame", digits: 1, pick: (r) => r.delivered / r.frames },
        { measure: "p50 publish to receipt, ms", digits: 2, pick: ({ latency }) => latency.p50 },
        { measure: "p99 publish to receipt, ms", digits: 2, pick: ({ latency }) => latency.p99 },
        ...cpuMeasures("delivered update", costOf, ({ delivered }: FanOutResult) => delivered),
      ]),
      ...memoryRows(found, costOf),
    ],
    notes: [
      `Medians of ${found[0]!.rounds.length} rounds of ${seconds} s, gateways in turn.`,
      ...found.flatMap(({ name, rounds }) =>
        rounds.flatMap(({ faults }) => faults.slice(0, 1).map((fault) => `${name}: ${fault}`))
      ),
      ...variantNotes(found, costOf),
    ],
  };
}
