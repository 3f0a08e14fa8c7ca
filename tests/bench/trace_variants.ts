/**
 * Gateways that record in different ways, side by side: all of them run, and are loaded one after
 * the other again and again, so that what disturbs the machine disturbs all of them.
 *
 * @module
 */
import type { Cost } from "./accounting.ts";
import { delay } from "./fan_out.ts";
import { type GatewayPeer, startGateway, sumCounter } from "./gateway.ts";
import { doubts, megabytes, type Row, target } from "./report.ts";
import type { GatewayOptions } from "./gateway.ts";
import { TraceClient } from "./trace_client.ts";

/** One way to record. */
export interface Variant {
  name: string;
  args?: string[];
  /** Program to run instead of the one under test. */
  entry?: string;
  /** Who reads a live trace of everything. @default nobody */
  reader?: "reads" | "stalls";
}

const STALLED = "stalled reader";

/** Nothing, the default, and the default with a reader that keeps up or does not. */
export const VARIANTS: readonly Variant[] = [
  { name: "off", args: ["--trace-recent-bytes", "0"] },
  { name: "flight recorder" },
  { name: "reader", reader: "reads" },
  { name: STALLED, reader: "stalls" },
];

/** Time in which a reader takes what is still under way, before another gateway is loaded. */
const SETTLE_MS = 1000;

/** A variant's gateway. */
export class VariantGateway implements AsyncDisposable {
  readonly name: string;
  readonly peer: GatewayPeer;
  readonly client: TraceClient | undefined;

  private constructor(name: string, peer: GatewayPeer, client: TraceClient | undefined) {
    this.name = name;
    this.peer = peer;
    this.client = client;
  }

  static async start(variant: Variant, options: GatewayOptions): Promise<VariantGateway> {
    const { name, args = [], entry = options.entry, reader } = variant;
    const peer = await startGateway({ ...options, entry, args: [...options.args ?? [], ...args] });
    if (reader === undefined) return new VariantGateway(name, peer, undefined);
    const client = await TraceClient.open(peer.httpPort);
    if (reader === "reads") client.read();
    return new VariantGateway(name, peer, client);
  }

  /** Records that readers were too slow for. */
  async lost(): Promise<number> {
    return sumCounter(await this.peer.metrics(), "edgewire_trace_lost_total") ?? 0;
  }

  async [Symbol.asyncDispose]() {
    this.client?.[Symbol.dispose]();
    await this.peer.stop();
  }
}

/** What a variant's rounds found. */
export interface Found<T> {
  name: string;
  rounds: T[];
  /** Records that readers were too slow for, of all rounds. */
  lost: number;
  /** Bytes that readers read, of all rounds. */
  read: number;
}

/**
 * Loads the gateways of all variants in turn, every second round in the other order.
 *
 * @param rounds How often each is measured, after one time that does not count.
 * @param load One round; `round` counts from 0, the one that does not count.
 */
export async function alternate<T>(
  variants: readonly Variant[],
  options: GatewayOptions,
  rounds: number,
  load: (peer: GatewayPeer, round: number) => Promise<T>,
): Promise<Found<T>[]> {
  const gateways: VariantGateway[] = [];
  try {
    for (const variant of variants) gateways.push(await VariantGateway.start(variant, options));
    const found = gateways.map(({ name }): Found<T> => ({ name, rounds: [], lost: 0, read: 0 }));
    for (let round = 0; round <= rounds; round++) {
      const order = gateways.map((_, i) => round % 2 === 0 ? i : gateways.length - 1 - i);
      for (const i of order) {
        const result = await load(gateways[i]!.peer, round);
        if (round > 0) found[i]!.rounds.push(result);
        if (gateways[i]!.client !== undefined) await delay(SETTLE_MS);
      }
    }
    for (const [i, gateway] of gateways.entries()) {
      found[i]!.lost = await gateway.lost();
      found[i]!.read = gateway.client?.bytes ?? 0;
    }
    return found;
  } finally {
    for (const gateway of gateways) await gateway[Symbol.asyncDispose]();
  }
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** What is compared of a round. */
export interface Measure<T> {
  measure: string;
  digits: number;
  pick: (round: T) => number;
}

/** The median of each variant beside that of the first. Ratios are medians of each round's. */
export function comparison<T>(found: readonly Found<T>[], measures: readonly Measure<T>[]): Row[] {
  const [first, ...others] = found;
  return measures.flatMap(({ measure, digits, pick }) => {
    const base = first!.rounds.map(pick);
    return others.map(({ name, rounds }) => {
      const values = rounds.map(pick);
      const ratio = median(values.map((value, i) => value / base[i]!));
      const numbers = { edgewire: median(values), other: median(base) };
      return { measure: `${name}: ${measure}`, ...numbers, ratio, digits };
    });
  });
}

/** CPU time by thread and unit, in microseconds. */
export function cpuMeasures<T>(
  unit: string,
  costOf: (round: T) => Cost,
  unitsOf: (round: T) => number,
): Measure<T>[] {
  const of = (measure: string, pick: (cost: Cost) => number): Measure<T> => ({
    measure: `CPU per ${unit}, us${measure}`,
    digits: 3,
    pick: (round) => pick(costOf(round)) / unitsOf(round),
  });
  return [
    of(" (all threads)", (cost) => cost.cpuMicros),
    of(" (gateway's own thread)", (cost) => cost.mainMicros),
    of(" (Worker)", (cost) => cost.workerMicros),
  ];
}

/** What may be added in the second half of the rounds: a heap breathes, but does not grow. */
const GROWTH_TARGET_MB = 64;

/** Memory of all variants; that of one whose reader stalls has to stay. */
export function memoryRows<T>(found: readonly Found<T>[], costOf: (round: T) => Cost): Row[] {
  return found.flatMap(({ name, rounds }) => {
    const memory = rounds.map((round) => megabytes(costOf(round).memoryMax));
    const half = Math.ceil(memory.length / 2);
    const edgewire = Math.max(...memory.slice(half)) - Math.max(...memory.slice(0, half));
    const growth = { measure: `${name}: growth in second half, MB`, edgewire, digits: 1 };
    return [
      { measure: `${name}: highest memory, MB`, edgewire: Math.max(...memory), digits: 1 },
      name === STALLED
        ? target(growth, `at most ${GROWTH_TARGET_MB} MB`, edgewire <= GROWTH_TARGET_MB)
        : growth,
    ];
  });
}

/** What a reader must know. */
export function variantNotes<T>(
  found: readonly Found<T>[],
  costOf: (round: T) => Cost,
): string[] {
  return found.flatMap(({ name, rounds, lost, read }) => [
    ...(read > 0
      ? [`${name}: read ${megabytes(read).toFixed(0)} MB, ${lost} records lost to it`]
      : []),
    ...(read === 0 && lost > 0 ? [`${name}: ${lost} records lost to it`] : []),
    ...doubts(name, {
      ...costOf(rounds[0]!),
      loadCores: median(rounds.map((round) => costOf(round).loadCores)),
      otherCores: median(rounds.map((round) => costOf(round).otherCores)),
    }),
  ]);
}
